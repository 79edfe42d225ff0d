import { expect, test } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readAtMost, readAtMostSync, readTextAtMost } from '../../src/base/read-at-most.ts';

test('a device without an end is refused at the bound, at once and piece by piece', async () => {
  await expect(readAtMost('/dev/zero', 3 * 1_048_576)).rejects.toThrow('it is larger than 3 MiB');
  expect(() => readAtMostSync('/dev/zero', 65_536)).toThrow('it is larger than 64 KiB');
});

test('a file of exactly the bound is read whole, one byte more is refused', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'drp-bound-'));
  try {
    const file = join(folder, 'file');
    writeFileSync(file, 'x'.repeat(200_000));
    expect(readAtMostSync(file, 200_000).toString()).toBe('x'.repeat(200_000));
    expect((await readAtMost(file, 200_000)).length).toBe(200_000);
    expect(() => readAtMostSync(file, 199_999)).toThrow('larger than');
    await expect(readAtMost(file, 199_999)).rejects.toThrow('larger than');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a text is UTF-8: what another encoding wrote is refused with its line, not read with letters replaced', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'drp-text-'));
  try {
    const file = join(folder, 'file');
    const read = (bytes: Buffer): Promise<string> => {
      writeFileSync(file, bytes);
      return readTextAtMost(file, 1_000);
    };
    const text = '\ufeffun été\nà Gravelines 🔥\n';
    await expect(read(Buffer.from(text))).resolves.toBe(text);
    await expect(read(Buffer.from('a\nb\nété\n', 'latin1'))).rejects.toThrow(
      'it is not UTF-8 text (line 3 is the first',
    );
    await expect(read(Buffer.from('été', 'latin1'))).rejects.toThrow('(line 1 is');
    await expect(read(Buffer.from('\ufeffa: 1\n', 'utf16le'))).rejects.toThrow('it is not UTF-8 text (line 1');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
