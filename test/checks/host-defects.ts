import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Edit } from '../../src/runbook/edit.ts';
import { postgresProcess, postgresPrograms, startPostgres } from '../lab/postgres.ts';
import { endProcess, isRoot } from '../lab/process.ts';
import { hostFolder } from '../lab/sshd.ts';
import { appProcess, nginxProcess, startWeb } from '../lab/web.ts';
import { binOf, program, replaceIn, rootFile, volume, type CheckedHosts } from './checked-hosts.ts';
import { set } from './checked-lab.ts';

type Undo = () => unknown;

/** One thing that is wrong on a host, and what the check must say of it. */
export interface HostDefect {
  readonly what: string;
  /** Only root can do it. */
  readonly root?: true;
  readonly inject: (hosts: CheckedHosts) => Promise<Undo> | Undo;
  readonly edits?: (hosts: CheckedHosts) => readonly Edit[];
  /** `STATUS PROBE SUBJECT` of all that is not well, DIR and NET standing for the lab's. */
  readonly named: readonly string[];
}

const nothing: Undo = () => undefined;
const fault =
  (name: string, back: string, ...args: readonly string[]) =>
  async ({ lab }: CheckedHosts): Promise<Undo> => {
    await lab.fault(name, ...args);
    return () => lab.fault(back, ...args);
  };
const volumeOf = ({ context }: CheckedHosts): string => join(hostFolder(context, 'gravelines'), 'volume');

const reaching: readonly HostDefect[] = [
  {
    what: 'a host is down',
    inject: fault('link-refuse', 'link-up', 'backup-odd'),
    named: ['fail host.reachable backup-odd'],
  },
  {
    what: 'a host swallows what is sent to it',
    inject: fault('link-down', 'link-up', 'backup-odd'),
    named: ['fail host.reachable backup-odd'],
  },
  {
    what: 'the bastion is down: said of the bastion, not of the host behind it',
    inject: fault('link-refuse', 'link-up', 'bastion'),
    named: ['fail host.reachable bastion', 'unknown host.reachable limburg'],
  },
  {
    what: 'a host shows another key',
    inject: fault('host-key', 'host-key-back', 'backup-odd'),
    named: ['fail host.key backup-odd'],
  },
  {
    what: 'another machine answers',
    inject: fault('identity', 'identity-back', 'backup-odd'),
    named: ['fail host.identity backup-odd'],
  },
  {
    what: 'a login is refused',
    inject: () => nothing,
    edits: () => [set('hosts.backup-odd.user', 'drp-nobody')],
    named: ['fail host.login backup-odd'],
  },
  {
    what: 'the key that copies travel with was taken away at the source',
    inject: ({ context }) =>
      replaceIn(join(hostFolder(context, 'backup-odd'), 'etc', 'authorized_keys'), /^.* user of gravelines\n/m, ''),
    named: ['fail host.peer gravelines:backup-odd'],
  },
  {
    what: 'the network knows no way to a peer',
    inject: ({ context }) =>
      program(
        context,
        'ip',
        'case $* in *.32) echo "RTNETLINK answers: Network is unreachable" >&2 ;; *) exec /usr/sbin/ip "$@" ;; esac',
      ),
    named: ['fail host.route gravelines:NET.32'],
  },
  {
    what: 'the network interface is gone',
    inject: () => nothing,
    edits: () => [set('checks.hosts.gravelines.interface', 'drp9'), set('checks.hosts.gravelines.routes', [])],
    named: ['fail host.interface gravelines:drp9'],
  },
];

