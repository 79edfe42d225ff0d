import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { digestGiven, readGiven, readGivenText } from '../../src/cli/read-given.ts';
import { sha256Hex } from '../../src/events/digest.ts';

test('what people write and sign is at most 4 MiB: a device is refused before the memory is full', async () => {
  for (const device of ['/dev/zero', '/dev/urandom']) {
    await expect(readGivenText({ cwd: '/' }, device, 'approve')).rejects.toMatchObject({
      code: 'wrong-usage',
      message: expect.stringContaining(`file ${device} cannot be read: it is larger than 4 MiB`),
    });
  }
});

test('the digest of a photograph is made without holding it', async () => {
  const file = '/proc/self/cmdline';
  await expect(digestGiven({ cwd: '/' }, file, 'attest')).resolves.toBe(sha256Hex(readFileSync(file)));
});

test('a folder and a file that is not there are named', async () => {
  for (const file of [tmpdir(), '/nowhere/at-all']) {
    await expect(readGiven({ cwd: '/' }, file, 'approve')).rejects.toMatchObject({
      code: 'wrong-usage',
      message: expect.stringContaining(file),
    });
  }
});
