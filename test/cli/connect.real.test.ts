import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { editRunbook } from '../../src/runbook/edit.ts';
import { fingerprint } from '../../src/transports/host-keys.ts';
import { openLab, startLab, type Lab } from '../lab/lab.ts';
import { oneTimeCode } from '../lab/namespace.ts';
import { isRoot } from '../lab/process.ts';
import { hasTerminal, openTerminal } from './terminal.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const given = process.env['DRP_TEST_LAB'];
const missing = [...(isRoot() ? [] : ['root (a network namespace)']), ...(hasTerminal ? [] : ['tmux'])];
if (missing.length > 0) process.stderr.write(`SKIPPED: drp connect through a bastion: needs ${missing.join(', ')}\n`);

(missing.length === 0 ? describe : describe.skip)(
  'a host behind a bastion that asks password and one-time code',
  () => {
    let folder = '';
    let lab: Lab;
    const env = () => ({
      DRP_RUNBOOKS: join(folder, 'runbooks'),
      DRP_JOURNAL: `sqlite:${join(folder, 'journal.sqlite')}`,
      XDG_RUNTIME_DIR: folder,
      NO_COLOR: '1',
    });

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'drp-connect-'));
      chmodSync(folder, 0o755); // the lab's services run as other users and must pass through
      const part = () => 20 + Math.floor(Math.random() * 200);
      const size = { databaseBytes: 1e6, filesBytes: 1e6, tickets: false };
      lab =
        given === undefined
          ? await startLab({ dir: join(folder, 'lab'), net: `127.${part()}.${part()}`, ...size })
          : openLab(given);
      if (!isThere()) return;
      mkdirSync(join(folder, 'runbooks'));
      writeFileSync(join(folder, 'runbooks/gravelines.yaml'), withBastion());
    }, 180_000);

    afterAll(async () => {
      for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name))) {
        if (lstatSync(path, { throwIfNoEntry: false })?.isSocket() === true && !path.startsWith(join(folder, 'lab')))
          spawnSync('ssh', ['-S', path, '-O', 'exit', 'any']);
      }
      if (given === undefined) await lab?.down();
      rmSync(folder, { recursive: true, force: true });
    }, 60_000);

    /** A lab leaves the host behind the bastion out where it cannot make one, and says why. */
    function isThere(): boolean {
      const { hosts, bastionLogin, skipped } = lab.facts;
      if (hosts.pdu !== undefined && bastionLogin !== undefined) return true;
      process.stderr.write(`SKIPPED: drp connect through a bastion: ${skipped.join('; ')}\n`);
      return false;
    }

    /** The lab's runbook with its bastion's second door, and the host that stands behind it alone. */
    function withBastion(): string {
      const { bastion, pdu } = lab.facts.hosts;
      const login = lab.facts.bastionLogin!;
      const text = readFileSync(join(lab.facts.dir, 'runbooks/gravelines.yaml'), 'utf8');
      const door = {
        role: 'bastion',
        datacentre: 'roubaix',
        address: login.address,
        port: login.port,
        user: login.user,
        base: bastion.base,
        hostKeys: [bastion.hostKey],
        transport: 'openssh',
        identity: { file: bastion.identityFile, text: bastion.identity },
      };
      const behind = {
        role: 'other',
        datacentre: 'limburg',
        address: pdu!.address,
        port: pdu!.port,
        user: lab.facts.user,
        base: pdu!.base,
        hostKeys: [pdu!.hostKey],
        transport: 'openssh',
        via: 'bastion',
        keyFile: lab.facts.operatorKey,
        identity: { file: pdu!.identityFile, text: 'not read yet' },
      };
      return editRunbook(text, [
        { path: ['hosts', 'bastion'], value: door },
        { path: ['hosts', 'pdu'], value: behind },
      ]);
    }

    const pinPdu = () =>
      spawnSync(
        join(root, 'bin/drp'),
        ['hosts', 'pin', 'pdu', '--site', 'gravelines', '--fingerprint', fingerprint(lab.facts.hosts.pdu!.hostKey)],
        { env: { ...process.env, ...env() }, cwd: folder, encoding: 'utf8', input: '', timeout: 60_000 },
      );

    test('one login on the terminal opens it; commands afterwards go through without a question', async () => {
      if (!isThere()) return;
      const login = lab.facts.bastionLogin!;
      const before = pinPdu();
      expect(before.status).not.toBe(0);
      expect(before.stderr).toContain('drp connect bastion');
      const on = openTerminal(`${join(root, 'bin/drp')} connect bastion --site gravelines`, {
        cwd: folder,
        env: env(),
      });
      try {
        await on.shows(/assword:\s*$/);
        on.type(readFileSync(login.passwordFile, 'utf8').trim());
        on.keys('Enter');
        await on.shows(/ne-time[^\n]*:\s*$/);
        on.type(oneTimeCode(login.otpSecretFile, new Date()));
        on.keys('Enter');
        await on.shows(`connected: bastion (${login.address}:${login.port})`);
        await on.shows('ended with 0');
      } finally {
        await on.end();
      }
      const after = pinPdu();
      expect(after.stderr).toContain(`${lab.facts.hosts.pdu!.identity}  pinned so far: not read yet`);
      expect(after.status).toBe(0);
    });
  },
);
