import { expect, test } from '@jest/globals';
import { tell } from '../../src/cli/tell.ts';

function told(isTTY: boolean): string {
  let written = '';
  const stderr = { isTTY, write: (text: string) => (written += text) };
  tell({ stderr: stderr as never, width: 30 }, 'drp: a line that is wider than thirty columns\nHINT: short');
  return written;
}

test('a terminal gets lines that break between words, a pipe gets them whole', () => {
  expect(told(true)).toBe('drp: a line that is wider than\n    thirty columns\nHINT: short\n');
  expect(told(false)).toBe('drp: a line that is wider than thirty columns\nHINT: short\n');
});
