import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DrpError } from '../../src/base/errors.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'drp-runtime-'));
  mkdirSync(join(folder, 'drp/bin'), { recursive: true });
  mkdirSync(join(folder, 'old'));
  copyFileSync(join(import.meta.dirname, '../../bin/drp'), join(folder, 'drp/bin/drp'));
  writeFileSync(join(folder, 'old/node'), '#!/bin/sh\necho 18.19.1\n', { mode: 0o755 });
});
afterAll(() => rmSync(folder, { recursive: true }));

test.each([
  ['an old one', 'old', '18.19.1'],
  ['none', 'nowhere', 'none'],
])('without its own runtime and with %s on PATH, drp says what it needs and what to type', (_, path, found) => {
  const { status, stderr } = spawnSync('/bin/sh', [join(folder, 'drp/bin/drp'), 'status'], {
    env: { PATH: join(folder, path) },
    encoding: 'utf8',
  });
  const { message, hint, exitCode } = new DrpError('runtime-too-old', { found });
  expect({ status, stderr }).toEqual({ status: exitCode, stderr: `drp: ${message}\nHINT: ${hint}\n` });
});