const settings: readonly HostDefect[] = [
  {
    what: 'a clock is 3 minutes ahead',
    inject: ({ context }) =>
      program(
        context,
        'date',
        'case $1 in +%s.%N) exec /usr/bin/date -d "3 minutes" "$1" ;; *) exec /usr/bin/date "$@" ;; esac',
      ),
    named: ['fail host.clock gravelines'],
  },
  {
    what: 'the load is high',
    inject: ({ context }) => rootFile(context, 'proc/loadavg', '900.00 900.00 900.00 9/99 1\n'),
    named: ['warn host.load gravelines'],
  },
  {
    what: 'memory is short',
    inject: ({ context }) =>
      rootFile(context, 'proc/meminfo', 'MemTotal: 8000000 kB\nMemAvailable: 100000 kB\nSwapTotal: 0 kB\n'),
    named: ['fail host.memory gravelines'],
  },
  {
    what: 'swap is nearly full',
    inject: ({ context }) =>
      rootFile(
        context,
        'proc/meminfo',
        'MemTotal: 8000000 kB\nMemAvailable: 4000000 kB\nSwapTotal: 1000000 kB\nSwapFree: 1000 kB\n',
      ),
    named: ['warn host.swap gravelines'],
  },
  {
    what: 'a host restarted a moment ago',
    inject: ({ context }) => rootFile(context, 'proc/uptime', '12.50 20.00\n'),
    named: ['warn host.uptime gravelines'],
  },
  {
    what: 'a RAID has lost a member',
    inject: ({ context }) =>
      rootFile(context, 'proc/mdstat', 'md0 : active raid1 sda1[0]\n      1000 blocks [2/1] [U_]\n'),
    named: ['fail host.disk-health gravelines'],
  },
  {
    what: 'a drop-in has logind end jobs with the login',
    inject: ({ context }) =>
      rootFile(
        context,
        'etc/systemd/logind.conf.d/90-kill.conf',
        '[Login]\nKillUserProcesses=yes\nKillExcludeUsers=\n',
      ),
    named: ['fail host.kill-user-processes gravelines'],
  },
];

const volumes: readonly HostDefect[] = [
  {
    what: 'a disk is over 90 % full',
    root: true,
    inject: async (hosts) => {
      const undo = await volume(volumeOf(hosts), 'size=1m');
      writeFileSync(join(volumeOf(hosts), 'logs'), Buffer.alloc(970_000));
      return undo;
    },
    named: ['fail host.disk gravelines:DIR/hosts/gravelines/volume'],
  },
  {
    what: 'inodes run out',
    root: true,
    inject: async (hosts) => {
      const undo = await volume(volumeOf(hosts), 'size=1m,nr_inodes=20');
      for (let at = 0; at < 19; at += 1) writeFileSync(join(volumeOf(hosts), `session-${String(at)}`), '');
      return undo;
    },
    named: ['fail host.inodes gravelines:DIR/hosts/gravelines/volume'],
  },
  {
    what: 'a file system became read-only',
    root: true,
    inject: async (hosts) => await volume(volumeOf(hosts), 'size=1m,ro'),
    named: ['fail host.disk gravelines:DIR/hosts/gravelines/volume'],
  },
  {
    what: 'no program may run where jobs lie',
    root: true,
    inject: async ({ context }) =>
      await volume(join(hostFolder(context, 'gravelines'), 'home', '.drp'), 'size=1m,noexec'),
    named: ['fail host.noexec gravelines'],
  },
  {
    what: 'tonight’s restoration would not fit',
    root: true,
    inject: fault('disk-full', 'disk-free', 'gravelines', '30000000'),
    named: ['fail host.room gravelines:DIR/hosts/gravelines/srv'],
  },
];

const software: readonly HostDefect[] = [
  {
    what: 'a needed program is missing',
    inject: () => nothing,
    edits: () => [set('checks.hosts.gravelines.programs', [{ name: 'drp-no-such-program' }])],
    named: ['fail host.programs gravelines:drp-no-such-program'],
  },
  {
    what: 'rsync is too old',
    inject: ({ context }) => program(context, 'rsync', 'echo "rsync  version 3.0.9  protocol version 30"'),
    named: ['fail host.programs gravelines:rsync'],
  },
  {
    what: 'find is not the one of GNU',
    inject: ({ context }) =>
      program(
        context,
        'find',
        'case $* in *-printf*) echo "find: unrecognized: -printf" >&2; exit 1 ;; *) exec /usr/bin/find "$@" ;; esac',
      ),
    named: ['fail host.programs gravelines:find'],
  },
  {
    what: 'a service has failed',
    inject: ({ context }) => program(context, 'systemctl', 'echo failed; exit 3'),
    edits: () => [set('checks.hosts.gravelines.services', ['nginx'])],
    named: ['fail host.services gravelines:nginx'],
  },
  {
    what: 'a process does not run',
    inject: () => nothing,
    edits: () => [set('checks.hosts.gravelines.processes', ['drp-no-such'])],
    named: ['fail host.processes gravelines:drp-no-such'],
  },
  {
    what: 'an account is missing',
    inject: () => nothing,
    edits: () => [set('checks.hosts.gravelines.users', ['drp-nobody'])],
    named: ['fail host.users gravelines:drp-nobody'],
  },
  {
    what: 'a disk says that it will fail',
    inject: ({ context }) => program(context, 'smartctl', 'echo "SMART overall-health test result: FAILED!"'),
    named: readdirSync('/dev').some((name) => /^(sd.|vd.|nvme\dn\d)$/.test(name))
      ? ['fail host.disk-health gravelines']
      : [],
  },
  {
    what: 'the web server of the recovery site has ended',
    inject: async ({ context }) => {
      await Promise.all([nginxProcess, appProcess].map((name) => endProcess(context, name('gravelines'))));
      return () => startWeb(context, 'gravelines');
    },
    named: ['fail host.listens gravelines:NET.20:8443'],
  },
  {
    what: 'the quota of the login is used up',
    inject: ({ context }) => {
      const undo = [
        rootFile(context, 'proc/mounts', '/dev/vda / ext4 rw,usrquota 0 0\n'),
        program(context, 'quota', 'echo "/dev/vda 1000001* 900000 1000000 6days 10 0 0 0"'),
      ];
      return () => undo.forEach((one) => one());
    },
    named: ['fail host.quota gravelines'],
  },
  {
    what: 'a MySQL replica has stopped',
    inject: ({ context }) =>
      program(
        context,
        'mysql',
        'printf "*************************** 1. row ***************************\\nReplica_IO_Running: No\\nReplica_SQL_Running: Yes\\nLast_IO_Error: error connecting to source\\n"',
      ),
    edits: () => [set('checks.hosts.gravelines.mysqlReplica', true)],
    named: ['fail host.mysql-replication gravelines'],
  },
];

