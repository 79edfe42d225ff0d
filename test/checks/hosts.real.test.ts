import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import type { Finding } from '../../src/checks/check.ts';
import { isReadOnly } from '../../src/checks/read-only.ts';
import type { CheckReport } from '../../src/checks/verdict.ts';
import { isRoot, waitFor } from '../lab/process.ts';
import { openCheckedHosts, program, type CheckedHosts } from './checked-hosts.ts';
import { hostDefects } from './host-defects.ts';
import { filesOf, recordPrograms } from './recorded.ts';

jest.setTimeout(120_000);
if (!isRoot()) console.warn('SKIPPED: full disks, inodes, noexec and read-only volumes need root');

let hosts: CheckedHosts;

interface Started {
  readonly out: () => string;
  readonly code: Promise<number>;
  readonly interrupt: () => void;
}

function start(...args: readonly string[]): Started {
  const env = {
    ...process.env,
    DRP_RUNBOOKS: dirname(hosts.file),
    XDG_STATE_HOME: join(hosts.context.dir, 'state'),
    NODE_OPTIONS: '',
  };
  const child = spawn(join(import.meta.dirname, '../../bin/drp'), args, { env, stdio: ['ignore', 'pipe', 'ignore'] });
  let out = '';
  child.stdout.on('data', (data: Buffer) => (out += data.toString()));
  const code = new Promise<number>((resolve) => child.on('close', (ended) => resolve(ended ?? -1)));
  return { out: () => out, code, interrupt: () => child.kill('SIGINT') };
}

async function drp(...args: readonly string[]): Promise<{ code: number; out: string; report: CheckReport }> {
  const { out, code } = start(...args);
  const ended = await code;
  const report = (args.includes('--json') ? JSON.parse(out()) : {}) as CheckReport;
  return { code: ended, out: out(), report };
}

beforeAll(async () => {
  hosts = await openCheckedHosts();
});
afterAll(async () => {
  await hosts?.end();
});

/** What is not well, as `STATUS PROBE SUBJECT`; busy processors of the machine the tests run on left out. */
const wrong = (findings: readonly Finding[]): readonly string[] =>
  findings
    .filter(({ status, probe }) => status !== 'ok' && status !== 'skipped' && probe !== 'host.cpu')
    .map(({ probe, subject, status }) => `${status} ${probe} ${subject}`)
    .map((text) => text.replaceAll(hosts.context.dir, 'DIR').replaceAll(`${hosts.context.net}.`, 'NET.'));

const found = (findings: readonly Finding[], name: string): string | undefined =>
  findings.find(({ probe, subject }) => `${probe} ${subject}` === name)?.found;

describe('drp check of hosts', () => {
  test('that are well finds nothing wrong, and looks at everything', async () => {
    const findings = await hosts.check();
    expect(wrong(findings)).toEqual([]);
    const probes = new Set(
      findings.filter(({ subject }) => /^gravelines|^recovery/.test(subject)).map(({ probe }) => probe),
    );
    expect([...probes].sort()).toEqual(
      [
        ...[
          'reachable',
          'key',
          'identity',
          'clock',
          'login',
          'users',
          'interface',
          'route',
          'load',
          'cpu',
          'memory',
          'swap',
        ],
        ...[
          'uptime',
          'disk',
          'inodes',
          'noexec',
          'quota',
          'disk-health',
          'kill-user-processes',
          'programs',
          'processes',
        ],
        ...['listens', 'peer', 'room'],
      ]
        .map((probe) => `host.${probe}`)
        .concat(isRoot() ? ['host.sudo'] : [], [
          'database.client',
          'database.dump',
          'database.reachable',
          'database.replication',
          'database.version',
        ])
        .sort(),
    );
  });

  test.each(hostDefects.map((defects) => [defects.map(({ what }) => what).join('; '), defects] as const))(
    'each is named, and nothing else: %s',
    async (_, defects) => {
      const undo: (() => unknown)[] = [];
      try {
        for (const { inject } of defects) undo.push(await inject(hosts));
        const edits = defects.flatMap((defect) => defect.edits?.(hosts) ?? []);
        const named = defects.flatMap((defect) => defect.named);
        expect([...wrong(await hosts.check({ edits }))].sort()).toEqual([...named].sort());
      } finally {
        for (const back of undo.reverse()) await back();
      }
    },
  );

  test('without a datacentre contacts nothing in it, and says what is reached only through it', async () => {
    const findings = await hosts.check({ lost: ['roubaix'] });
    expect(wrong(findings)).toEqual(['warn host.reachable limburg']);
    expect(found(findings, 'host.direct limburg')).toBe('it answers past bastion, too');
    const skipped = findings
      .filter(({ status }) => status === 'skipped')
      .map(({ probe, subject }) => `${probe} ${subject}`);
    expect(skipped).toEqual(
      expect.arrayContaining(['host backup-odd', 'host bastion', 'host.peer gravelines:backup-odd']),
    );
  });

  test('is well again when all of it is taken back', async () => {
    expect(wrong(await hosts.check())).toEqual([]);
  });
});

