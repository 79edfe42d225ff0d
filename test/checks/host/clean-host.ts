import { parseFacts, type HostFacts } from '../../../src/checks/host/facts.ts';
import type { HostNeeds } from '../../../src/checks/host/needs.ts';

/** The clock of the machine that asks, when it asked. */
export const askedAtMs = Date.parse('2026-11-21T22:00:00.000Z');

/** A host that has all it needs, as the facts script tells it; answers by question. */
export const cleanAnswers: Readonly<Record<string, string>> = {
  began: `${String(askedAtMs / 1000)}.050000000`,
  stat: 'cpu  1000 0 500 8000 100 0 0 0 0 0',
  login: 'ops\n1000',
  loadavg: '0.50 0.75 0.90 2/300 12345',
  uptime: '864000.55 1700000.00',
  meminfo:
    'MemTotal:  8000000 kB\nMemFree:  1000000 kB\nMemAvailable:  5000000 kB\nSwapTotal:  2000000 kB\nSwapFree:  1900000 kB',
  mounts: [
    '/dev/sda1 / ext4 rw,relatime 0 0',
    '/dev/sdb1 /srv xfs rw,relatime 0 0',
    'tmpfs /tmp tmpfs rw,nosuid,nodev 0 0',
    '/dev/sdc1 /mnt/old\\040disk ext4 rw 0 0',
  ].join('\n'),
  mdstat: 'Personalities : [raid1]\nmd0 : active raid1 sdb1[1] sda1[0]\n      1000000 blocks super 1.2 [2/2] [UU]',
  cores: '4',
  processes: '      1 systemd\n      4 nginx\n      9 postgres',
  listening:
    '   0: 00000000:01BB 00000000:0000 0A 00000000:00000000\n   1: 0100007F:1538 00000000:0000 0A 00000000:00000000',
  logind: 'file /usr/lib logind.conf\nfile /etc logind.conf',
  disks: 'disk /dev/sda\nSMART overall-health self-assessment test result: PASSED',
  'gnu-find': 'yes',
  home: '/home/ops',
  'folder /home/ops/.drp/jobs': '/dev/sda1   41152736  20000000  19000000      52% /',
  'inodes /home/ops/.drp/jobs': '/dev/sda1    2621440    150000   2471440       6% /',
  'folder /': '/dev/sda1   41152736  20000000  19000000      52% /',
  'inodes /': '/dev/sda1    2621440    150000   2471440       6% /',
  'folder /tmp': 'tmpfs    4000000  100  3999900       1% /tmp',
  'inodes /tmp': 'tmpfs    1000000  100  999900       1% /tmp',
  'folder /srv': '/dev/sdb1   104857600  60000000  44857600      58% /srv',
  'inodes /srv': '/dev/sdb1   52428800  400000  52028800       1% /srv',
  'folder /mnt/old disk': '/dev/sdc1   1000  10  990       1% /mnt/old disk',
  'inodes /mnt/old disk': '/dev/sdc1   1000  10  990       1% /mnt/old disk',
  'program:tar': '/usr/bin/tar',
  'version:rsync': '/usr/bin/rsync\nrsync  version 3.2.7  protocol version 31',
  'service:nginx': 'active',
  'user:www-data': '33',
  'sudo-rules':
    'User ops may run the following commands on web:\n    (ALL) ALL\n    (root) NOPASSWD: /usr/bin/systemctl reload nginx',
  'sudo systemctl reload nginx': '/usr/bin/systemctl reload nginx\nexit 0',
  'interface:eth0': 'up',
  'peer:192.0.2.32': '192.0.2.32 via 192.0.2.1 dev eth0 src 192.0.2.20 uid 1000',
  quota:
    'Disk quotas for user ops (uid 1000):\n     Filesystem  blocks   quota   limit   grace   files   quota   limit   grace\n/dev/sdb1  500000  900000 1000000  0  1000  0  0  0',
  stat2: 'cpu  1020 0 510 8270 100 0 0 0 0 0',
  ended: `${String(askedAtMs / 1000)}.450000000`,
};

/** What that host must have. */
export const needs: HostNeeds = {
  host: 'web',
  user: 'ops',
  limits: {
    disk: 90,
    inodes: 90,
    memory: 95,
    swap: 80,
    cpu: 95,
    load: 4,
    clockMs: 2_000,
    uptimeMs: 600_000,
    lagMs: 300_000,
  },
  folders: ['/srv'],
  executable: ['/srv'],
  programs: [
    { name: 'tar', why: 'jobs of drp' },
    { name: 'rsync', atLeast: '3.1.3', why: 'copies' },
  ],
  gnuFind: true,
  services: ['nginx'],
  processes: ['postgres'],
  listens: ['443', '127.0.0.1:5432'],
  users: ['www-data'],
  sudo: [['systemctl', 'reload', 'nginx']],
  interface: 'eth0',
  peers: ['192.0.2.32'],
  mysqlReplica: false,
  root: '',
};

/** The facts of the clean host, some answers changed; `absent:REASON` is an answer that could not be had, '' none at all. */
export function factsWith(changed: Readonly<Record<string, string | undefined>> = {}): HostFacts {
  const answers = { ...cleanAnswers, ...changed };
  const text = Object.entries(answers).map(([name, answer]) => {
    if (answer === undefined) return '';
    const reason = /^absent:(.*)$/.exec(answer)?.[1];
    return `@m at ${name}\n${reason === undefined ? answer : `@m absent ${reason}`}`;
  });
  return parseFacts(text.join('\n'), '@m', { askedAtMs, answeredAtMs: askedAtMs + 500 });
}
