import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { editRunbook } from '../../src/runbook/edit.ts';
import { fingerprint } from '../../src/transports/host-keys.ts';
import { startSshd, type SshdFixture } from '../transports/sshd-fixture.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
let folder = '';
let sshd: SshdFixture;
const file = () => join(folder, 'runbooks/gravelines.yaml');

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'drp-hosts-'));
  sshd = await startSshd({ keyTypes: ['ed25519'] });
  const shipped = readFileSync(join(root, 'runbooks/gravelines.yaml'), 'utf8');
  const text = editRunbook(shipped, [
    { path: ['hosts', 'gravelines', 'address'], value: '127.0.0.1' },
    { path: ['hosts', 'gravelines', 'port'], value: sshd.port },
  ]);
  mkdirSync(join(folder, 'runbooks'));
  writeFileSync(file(), text);
});
afterAll(async () => {
  await sshd.stop();
  rmSync(folder, { recursive: true });
});

function drp(...args: readonly string[]) {
  const ran = spawnSync(join(root, 'bin/drp'), args, { cwd: folder, encoding: 'utf8', input: 'gravelines\n' });
  return { code: ran.status, out: ran.stdout, err: ran.stderr };
}

test('keys are shown, and pinned only where their fingerprint was known by another way', () => {
  const before = readFileSync(file(), 'utf8');
  const print = fingerprint(sshd.hostKeys[0]!);
  const unconfirmed = drp('hosts', 'pin', 'gravelines', '--site', 'gravelines');
  expect(unconfirmed.code).toBe(2);
  expect(unconfirmed.err).toContain(print);
  expect(drp('hosts', 'pin', 'gravelines', '--site', 'gravelines', '--fingerprint', 'SHA256:other')).toMatchObject({ code: 2 });
  expect(readFileSync(file(), 'utf8')).toBe(before);

  expect(drp('hosts', 'pin', 'gravelines', '--site', 'gravelines', '--fingerprint', print)).toMatchObject({ code: 0 });
  expect(readFileSync(file(), 'utf8')).toContain(sshd.hostKeys[0]!);
  expect(drp('hosts', 'show', '--site', 'gravelines').out).toContain(print);
  expect(drp('plan', '--site', 'gravelines').code).toBe(0);
});

test('a host the runbook does not have is refused with those it has', () => {
  const { code, err } = drp('hosts', 'pin', 'nowhere', '--site', 'gravelines');
  expect(code).toBe(2);
  expect(err).toContain('It has: ');
});
