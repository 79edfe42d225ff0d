import { expect, test } from '@jest/globals';
import { tmpdir } from 'node:os';
import { readGiven, readWhole } from '../../src/cli/read-given.ts';

test('a file without an end is refused, not read until the memory is full', async () => {
  await expect(readWhole('/dev/zero', 3 * 1_048_576)).rejects.toThrow('larger than 3 MiB');
});

test('a folder and a file that is not there are named', async () => {
  for (const file of [tmpdir(), '/nowhere/at-all']) {
    await expect(readGiven({ cwd: '/' }, file, 'approve')).rejects.toMatchObject({
      code: 'wrong-usage',
      message: expect.stringContaining(file),
    });
  }
});
