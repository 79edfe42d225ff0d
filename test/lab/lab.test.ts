import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startClient, stopClient } from './clients.ts';
import { queryServer } from './dns-query.ts';
import type { HostName } from './facts.ts';
import { faults } from './faults.ts';
import { practiceKey } from './keys.ts';
import { defaultNet, labContext, openLab, startLab, stopLab, type Lab } from './lab.ts';
import { measure } from './measure.ts';
import { oneTimeCode } from './namespace.ts';
import {
  isRoot,
  processState,
  recordedProcesses,
  run,
  runningPid,
  stragglers,
  waitFor,
  type LabContext,
} from './process.ts';

jest.setTimeout(120_000);

const folders: string[] = [];
const freeFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'lab-'));
  folders.push(folder);
  return folder;
};
const randomNet = (): string =>
  `127.${String(130 + Math.floor(Math.random() * 100))}.${String(Math.floor(Math.random() * 255))}`;
const small = { databaseBytes: 1024 * 1024, filesBytes: 2 * 1024 * 1024, tickets: false };

let lab: Lab;
let context: LabContext;

beforeAll(async () => {
  lab = await startLab({ dir: freeFolder(), net: randomNet(), ttlSeconds: 1, ...small });
  context = labContext({ dir: lab.facts.dir, net: lab.facts.net });
});

afterAll(async () => {
  for (const dir of folders) {
    await stopLab(labContext({ dir, net: defaultNet })).catch(() => undefined);
    rmSync(dir, { recursive: true, force: true });
  }
});

/** Logs in as drp would, with the pinned host key, and runs a command. */
async function onHost(host: Exclude<HostName, 'pdu'>, command: string): Promise<string> {
  const { facts } = lab;
  const { address, port, hostKey } = facts.hosts[host];
  const knownHosts = join(facts.dir, 'test_known_hosts');
  writeFileSync(knownHosts, `[${address}]:${String(port)} ${hostKey}\n`);
  const options = [
    'IdentitiesOnly=yes',
    'BatchMode=yes',
    'StrictHostKeyChecking=yes',
    `UserKnownHostsFile=${knownHosts}`,
    'ConnectTimeout=2',
    'LogLevel=ERROR',
  ];
  const argv = [
    'ssh',
    '-F',
    '/dev/null',
    '-i',
    facts.operatorKey,
    '-p',
    String(port),
    '-l',
    facts.user,
    ...options.flatMap((each) => ['-o', each]),
    address,
    command,
  ];
  return (await run(argv)).stdout;
}

const page = async (
  site: 'limburg' | 'gravelines',
): Promise<{ status: number; body: Record<string, unknown>; retryAfter: string | null }> => {
  const { address, port } = lab.facts.web![site];
  const response = await fetch(`http://${address}:${String(port)}/`, { signal: AbortSignal.timeout(3_000) });
  return {
    status: response.status,
    body: (await response.json()) as Record<string, unknown>,
    retryAfter: response.headers.get('retry-after'),
  };
};

