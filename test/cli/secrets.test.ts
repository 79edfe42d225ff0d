import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { createSecrets } from '../../src/cli/secrets.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'drp-secrets-'));
  writeFileSync(join(folder, 'good'), 'hunter2\n', { mode: 0o600 });
  writeFileSync(join(folder, 'open'), 'hunter2\n');
  chmodSync(join(folder, 'open'), 0o644);
  writeFileSync(join(folder, 'empty'), '\n', { mode: 0o600 });
});
afterAll(() => rmSync(folder, { recursive: true }));

const secrets = () => createSecrets({ env: { TOKEN: 's3' }, runbookFile: join(folder, 'gravelines.yaml') });

test('a secret comes from a file beside the runbook, a variable or a command, without its line end, and does not print', async () => {
  const secret = await secrets()({ file: 'good' });
  expect(secret.reveal()).toBe('hunter2');
  expect(`${String(secret)}${JSON.stringify(secret)}${inspect(secret)}`).not.toContain('hunter2');
  expect((await secrets()({ env: 'TOKEN' })).reveal()).toBe('s3');
  expect((await secrets()({ command: ['printf', 'a b'] })).reveal()).toBe('a b');
});

test.each([
  ['a file others may read', { file: 'open' }, 'others may read it (mode 0644): chmod 600'],
  ['a file that is not there', { file: 'absent' }, 'ENOENT'],
  ['nothing in it', { file: 'empty' }, 'it is empty'],
  ['a variable that is not set', { env: 'NOPE' }, 'it is not set'],
  ['a command that fails', { command: ['sh', '-c', 'echo hunter2; exit 3'] }, 'the command ended with 3'],
])('%s is refused with what to do, and without the secret', async (_, reference, text) => {
  const error = await secrets()(reference).catch((thrown: unknown) => thrown as Error);
  expect(error).toMatchObject({ code: 'secret-unreadable', message: expect.stringContaining(text) });
  expect((error as Error).message).not.toContain('hunter2');
});
