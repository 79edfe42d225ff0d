import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { programOf, sudoQuestion } from '../../../src/checks/host/commands.ts';
import { copyWays, needsOf } from '../../../src/checks/host/needs.ts';
import { lostOnTheWay } from '../../../src/checks/without-lost.ts';
import { parseRunbook } from '../../../src/runbook/parse.ts';
import type { Runbook } from '../../../src/runbook/schema/runbook.ts';

const text = readFileSync(new URL('../../../runbooks/gravelines.yaml', import.meta.url), 'utf8');
const read = (more = ''): Runbook => {
  const { runbook, problems } = parseRunbook(`${text}\n${more}`, { file: 'gravelines.yaml' });
  if (runbook === undefined) throw new Error(problems.map(({ message }) => message).join('\n'));
  return runbook;
};

describe('what a host must have', () => {
  test('follows from the steps: copies, imports, and the hosts copied from', () => {
    const runbook = read();
    expect(copyWays(runbook)).toEqual([
      { from: 'backup-even', to: 'gravelines' },
      { from: 'backup-odd', to: 'gravelines' },
      { from: 'gravelines', to: 'limburg' },
    ]);
    const names = needsOf(runbook, 'gravelines').programs.map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining(['flock', 'setsid', 'ssh', 'rsync', '/usr/lib/postgresql/15/bin/pg_restore']),
    );
    expect(needsOf(runbook, 'backup-odd').programs.map(({ name }) => name)).not.toContain('ssh');
    expect(needsOf(runbook, 'gravelines').peers).toEqual([
      runbook.hosts['backup-even']?.address,
      runbook.hosts['backup-odd']?.address,
    ]);
  });

  test('limits: the host before all hosts, all hosts before what drp thinks', () => {
    const runbook = read('checks: { disk: 80, clock: 5s, hosts: { limburg: { disk: 70 } } }');
    expect(needsOf(runbook, 'limburg').limits).toMatchObject({ disk: 70, clockMs: 5_000, inodes: 90 });
    expect(needsOf(runbook, 'gravelines').limits).toMatchObject({ disk: 80, clockMs: 5_000, inodes: 90 });
  });

  test('a version that is declared is the one wanted', () => {
    const runbook = read("checks: { hosts: { gravelines: { programs: [{ name: rsync, atLeast: '3.2' }] } } }");
    expect(needsOf(runbook, 'gravelines').programs.filter(({ name }) => name === 'rsync')).toEqual([
      { name: 'rsync', atLeast: '3.2', why: 'declared under checks' },
    ]);
  });
});

describe('a command of a step', () => {
  test.each<[readonly string[], readonly string[] | undefined, string | undefined]>([
    [['systemctl', 'stop', 'kyc'], undefined, 'systemctl'],
    [['sudo', '-n', 'systemctl', 'stop', 'kyc'], ['systemctl', 'stop', 'kyc'], 'systemctl'],
    [['/usr/bin/sudo', '-n', '-u', 'kyc', '--', 'psql', '-c', 'x'], ['-u', 'kyc', 'psql', '-c', 'x'], 'psql'],
    [['sudo', '--user=root', '/srv/www/bin/decrypt'], ['/srv/www/bin/decrypt'], undefined],
    [['sudo', '-i', 'reboot'], undefined, 'sudo'],
    [['sudo'], undefined, 'sudo'],
  ])('%j asks sudo for %j, and needs %s', (argv, question, program) => {
    expect(sudoQuestion(argv)).toEqual(question);
    expect(programOf(argv)).toBe(program);
  });

  test('is asked for on the host it would run on, and nowhere else', () => {
    const runbook = parseRunbook(text.replace(/(way: host\n\s+stop: )\[.*\]/, '$1[sudo, -n, systemctl, stop, kyc]'), {
      file: 'gravelines.yaml',
    }).runbook!;
    expect(needsOf(runbook, 'limburg').sudo).toEqual([['systemctl', 'stop', 'kyc']]);
    expect(needsOf(runbook, 'gravelines').sudo).toEqual([]);
    expect(needsOf(runbook, 'limburg').programs).toContainEqual({ name: 'sudo', why: 'commands of its steps' });
  });
});

describe('a lost datacentre is on the way to a host', () => {
  const hosts = {
    web: { datacentre: 'a', via: 'jump' },
    jump: { datacentre: 'b', via: 'door' },
    door: { datacentre: 'c' },
  } as unknown as Runbook['hosts'];
  test.each([
    ['its own', ['a'], 'a'],
    ['that of its bastion', ['b'], 'b'],
    ['that of the bastion of its bastion', ['c'], 'c'],
    ['another', ['d'], undefined],
  ])('%s', (_, lost, expected) => {
    expect(lostOnTheWay({ hosts }, 'web', lost)).toBe(expected);
  });
});
