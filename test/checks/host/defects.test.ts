import { describe, expect, test } from '@jest/globals';
import { hostFindings } from '../../../src/checks/host-probes.ts';
import type { HostNeeds } from '../../../src/checks/host/needs.ts';
import { withoutPassword } from '../../../src/checks/host/sudo-rules.ts';
import { askedAtMs, cleanAnswers, factsWith, needs } from './clean-host.ts';

const notWell = (changed: Readonly<Record<string, string | undefined>>, others: Partial<HostNeeds> = {}): string[] =>
  hostFindings(factsWith(changed), { ...needs, ...others })
    .filter(({ status }) => status !== 'ok' && status !== 'skipped')
    .map(({ probe, subject, status }) => `${status} ${probe} ${subject}`);

const seconds = (offset: number): string => `${String(askedAtMs / 1000 + offset)}.200000000`;

describe('rules of sudo', () => {
  const command = '/usr/bin/systemctl reload nginx';
  test.each<[string, readonly string[], boolean | undefined]>([
    ['the very command', ['    (root) NOPASSWD: /usr/bin/systemctl reload nginx'], true],
    ['with any arguments', ['    (root) NOPASSWD: /usr/bin/systemctl'], true],
    ['by a pattern', ['    (root) NOPASSWD: /usr/bin/systemctl reload *'], true],
    ['everything', ['    (ALL : ALL) NOPASSWD: ALL'], true],
    ['a tag holds for what follows', ['    (root) NOPASSWD: /bin/true, /usr/bin/systemctl'], true],
    ['a tag is taken back', ['    (root) NOPASSWD: /bin/true, PASSWD: /usr/bin/systemctl'], false],
    ['the last rule counts', ['    (ALL) NOPASSWD: ALL', '    (root) /usr/bin/systemctl'], false],
    ['other tags stand beside it', ['    (root) SETENV: NOPASSWD: /usr/bin/systemctl'], true],
    ['no password for anything', ['    !authenticate, env_reset', '    (ALL) ALL'], true],
    ['rules of other commands', ['    (root) NOPASSWD: /usr/bin/systemctl restart nginx'], undefined],
  ])('%s', (_, rules, expected) => {
    expect(withoutPassword(rules, { command, as: 'root' })).toBe(expected);
  });
});

test('a host that has all it needs is green, and every probe says so', () => {
  const findings = hostFindings(factsWith(), needs);
  expect(findings.filter(({ status }) => status !== 'ok')).toEqual([]);
  expect([...new Set(findings.map(({ probe }) => probe))]).toEqual([
    'host.clock',
    'host.login',
    'host.users',
    'host.sudo',
    'host.interface',
    'host.route',
    'host.load',
    'host.cpu',
    'host.memory',
    'host.swap',
    'host.uptime',
    'host.disk',
    'host.inodes',
    'host.noexec',
    'host.quota',
    'host.disk-health',
    'host.kill-user-processes',
    'host.programs',
    'host.services',
    'host.processes',
    'host.listens',
  ]);
});

