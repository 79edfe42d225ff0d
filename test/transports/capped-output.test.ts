import { expect, test } from '@jest/globals';
import { cappedOutput } from '../../src/transports/capped-output.ts';

test('output is kept up to the limit, and its very end is known all the same', () => {
  const output = cappedOutput(5);
  output.add(Buffer.from('abc'));
  expect(output.truncated).toBe(false);
  output.add(Buffer.from('defg'));
  output.add(Buffer.from('h'.repeat(1_000)));
  output.add(Buffer.from('end'));
  expect(output.text('utf8')).toBe('abcde');
  expect(output.truncated).toBe(true);
  expect(output.tail().toString()).toBe(`${'h'.repeat(253)}end`);
});

test('a character split between two chunks is put together again', () => {
  const output = cappedOutput();
  const bytes = Buffer.from('é');
  output.add(bytes.subarray(0, 1));
  output.add(bytes.subarray(1));
  expect(output.text('utf8')).toBe('é');
});