describe('a lab that is up', () => {
  test.each(['bastion', 'limburg', 'gravelines', 'backup-even', 'backup-odd'] as const)(
    '%s takes the operator’s key, shows its pinned host key and has its own HOME and identity',
    async (host) => {
      const { home, identity, identityFile } = lab.facts.hosts[host];
      expect(await onHost(host, `printf '%s\\n' "$HOME"; cat '${identityFile}'`)).toBe(`${home}\n${identity}\n`);
    },
  );

  test('a password or another person’s key opens no host', async () => {
    const { address, port } = lab.facts.hosts.gravelines;
    const options = [
      'BatchMode=yes',
      'StrictHostKeyChecking=no',
      'UserKnownHostsFile=/dev/null',
      'IdentitiesOnly=yes',
    ].flatMap((each) => ['-o', each]);
    const argv = [
      'ssh',
      '-F',
      '/dev/null',
      '-i',
      lab.facts.people.anne.keyFile,
      '-p',
      String(port),
      ...options,
      address,
      'true',
    ];
    await expect(run(argv)).rejects.toThrow('Permission denied');
  });

  test('gravelines copies the newest tree from its backup server by its own key, and it comes out the same', async () => {
    const tree = lab.facts.backups.trees[0]!;
    const { sshConfig, home } = lab.facts.hosts.gravelines;
    const target = join(home, 'copy');
    await onHost(
      'gravelines',
      `rsync -aHAXS --numeric-ids -e "ssh -F '${sshConfig!}'" '${tree.host}:${tree.folder}/' '${target}/'`,
    );
    execFileSync('diff', ['-r', '--no-dereference', tree.folder, target]);
    expect(
      execFileSync('sh', ['-c', 'cd "$1/" && sha256sum --quiet -c "$2.manifest"', 'check', target, tree.folder], {
        encoding: 'utf8',
      }),
    ).toBe('');
    rmSync(target, { recursive: true });
  });

  test('the tree has hard links, a sparse file, links of several kinds and names with newlines', () => {
    const www = join(lab.facts.hosts.limburg.base, 'www');
    expect(statSync(join(www, 'links', 'one', 'shared.bin')).nlink).toBe(3);
    const sparse = statSync(join(www, 'uploads', 'disk.img'));
    expect(sparse.blocks * 512).toBeLessThan(sparse.size / 4);
    expect(existsSync(join(www, 'odd names', 'new\nline.txt'))).toBe(true);
    if (isRoot()) expect(statSync(join(www, 'modes', 'mode-0600')).uid).toBe(64_123);
  });

  test('dumps are at most two hours old, on the server of their day, and restore whole on gravelines', async () => {
    const { dumps } = lab.facts.backups;
    expect(Date.now() - Date.parse(dumps[0]!.takenAt)).toBeLessThan(2 * 3_600_000 + 60_000);
    for (const dump of dumps) {
      expect(dump.host).toBe(new Date(dump.takenAt).getUTCDate() % 2 === 0 ? 'backup-even' : 'backup-odd');
      expect(existsSync(dump.file)).toBe(true);
    }
    const { host, port, user, passwordFile } = lab.facts.databases.gravelines;
    const env = {
      PGPASSWORD: readFileSync(passwordFile, 'utf8').trim(),
      PGHOST: host,
      PGPORT: String(port),
      PGUSER: user,
    };
    await run(['createdb', 'check'], { env });
    await run(['pg_restore', '-d', 'check', '--exit-on-error', '-j', '2', dumps[0]!.file], { env });
    const restored = (await run(['psql', '-At', '-d', 'check', '-c', 'SELECT count(*) FROM kyc.orders'], { env }))
      .stdout;
    const live = await lab.sql('limburg', 'SELECT count(*) FROM kyc.orders');
    expect(Number(live) - Number(restored)).toBe(7); // made since the dump: the loss an activation has to name
    await run(['dropdb', 'check'], { env });
  });

  test('production’s site answers with what its database and files hold, over TLS of the lab’s own authority; recovery has no database yet', async () => {
    const { name, tlsPort, address, caFile } = lab.facts.web!.limburg;
    const { stdout } = await run([
      'curl',
      '-sS',
      '--cacert',
      caFile,
      '--resolve',
      `${name}:${String(tlsPort)}:${address}`,
      `https://${name}:${String(tlsPort)}/`,
    ]);
    expect(JSON.parse(stdout)).toMatchObject({
      site: 'limburg',
      release: '4.2.1',
      filesRelease: expect.stringContaining('files of'),
      users: expect.any(Number),
    });
    expect(await page('gravelines')).toMatchObject({ status: 500, body: { site: 'gravelines' } });
  });

  test('the maintenance flag makes the site answer 503 with Retry-After, while /health goes on', async () => {
    const { maintenanceFlag, address, port } = lab.facts.web!.limburg;
    writeFileSync(maintenanceFlag, '');
    expect(await page('limburg')).toMatchObject({ status: 503, retryAfter: '120' });
    expect(await (await fetch(`http://${address}:${String(port)}/health`)).json()).toMatchObject({
      site: 'limburg',
      maintenance: true,
    });
    rmSync(maintenanceFlag);
    expect((await page('limburg')).status).toBe(200);
  });

  test('both name servers lead to production', async () => {
    for (const server of lab.facts.dns!.servers) {
      const reply = await queryServer(server, { name: lab.facts.dns!.name, type: 'A' });
      expect(reply.answers.map((answer) => answer.value)).toEqual([lab.facts.hosts.limburg.address]);
    }
  });
});