const databases: readonly HostDefect[] = [
  {
    what: 'the database server of the recovery site is down',
    inject: async ({ context }) => {
      await endProcess(context, postgresProcess('gravelines'));
      return () => startPostgres(context, 'gravelines');
    },
    edits: () => [set('checks.hosts.gravelines.listens', [])],
    named: ['fail database.reachable recovery'],
  },
  {
    what: 'a standby is gone and its slot keeps the log',
    inject: () => nothing,
    edits: (hosts) => [set('databases.production.programs', psqlThatSays(hosts, 'limburg', '$ a idle|standby'))],
    named: ['fail database.replication production'],
  },
  {
    what: 'the client programs at the recovery site are older than those that make the dumps',
    inject: () => nothing,
    edits: (hosts) => [set('databases.recovery.programs', clientThatSays(hosts, 'pg_restore (PostgreSQL) 13.4'))],
    named: ['fail database.client recovery'],
  },
  {
    what: 'PostgreSQL of the recovery site is older than that of production',
    inject: () => nothing,
    edits: (hosts) => [
      set('databases.recovery.programs', psqlThatSays(hosts, 'gravelines', 's/^version|15/version|13/; s/^15[.]/13./')),
    ],
    named: ['fail database.dump recovery', 'fail database.version recovery'],
  },
];

/**
 * All defects, some at a time: one of each kind, on parts that do not touch. Each must be named as if it were alone. A
 * bastion that is down hides the database behind it, so those come later.
 */
export const hostDefects: readonly (readonly HostDefect[])[] = software.map(
  (one, at) =>
    [one, reaching[at], settings[at], volumes[at], databases[at - 4]].filter(
      (defect) => defect !== undefined && (defect.root === undefined || isRoot()),
    ) as readonly HostDefect[],
);

/** A folder of PostgreSQL's real programs, one of which is this script; `$0` in it is the real one. */
function programsWith(
  { context }: CheckedHosts,
  host: 'limburg' | 'gravelines',
  other: { name: string; script: string },
) {
  const folder = join(binOf(context, host), `other-${other.name}`);
  mkdirSync(folder, { recursive: true });
  const real = postgresPrograms();
  const there = readdirSync(folder);
  for (const name of readdirSync(real)) {
    if (name !== other.name && !there.includes(name)) symlinkSync(join(real, name), join(folder, name));
  }
  const script = `#!/bin/sh\n${other.script.replaceAll('$0', join(real, other.name))}\n`;
  writeFileSync(join(folder, other.name), script, { mode: 0o755 });
  return folder;
}

/** What psql answers, changed by a line of sed. */
const psqlThatSays = (hosts: CheckedHosts, host: 'limburg' | 'gravelines', change: string): string =>
  programsWith(hosts, host, { name: 'psql', script: `$0 "$@" | sed '${change}'` });

const clientThatSays = (hosts: CheckedHosts, version: string): string =>
  programsWith(hosts, 'gravelines', {
    name: 'pg_restore',
    script: `[ "$1" = --version ] && echo '${version}' || exec $0 "$@"`,
  });
