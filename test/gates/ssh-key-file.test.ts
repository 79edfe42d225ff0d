import { expect, test } from '@jest/globals';
import { DrpError } from '../../src/base/errors.ts';
import { readKeyFile } from '../../src/gates/ssh-key-file.ts';

test.each([
  ['/dev/zero', 'it is larger than 64 KiB'],
  ['/', 'EISDIR'],
  ['/nowhere/key', 'ENOENT'],
  ['/dev/null', 'it is not an OpenSSH private key file'],
])('%s as a key is refused with what is wrong, and never read without an end', (file, reason) => {
  expect(() => readKeyFile(file)).toThrow(DrpError);
  expect(() => readKeyFile(file)).toThrow(reason);
});
