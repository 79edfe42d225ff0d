import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { editRunbook } from '../../src/runbook/edit.ts';
import { fingerprint } from '../../src/transports/host-keys.ts';
import { startSshd, type SshdFixture } from '../transports/sshd-fixture.ts';
import { hasTerminal, openTerminal } from './terminal.ts';

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
    { path: ['hosts', 'gravelines', 'user'], value: userInfo().username },
    { path: ['hosts', 'gravelines', 'keyFile'], value: sshd.keyFile },
    { path: ['hosts', 'gravelines', 'identity', 'file'], value: join(sshd.home, 'identity') },
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
  expect(drp('hosts', 'pin', 'gravelines', '--site', 'gravelines', '--fingerprint', 'SHA256:other')).toMatchObject({
    code: 2,
  });
  expect(readFileSync(file(), 'utf8')).toBe(before);

  expect(drp('hosts', 'pin', 'gravelines', '--site', 'gravelines', '--fingerprint', print)).toMatchObject({ code: 0 });
  expect(readFileSync(file(), 'utf8')).toContain(sshd.hostKeys[0]!);
  expect(readFileSync(file(), 'utf8')).toContain('text: gravelines role=recovery');
  expect(drp('hosts', 'show', '--site', 'gravelines').out).toContain(print);
  expect(drp('plan', '--site', 'gravelines').code).toBe(0);
});

test('a runbook that is a link stays one: what it leads to is written', () => {
  const kept = join(folder, 'kept.yaml');
  renameSync(file(), kept);
  symlinkSync('../kept.yaml', file());
  const print = fingerprint(sshd.hostKeys[0]!);
  writeFileSync(
    kept,
    editRunbook(readFileSync(kept, 'utf8'), [
      { path: ['hosts', 'gravelines', 'identity', 'text'], value: 'another machine' },
    ]),
  );
  expect(drp('hosts', 'pin', 'gravelines', '--site', 'gravelines', '--fingerprint', print)).toMatchObject({ code: 0 });
  expect(lstatSync(file()).isSymbolicLink()).toBe(true);
  expect(readFileSync(kept, 'utf8')).toContain('text: gravelines role=recovery');
});

test('a host the runbook does not have is refused with those it has', () => {
  const { code, err } = drp('hosts', 'pin', 'nowhere', '--site', 'gravelines');
  expect(code).toBe(2);
  expect(err).toContain('It has: ');
});

(hasTerminal ? test : test.skip)(
  'at a terminal keys and identity are shown, and nothing is pinned before the name is typed',
  async () => {
    const edits = [{ path: ['hosts', 'gravelines', 'identity', 'text'], value: 'another machine' }];
    writeFileSync(file(), editRunbook(readFileSync(file(), 'utf8'), edits));
    const before = readFileSync(file(), 'utf8');
    const command = `${join(root, 'bin/drp')} hosts pin gravelines --site gravelines`;
    const on = openTerminal(command, { cwd: folder, env: { NO_COLOR: '1' } });
    try {
      await on.shows('gravelines role=recovery  pinned so far: another machine');
      await on.shows(/type the host's name 'gravelines':\s*$/);
      on.type('yes');
      on.keys('Enter');
      await on.shows('nothing pinned');
      expect(readFileSync(file(), 'utf8')).toBe(before);
      on.keys('C-u');
      on.type('gravelines');
      on.keys('Enter');
      await on.shows('identity gravelines role=recovery');
      expect(readFileSync(file(), 'utf8')).toContain('text: gravelines role=recovery');
    } finally {
      await on.end();
    }
  },
);

test('a host that lets nobody in keeps the identity of the runbook, and says so', () => {
  const edits = [{ path: ['hosts', 'gravelines', 'keyFile'], value: join(folder, 'no-such-key') }];
  writeFileSync(file(), editRunbook(readFileSync(file(), 'utf8'), edits));
  const print = fingerprint(sshd.hostKeys[0]!);
  const { code, out, err } = drp('hosts', 'pin', 'gravelines', '--site', 'gravelines', '--fingerprint', print);
  expect(err).toContain('its identity could not be read, only keys are pinned');
  expect(out).toContain('its identity was left as it is');
  expect(code).toBe(0);
  expect(readFileSync(file(), 'utf8')).toContain('text: gravelines role=recovery');
});
