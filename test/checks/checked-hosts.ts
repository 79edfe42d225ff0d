import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Finding } from '../../src/checks/check.ts';
import { hostProbes } from '../../src/checks/host-probes.ts';
import { oneLoginEach } from '../../src/checks/one-login.ts';
import { runChecks } from '../../src/checks/run-checks.ts';
import { hostTargets } from '../../src/cli/host-targets.ts';
import { editRunbook, type Edit, type EditValue } from '../../src/runbook/edit.ts';
import { createTransportPool } from '../../src/transports/pool.ts';
import type { HostName } from '../lab/facts.ts';
import type { Lab } from '../lab/lab.ts';
import { run, type LabContext } from '../lab/process.ts';
import { hostFolder, restartSshd } from '../lab/sshd.ts';
import { checkContext, openCheckedLab, parsed, set } from './checked-lab.ts';

/** A lab whose hosts have settings, /proc files and programs of their own, and a check of them over real connections. */
export interface CheckedHosts {
  readonly lab: Lab;
  readonly context: LabContext;
  /** The runbook that is checked, with what the hosts must have. */
  readonly file: string;
  check(asked?: { readonly edits?: readonly Edit[]; readonly lost?: readonly string[] }): Promise<readonly Finding[]>;
  end(): Promise<void>;
}

/** Hosts whose settings and programs are their own. */
export const changeable = ['limburg', 'gravelines', 'backup-even', 'backup-odd'] as const;

/** What stands for / on a host when settings and /proc are read. */
export const rootOf = (context: LabContext, host: HostName): string => join(hostFolder(context, host), 'root');
/** Programs that come before all others on a host. */
export const binOf = (context: LabContext, host: HostName): string => join(hostFolder(context, host), 'bin');

export async function openCheckedHosts(): Promise<CheckedHosts> {
  const { lab, context, end } = await openCheckedLab({ tickets: false });
  const shipped = join(lab.facts.dir, 'runbooks', 'gravelines.yaml');
  const base = editRunbook(readFileSync(shipped, 'utf8'), await furnish(context, lab));
  const file = join(lab.facts.dir, 'checked', 'gravelines.yaml');
  mkdirSync(join(lab.facts.dir, 'checked'), { recursive: true });
  writeFileSync(file, base);
  return {
    lab,
    context,
    file,
    check: async ({ edits = [], lost = [] } = {}) => {
      const runbook = parsed(editRunbook(base, edits), file);
      const pool = createTransportPool(hostTargets(runbook.hosts), { limits: { tcpTimeoutMs: 2_000 } });
      try {
        const check = checkContext(runbook, { file, hosts: oneLoginEach(pool), lost });
        return (await runChecks(hostProbes(runbook), check)).findings;
      } finally {
        await pool.closeAll();
      }
    },
    end,
  };
}

/** A quiet machine's /proc: what this one is doing while tests run is no defect of the lab. */
const quiet: Readonly<Record<string, string>> = {
  'proc/loadavg': '0.10 0.20 0.20 1/100 4242\n',
  'proc/uptime': '864000.00 1700000.00\n',
  'proc/meminfo': 'MemTotal: 8000000 kB\nMemAvailable: 6000000 kB\nSwapTotal: 1000000 kB\nSwapFree: 1000000 kB\n',
  'proc/mdstat': 'md0 : active raid1 sdb1[1] sda1[0]\n      1000 blocks [2/2] [UU]\n',
  'etc/systemd/logind.conf': '[Login]\nKillUserProcesses=no\n',
};

/** Roots and programs of the hosts, a bastion in the runbook with a host behind it, and what must be there. */
async function furnish(context: LabContext, lab: Lab): Promise<readonly Edit[]> {
  const { facts } = lab;
  for (const host of changeable) {
    for (const [name, text] of Object.entries(quiet)) {
      const file = join(rootOf(context, host), name);
      mkdirSync(join(file, '..'), { recursive: true });
      writeFileSync(file, text);
    }
    mkdirSync(join(hostFolder(context, host), 'volume'), { recursive: true });
    mkdirSync(binOf(context, host), { recursive: true });
    await programsFirst(context, host);
  }
  const host = facts.hosts.bastion;
  const bastion: EditValue = {
    role: 'bastion',
    datacentre: 'roubaix',
    address: host.address,
    port: host.port,
    user: facts.user,
    base: host.base,
    hostKeys: [host.hostKey],
    identity: { file: host.identityFile, text: host.identity },
    keyFile: facts.operatorKey,
  };
  return [
    set('hosts.bastion', bastion),
    set('hosts.limburg.via', 'bastion'),
    set('checks', {
      hosts: {
        ...Object.fromEntries([...changeable].map((host) => [host, needsOf(context, host, facts.user)])),
        // What this machine is doing just now is not the bastion's own.
        bastion: { root: rootOf(context, 'limburg') },
      },
    }),
  ];
}

function needsOf(context: LabContext, host: (typeof changeable)[number], user: string): EditValue {
  return {
    root: rootOf(context, host),
    folders: [join(hostFolder(context, host), 'volume')],
    users: [user],
    sudo: user === 'root' ? [['systemctl', 'reload', 'nginx']] : [],
    processes: ['sshd'],
    interface: 'lo',
    ...(host === 'gravelines' ? { listens: [`${context.net}.20:8443`, `${context.net}.20:5432`] } : {}),
  };
}

/** Has logins of a host find its own programs first. */
async function programsFirst(context: LabContext, host: HostName): Promise<void> {
  const config = join(hostFolder(context, host), 'etc', 'sshd_config');
  const path = `${binOf(context, host)}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin`;
  const text = readFileSync(config, 'utf8');
  if (text.includes('"PATH=')) return;
  writeFileSync(config, text.replace(/^SetEnv (.*)$/m, `SetEnv $1 "PATH=${path}"`));
  await restartSshd(context, host);
}

/** Puts a program before the real one on gravelines; answers how it is taken away. */
export function program(context: LabContext, name: string, script: string): () => void {
  const file = join(binOf(context, 'gravelines'), name);
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return () => rmSync(file);
}

/** Writes a file below the root of gravelines; answers how it gets its old text back. */
export function rootFile(context: LabContext, name: string, text: string): () => void {
  const file = join(rootOf(context, 'gravelines'), name);
  const before = readIfThere(file);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, text);
  return () => {
    if (before === undefined) rmSync(file);
    else writeFileSync(file, before);
  };
}

/** Mounts a small volume over a folder; answers how it is taken away. Root only. */
export async function volume(folder: string, options: string): Promise<() => Promise<void>> {
  mkdirSync(folder, { recursive: true });
  await run(['mount', '-t', 'tmpfs', '-o', options, 'drp-check', folder]);
  return async () => {
    await run(['umount', '-l', folder]);
  };
}

/** A text in a file becomes another; answers how it gets its old text back. */
export function replaceIn(file: string, from: RegExp, to: string): () => void {
  const before = readFileSync(file, 'utf8');
  writeFileSync(file, before.replace(from, to));
  return () => writeFileSync(file, before);
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