describe('a whole check', () => {
  test('runs nothing on the hosts that is not on the list of what only reads, and leaves every file as it was', async () => {
    const before = await filesOf(hosts.context);
    const recorder = recordPrograms(hosts.context);
    const ended = await drp('check', '--site', 'gravelines', '--json');
    const commands = recorder.ended();
    expect(ended.report.findings.length).toBeGreaterThan(100);
    expect(commands.filter((command) => !isReadOnly(command))).toEqual([]);
    expect(new Set(commands.map(([name]) => name)).size).toBeGreaterThan(15);
    expect(before.length).toBeGreaterThan(100);
    expect(await filesOf(hosts.context)).toEqual(before);
  });

  test('says with its exit code what it found, for people and for monitoring', async () => {
    const check = (...args: readonly string[]) => drp('check', '--site', 'gravelines', ...args);
    const codes = async (...calls: readonly (readonly string[])[]): Promise<readonly number[]> =>
      (await Promise.all(calls.map((args) => check(...args)))).map(({ code }) => code);
    const reachable = ['--only', 'host.reachable', '--json'];
    expect(await codes(reachable, ['--lost', 'paris'], ['--only', 'nothing'])).toEqual([0, 2, 2]);
    const away = program(hosts.context, 'date', 'exec /usr/bin/date -d "3 minutes" "$@"');
    const [failed, critical] = await Promise.all([
      check('--only', 'host.clock', '--json'),
      check('--only', 'host.clock', '--format', 'nagios'),
    ]);
    away();
    expect(failed.code).toBe(1);
    expect(critical).toMatchObject({
      code: 2,
      out: expect.stringMatching(
        /^DRP gravelines CRITICAL: 1 failed, .* \| 'gravelines host.clock.offset_ms'=1[78]\d{4}ms;;2000/,
      ),
    });
    await hosts.lab.fault('link-refuse', 'backup-odd');
    expect(await codes(reachable)).toEqual([4]);
    await hosts.lab.fault('link-up', 'backup-odd');
  });

  test('watched, says everything once and then a line for each change, until Ctrl-C', async () => {
    const args = ['check', '--site', 'gravelines', '--only', 'host.clock', '--watch', '5s', '--no-color'];
    const watching = start(...args);
    await waitFor('the first look', async () => (watching.out().includes('Looks again') ? true : undefined));
    const away = program(hosts.context, 'date', 'exec /usr/bin/date -d "3 minutes" "$@"');
    await waitFor('the change', async () => (watching.out().includes('ok → FAIL') ? true : undefined));
    away();
    await waitFor('the change back', async () => (watching.out().includes('FAIL → ok') ? true : undefined));
    watching.interrupt();
    expect(await watching.code).toBe(130);
    const changes = watching
      .out()
      .split('\n')
      .filter((line) => line.includes(' → '));
    expect(changes).toEqual([
      expect.stringMatching(
        /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ {2}ok → FAIL {2}host.clock gravelines: .*ahead of this machine/,
      ),
      expect.stringMatching(/FAIL → ok {2}host.clock gravelines: /),
    ]);
  });
});