describe('a defect is named by its own probe, and nothing else turns red', () => {
  test.each<[string, Readonly<Record<string, string | undefined>>, string]>([
    ['the clock is 3 minutes ahead', { began: seconds(180), ended: seconds(180) }, 'fail host.clock web'],
    ['the clock is 3 minutes behind', { began: seconds(-180), ended: seconds(-180) }, 'fail host.clock web'],
    ['the login is another', { login: 'nobody\n65534' }, 'fail host.login web'],
    ['an account is missing', { 'user:www-data': 'none' }, 'fail host.users web:www-data'],
    [
      'sudo asks for a password',
      { 'sudo systemctl reload nginx': 'sudo: a password is required\nexit 1' },
      'fail host.sudo web:systemctl reload nginx',
    ],
    ['sudo allows it, for a password', { 'sudo-rules': '    (ALL) ALL' }, 'fail host.sudo web:systemctl reload nginx'],
    ['sudo is not installed', { 'sudo systemctl reload nginx': 'none' }, 'fail host.sudo web:systemctl reload nginx'],
    ['the interface is down', { 'interface:eth0': 'down' }, 'fail host.interface web:eth0'],
    ['the interface is gone', { 'interface:eth0': 'absent:not there' }, 'fail host.interface web:eth0'],
    [
      'the way to a peer leads out elsewhere',
      { 'peer:192.0.2.32': '192.0.2.32 via 10.9.9.1 dev tun0 src 10.9.9.2' },
      'fail host.route web:192.0.2.32',
    ],
    [
      'there is no way to a peer',
      { 'peer:192.0.2.32': 'RTNETLINK answers: Network is unreachable' },
      'fail host.route web:192.0.2.32',
    ],
    ['the load is high', { loadavg: '1.00 17.00 15.00 20/300 1' }, 'warn host.load web'],
    [
      'the processors are busy, and have been for a minute',
      { stat2: 'cpu  1300 0 700 8005 100 0 0 0 0 0', loadavg: '6.00 3.00 2.00 20/300 1' },
      'warn host.cpu web',
    ],
    [
      'memory is short',
      { meminfo: 'MemTotal: 8000000 kB\nMemAvailable: 200000 kB\nSwapTotal: 0 kB' },
      'fail host.memory web',
    ],
    [
      'swap is nearly full',
      { meminfo: 'MemTotal: 8000000 kB\nMemAvailable: 4000000 kB\nSwapTotal: 2000000 kB\nSwapFree: 100000 kB' },
      'warn host.swap web',
    ],
    ['it restarted a moment ago', { uptime: '95.10 100.00' }, 'warn host.uptime web'],
    [
      'a disk is 91 % full',
      { 'folder /srv': '/dev/sdb1   104857600  95000000  9857600      91% /srv' },
      'fail host.disk web:/srv',
    ],
    [
      'a disk that nobody asked about is full',
      { 'folder /mnt/old disk': '/dev/sdc1   1000  990  10       99% /mnt/old disk' },
      'fail host.disk web:/mnt/old disk',
    ],
    [
      'a disk became read-only',
      { mounts: (cleanAnswers['mounts'] ?? '').replace('/srv xfs rw', '/srv xfs ro') },
      'fail host.disk web:/srv',
    ],
    ['a network file system hangs', { 'folder /srv': '' }, 'unknown host.disk web:/srv'],
    [
      'inodes run out',
      { 'inodes /srv': '/dev/sdb1   52428800  50000000  2428800       96% /srv' },
      'fail host.inodes web:/srv',
    ],
    [
      'no program may run where the site lies',
      { mounts: (cleanAnswers['mounts'] ?? '').replace('/srv xfs rw', '/srv xfs rw,noexec') },
      'fail host.noexec web',
    ],
    [
      'the quota of the login is used up',
      { quota: '/dev/sdb1  1000001*  900000 1000000  6days  1000  0  0  0' },
      'fail host.quota web',
    ],
    [
      'quotas are on, and nobody can ask',
      { quota: 'absent:the program quota is not installed' },
      'unknown host.quota web',
    ],
    [
      'a member of the RAID is gone',
      { mdstat: 'md0 : active raid1 sdb1[1] sda1[0](F)\n      1000000 blocks super 1.2 [2/1] [_U]' },
      'fail host.disk-health web',
    ],
    [
      'a disk says it will fail',
      { disks: 'disk /dev/sda\nSMART overall-health self-assessment test result: FAILED!' },
      'fail host.disk-health web',
    ],
    [
      'logind ends jobs with the login',
      { logind: 'file /etc logind.conf\nfile /etc logind.conf.d/50-kill.conf\nKillUserProcesses=yes' },
      'fail host.kill-user-processes web',
    ],
    ['a program is missing', { 'program:tar': 'none' }, 'fail host.programs web:tar'],
    [
      'a program is too old',
      { 'version:rsync': '/usr/bin/rsync\nrsync  version 3.0.9  protocol version 30' },
      'fail host.programs web:rsync',
    ],
    ['find is not the one of GNU', { 'gnu-find': 'no' }, 'fail host.programs web:find'],
    ['a service has failed', { 'service:nginx': 'failed' }, 'fail host.services web:nginx'],
    [
      'services cannot be asked for',
      { 'service:nginx': 'System has not been booted with systemd as init system (PID 1).' },
      'unknown host.services web:nginx',
    ],
    ['a process does not run', { processes: '      1 systemd\n      4 nginx' }, 'fail host.processes web:postgres'],
    [
      'nothing listens where users come in',
      { listening: '   1: 0100007F:1538 00000000:0000 0A 00000000:00000000' },
      'fail host.listens web:443',
    ],
    ['an answer was cut off', { meminfo: undefined }, 'unknown host.memory web'],
  ])('%s', (_, changed, expected) => {
    expect(notWell(changed)).toEqual([expected]);
  });

  test('whatever is named says what to do and what it is measured against or why nobody knows', () => {
    const everything = hostFindings(
      factsWith(Object.fromEntries(Object.keys(cleanAnswers).map((name) => [name, '']))),
      needs,
    );
    for (const finding of everything.filter(({ status }) => status !== 'ok' && status !== 'skipped')) {
      expect({ probe: finding.probe, advice: finding.advice }).toEqual({
        probe: finding.probe,
        advice: expect.stringMatching(/^[A-Z].*[.?]$/),
      });
    }
  });
});

describe('what is no defect', () => {
  test.each<[string, Readonly<Record<string, string | undefined>>, Partial<HostNeeds>]>([
    ['a disk exactly at the limit', { 'folder /srv': '/dev/sdb1 100 90 10 90% /srv' }, {}],
    ['file systems that count no inodes', { 'inodes /srv': 'btrfs 0 0 0 - /srv' }, {}],
    ['a moment of busy processors', { stat2: 'cpu  1300 0 700 8005 100 0 0 0 0 0' }, {}],
    [
      'a logind that spares this login',
      { logind: 'file /etc logind.conf\nKillUserProcesses=yes\nKillExcludeUsers=root ops' },
      {},
    ],
    [
      'a logind that ends the jobs of others only',
      { logind: 'file /etc logind.conf\nKillUserProcesses=yes\nKillOnlyUsers=bob' },
      {},
    ],
    [
      'a drop-in that is hidden by one of the same name in /etc',
      { logind: 'file /usr/lib logind.conf.d/50.conf\nKillUserProcesses=yes\nfile /etc logind.conf.d/50.conf' },
      {},
    ],
    [
      'a date that knows no fractions',
      { began: `${String(askedAtMs / 1000)}.N`, ended: `${String(askedAtMs / 1000)}.N` },
      {},
    ],
    ['a host without swap', { meminfo: 'MemTotal: 8000000 kB\nMemAvailable: 4000000 kB' }, {}],
    [
      'a listener on every address of IPv6',
      { listening: '0: 00000000000000000000000000000000:01BB 0:0 0A\n1: 0100007F:1538 0:0 0A' },
      {},
    ],
    ['a disk without SMART and no RAID', { disks: 'absent:smartctl is not installed', mdstat: 'absent:not there' }, {}],
  ])('%s', (_, changed, others) => {
    expect(notWell(changed, others)).toEqual([]);
  });
});