describe('faults', () => {
  test('an outage of production is one window of the probe, and no acknowledged row is missing once it is back', async () => {
    await startClient(context, 'probe', { timeoutMs: 500 });
    await startClient(context, 'writer', { timeoutMs: 500 });
    await waitFor('rows written', async () => ((await measure(context)).acknowledged > 3 ? true : undefined));
    await lab.fault('site-down', 'limburg');
    await expect(onHost('backup-even', 'true')).rejects.toThrow();
    await delay(1_000); // an outage has to last to be measured
    await lab.fault('site-up', 'limburg');
    await waitFor('two turns of service', async () => {
      const [window] = (await measure(context)).windows;
      return window !== undefined && (await measure(context)).turns[0]!.toAt > window.toAt ? true : undefined;
    });
    await stopClient(context, 'probe');
    await stopClient(context, 'writer');
    const { windows, loss, downMs } = await measure(context);
    expect(windows.length).toBeGreaterThan(0);
    expect(downMs).toBeGreaterThanOrEqual(1_000);
    expect(loss.limburg.missing).toBe(0);
    expect(loss.gravelines).toMatchObject({ missingByAcknowledger: { limburg: expect.any(Number) } });
    expect(await onHost('backup-even', 'echo back')).toBe('back\n');
  });

  test.each([
    ['sshd-kill', 'sshd-start'],
    ['sshd-freeze', 'sshd-thaw'],
    ['link-down', 'link-up'],
    ['link-refuse', 'link-up'],
    ['host-key', 'host-key-back'],
  ])('%s keeps operators out of gravelines, and %s lets them in again', async (name, undo) => {
    await lab.fault(name, 'gravelines');
    await expect(onHost('gravelines', 'true')).rejects.toThrow();
    await lab.fault(undo, 'gravelines');
    expect(await onHost('gravelines', 'echo in')).toBe('in\n');
  });

  test('swapped hosts show each other’s key', async () => {
    await lab.fault('swap', 'gravelines', 'limburg');
    await expect(onHost('gravelines', 'true')).rejects.toThrow('Host key verification failed');
    await lab.fault('unswap', 'gravelines', 'limburg');
    expect(await onHost('gravelines', 'echo in')).toBe('in\n');
  });

  test('a truncated dump passes its checksum and pg_restore -l, and fails when read whole; dumps-back brings the true one', async () => {
    const { file } = lab.facts.backups.dumps[0]!;
    const before = readFileSync(file);
    await lab.fault('dump-truncated');
    await run(['pg_restore', '-l', file]);
    await run(['sha256sum', '-c', `${file}.sha256`], { cwd: join(file, '..') });
    await expect(run(['pg_restore', '-f', '/dev/null', file])).rejects.toThrow('end of file');
    await lab.fault('dumps-back');
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  (isRoot() ? test : test.skip)('a full disk stops writing, and disk-free keeps what was written', async () => {
    const { base } = lab.facts.hosts.gravelines;
    await lab.fault('disk-full', 'gravelines', '1000000');
    writeFileSync(join(base, 'little'), 'fits');
    expect(() => {
      writeFileSync(join(base, 'big'), Buffer.alloc(4_000_000));
    }).toThrow('ENOSPC');
    await lab.fault('disk-free', 'gravelines');
    expect(readFileSync(join(base, 'little'), 'utf8')).toBe('fits');
  });

  test('an unknown fault, host or datacentre is refused with the names there are', async () => {
    await expect(lab.fault('earthquake')).rejects.toThrow('site-down');
    await expect(lab.fault('sshd-kill', 'nowhere')).rejects.toThrow('backup-odd');
    await expect(lab.fault('site-down', 'mars')).rejects.toThrow('gravelines');
    expect(new Set(faults.map((fault) => fault.name)).size).toBe(faults.length);
  });
});

describe('coming and going', () => {
  test('two labs run side by side; down ends one, also when its processes were killed, and leaves the other alone', async () => {
    const other = await startLab({ dir: freeFolder(), net: randomNet(), ...small });
    const otherContext = labContext({ dir: other.facts.dir, net: other.facts.net });
    for (const name of ['sshd-gravelines', 'postgres-limburg', 'relay', 'nginx-limburg'])
      process.kill(runningPid(otherContext, name)!, 'SIGKILL');
    await openLab(other.facts.dir).down();
    expect(stragglers(otherContext)).toEqual([]);
    expect(existsSync(other.facts.dir)).toBe(false);
    for (const name of recordedProcesses(context))
      expect([name, processState(context, name)]).toEqual([name, 'running']);
  });

  test('a folder with something in it, and a net in use, are refused before anything starts', async () => {
    await expect(startLab({ dir: lab.facts.dir, net: randomNet() })).rejects.toThrow('is not empty');
    await expect(startLab({ dir: freeFolder(), net: lab.facts.net })).rejects.toThrow('choose another --net');
  });

  test('keys of a net are the same each time, and OpenSSH reads them', async () => {
    const { stdout } = await run(['ssh-keygen', '-y', '-f', lab.facts.people.vera.keyFile]);
    expect(stdout).toContain(practiceKey(lab.facts.net, 'vera').publicKey);
    expect(practiceKey('127.0.77', 'anne').publicKey).toBe(
      'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINB+rzPUGFYjfUnewB2dn/pDZsPLLckbgOhkFX6W8rPu',
    );
  });
});

describe('the host behind the bastion', () => {
  test('is there, or is named among the parts that were skipped', () => {
    expect(lab.facts.skipped.some((reason) => reason.startsWith('pdu'))).toBe(lab.facts.hosts.pdu === undefined);
  });

  (isRoot() ? test : test.skip)(
    'pdu is reached with password and one-time code at the bastion, and in no other way; its outlets switch hosts',
    async () => {
      const { facts } = lab;
      if (facts.hosts.pdu === undefined || facts.bastionLogin === undefined) return; // skipped above, loudly
      const { address, port, home, identity, identityFile, base } = facts.hosts.pdu;
      await expect(
        run(['ssh', '-F', '/dev/null', '-o', 'ConnectTimeout=2', '-o', 'BatchMode=yes', '-p', String(port), address]),
      ).rejects.toThrow('onnect');
      const login = facts.bastionLogin;
      const askpass = join(facts.dir, 'askpass');
      writeFileSync(askpass, '#!/bin/sh\ncase "$1" in *ne-time*) echo "$CODE";; *) cat "$PASSWORD_FILE";; esac\n', {
        mode: 0o700,
      });
      const throughBastion = (code: string, command: string): Promise<{ stdout: string }> => {
        const options = ['StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'LogLevel=ERROR']
          .map((each) => `-o ${each}`)
          .join(' ');
        const jump = `ssh -F /dev/null ${options} -o NumberOfPasswordPrompts=1 -o PubkeyAuthentication=no -W %h:%p -p ${String(login.port)} ${login.user}@${login.address}`;
        const argv = [
          'ssh',
          '-F',
          '/dev/null',
          ...options.split(' '),
          '-i',
          facts.operatorKey,
          '-o',
          `ProxyCommand=${jump}`,
          '-p',
          String(port),
          address,
          command,
        ];
        const env = {
          SSH_ASKPASS: askpass,
          SSH_ASKPASS_REQUIRE: 'force',
          CODE: code,
          PASSWORD_FILE: login.passwordFile,
        };
        return run(argv, { env });
      };
      await expect(throughBastion('000000', 'true')).rejects.toThrow();
      const code = oneTimeCode(login.otpSecretFile, new Date());
      expect((await throughBastion(code, `echo "$HOME"; cat '${identityFile}'`)).stdout).toBe(`${home}\n${identity}\n`);
      await expect(throughBastion(code, 'true')).rejects.toThrow(); // a code counts once
      const next = oneTimeCode(login.otpSecretFile, new Date(Date.now() + 30_000));
      const outlet = `'${join(base, 'bin', 'outlet')}'`;
      const { stdout } = await throughBastion(
        next,
        `${outlet} off backup-odd && ${outlet} status backup-odd && ${outlet} on backup-odd`,
      );
      expect(stdout).toBe('backup-odd off\nbackup-odd off\nbackup-odd on\n');
      expect(await onHost('backup-odd', 'echo on')).toBe('on\n');
    },
  );
});
