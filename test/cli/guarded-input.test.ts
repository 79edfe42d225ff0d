import { describe, expect, test } from '@jest/globals';
import { PassThrough } from 'node:stream';
import { guardInput, PasteFilter } from '../../src/cli/guarded-input.ts';

async function through(chunks: readonly string[]): Promise<{ readonly typed: string; readonly pasted: boolean }> {
  const filter = new PasteFilter({});
  let typed = '';
  filter.on('data', (chunk: string) => (typed += chunk));
  for (const chunk of chunks) filter.write(chunk);
  await new Promise((resolve) => filter.end(resolve));
  return { typed, pasted: filter.takePasted() };
}

describe('what is pasted never arrives', () => {
  const pasted = 'a\u001b[200~gravelines\r\u001b[201~b';

  test('wherever the terminal cuts what it sends', async () => {
    for (let first = 0; first <= pasted.length; first += 1) {
      for (const second of [first, first + 1, first + 5]) {
        const chunks = [pasted.slice(0, first), pasted.slice(first, second), pasted.slice(second)];
        expect(await through(chunks)).toEqual({ typed: 'ab', pasted: true });
      }
    }
  });

  test('one key at a time', async () => {
    expect(await through([...pasted])).toEqual({ typed: 'ab', pasted: true });
  });

  test('and typed keys pass as they are, arrows and letters of any script too', async () => {
    expect(await through(['grav', '\u001b[D', 'é東', '\r'])).toEqual({ typed: 'grav\u001b[Dé東\r', pasted: false });
  });
});

test('a terminal that fails under a question is a terminal that is gone, no crash', async () => {
  const stdin = Object.assign(new PassThrough(), { setRawMode: () => undefined }) as unknown as NodeJS.ReadStream;
  const screen = new PassThrough() as unknown as NodeJS.WriteStream;
  const input = await guardInput(stdin, screen, { pasteAllowed: true });
  stdin.emit('error', Object.assign(new Error('read EIO'), { code: 'EIO' }));
  expect(input.gone.aborted).toBe(true);
  input.release();
  expect(stdin.listenerCount('error')).toBe(0);
});
