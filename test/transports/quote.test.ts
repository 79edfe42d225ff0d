import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { execFileSync } from 'node:child_process';
import { argv, quote } from '../../src/transports/quote.ts';
import { nasty } from './nasty.ts';

const piece = fc.oneof(
  fc.constantFrom(...nasty),
  fc.constantFrom('a', 'B', '7', '/', '.'),
  fc.string({ unit: 'binary' }),
);
const argument = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join('').replaceAll('\0', '').toWellFormed());

describe('quote', () => {
  test.each(['sh', 'bash'])('carries 2 000 hostile arguments through %s unchanged', (shell) => {
    const args = fc.sample(argument, { numRuns: 2_000, seed: 20_261_121 });
    for (let first = 0; first < args.length; first += 200) {
      const some = args.slice(first, first + 200);
      const line = quote(['printf', '%s\\0', ...some]);
      const out = execFileSync(shell, ['-c', line], { encoding: 'utf8' });
      expect(out.split('\0').slice(0, -1)).toEqual(some);
    }
  });

  test('leaves plain words readable', () => {
    const command = argv('rsync', '-a', 'user@10.0.0.1:/srv/', "it's");
    expect(quote(command)).toBe(`rsync -a user@10.0.0.1:/srv/ 'it'\\''s'`);
  });

  test('keeps an empty argument', () => {
    expect(quote(argv('printf', ''))).toBe("printf ''");
  });

  test('refuses a NUL byte, which would end the argument early', () => {
    expect(() => quote(argv('echo', 'a\0b'))).toThrow(expect.objectContaining({ code: 'internal' }));
  });
});
