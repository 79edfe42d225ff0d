import { describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import type { CheckReport, DatedFinding } from '../../src/checks/verdict.ts';
import { checkJunit } from '../../src/views/check-junit.ts';
import { checkNagios } from '../../src/views/check-nagios.ts';
import { checkPrometheus } from '../../src/views/check-prometheus.ts';
import { changeLine, checkText } from '../../src/views/check-text.ts';
import { columns } from '../../src/views/layout.ts';
import { plainStyle } from '../../src/views/style.ts';

const at = '2026-11-21T22:00:00.000Z';
const findings: readonly DatedFinding[] = [
  { probe: 'host.clock', subject: 'limburg', status: 'ok', found: 'as on this machine, to 0.1 s', since: at },
  {
    probe: 'host.disk',
    subject: 'gravelines:/srv',
    status: 'fail',
    found: '93 % of 100 GB used, 7 GB free',
    threshold: 'limit 90 %',
    advice: 'Make room on gravelines: du -xh --max-depth=2 /srv | sort -h | tail.',
    metrics: [
      { name: 'used_percent', value: 93, fail: 90 },
      { name: 'free_bytes', value: 7_000_000_000 },
    ],
    since: '2026-11-21T19:55:00.000Z',
  },
  ...['backup-even', 'backup-odd'].map((subject) => ({
    probe: 'host.programs',
    subject,
    status: 'warn' as const,
    found: 'rsync is 3.0.9',
    threshold: 'at least 3.1.3',
    advice: 'Install it.',
    since: at,
  })),
  {
    probe: 'dns.answers',
    subject: 'ns2',
    status: 'unknown',
    found: 'it is silent \u001b[31m',
    advice: 'Ask ns2.',
    since: at,
  },
  { probe: 'host.disk-health', subject: 'limburg', status: 'skipped', found: 'smartctl is not installed', since: at },
];
const report = (given: Partial<CheckReport> = {}): CheckReport => ({
  site: 'gravelines',
  at,
  durationMs: 1_234,
  lost: [],
  findings,
  ...given,
});
const view = { width: 80, style: plainStyle, all: false };

describe('the table', () => {
  test('says the worst first, each with its age and what to do, what is shared once, and what is well in few words', () => {
    expect(checkText(report(), view)).toBe(`Site gravelines  1 FAILED · 1 not known · 2 warnings · 1 ok
2026-11-21 22:00:00Z, 1.2 s

FAIL     host.disk  gravelines:/srv  for 2 h 05 min
         93 % of 100 GB used, 7 GB free (limit 90 %)
         → Make room on gravelines: du -xh --max-depth=2 /srv | sort -h | tail.

UNKNOWN  dns.answers  ns2
         it is silent \\u{1b}[31m
         → Ask ns2.

WARN     host.programs  backup-even, backup-odd
         rsync is 3.0.9 (at least 3.1.3)
         → Install it.

ok       host    1  limburg
skipped  limburg: smartctl is not installed`);
  });

  test('keeps within the width of the terminal, however many things there are', () => {
    const many = Array.from({ length: 40 }, (_, one) => ({
      ...(findings[0] as DatedFinding),
      subject: `host-number-${String(one)}`,
      status: one % 2 === 0 ? ('ok' as const) : ('fail' as const),
      advice: 'Look at it, and then look at it again, until it is well or somebody who knows has come.',
    }));
    for (const width of [50, 80, 120]) {
      const lines = checkText(report({ findings: many }), { ...view, width }).split('\n');
      expect(lines.filter((line) => columns(line) > width)).toEqual([]);
    }
  });

  test('has a line for each thing that is well where all are asked for', () => {
    const wide = { ...view, width: 120, all: true };
    expect(checkText(report(), wide)).toContain('ok  host.clock  limburg  as on this machine, to 0.1 s');
    expect(checkText(report(), { ...view, all: true })).toContain('ok  host.clock  limburg: as on this machine');
  });

  test('is never wider than the terminal, also with all of it; a pipe gets a line each', () => {
    const found = 'anne, vera can pass it (authoriser or approver, ssh-key, not the starter, one person to spare)';
    const long = { probe: 'people.gate', subject: 'activation switchover', status: 'ok', found, since: at } as const;
    for (const width of [60, 80, 120]) {
      const lines = checkText(report({ findings: [...findings, long] }), { ...view, width, all: true }).split('\n');
      expect(lines.filter((line) => columns(line) > width)).toEqual([]);
    }
    const piped = checkText(report({ findings: [...findings, long] }), { ...view, all: true, piped: true });
    expect(piped.split('\n')).toContainEqual(`ok  people.gate  activation switchover  ${found}`);
  });

  test('says that a datacentre is taken as gone', () => {
    const left = { probe: 'lost.data', subject: 'files', status: 'ok', found: '23 h of files', since: at } as const;
    const said = checkText(report({ lost: ['limburg'], findings: [...findings, left] }), view);
    const fails = { probe: 'lost.desks', subject: 'desk', status: 'fail', found: 'it would burn', since: at } as const;
    const order = checkText(report({ lost: ['limburg'], findings: [...findings, left, fails] }), view);
    const places = ['lost.desks', 'lost.data', 'host.disk '].map((probe) => order.indexOf(probe));
    expect(places).toEqual(places.toSorted((one, other) => one - other));
    expect(said).toContain('As if limburg were gone');
    // The answer to the question, though nothing is wrong with it.
    expect(said).toContain('ok       lost.data  files\n         23 h of files');
  });

  test('a change is one line', () => {
    const [, disk] = findings as readonly [DatedFinding, DatedFinding];
    expect(changeLine({ before: 'ok', finding: disk }, at, plainStyle)).toBe(
      '2026-11-21 22:00:00Z  ok → FAIL  host.disk gravelines:/srv: 93 % of 100 GB used, 7 GB free (limit 90 %)' +
        ' → Make room on gravelines: du -xh --max-depth=2 /srv | sort -h | tail.',
    );
  });
});

describe('for Nagios', () => {
  test('one line with the state, what is wrong and performance data, details below', () => {
    const { text, exitCode } = checkNagios(report());
    expect(exitCode).toBe(2);
    const [first, ...details] = text.split('\n');
    expect(first).toBe(
      'DRP gravelines CRITICAL: 1 failed, 1 unknown, 2 warnings, 1 ok - gravelines:/srv host.disk: 93 % of 100 GB used, 7 GB free;' +
        ' ns2 dns.answers: it is silent \\u{1b}[31m; backup-even, backup-odd host.programs: rsync is 3.0.9' +
        " | 'gravelines:/srv host.disk.used_percent'=93%;;90 'gravelines:/srv host.disk.free_bytes'=7000000000B",
    );
    expect(details).toEqual([
      'CRITICAL gravelines:/srv host.disk: 93 % of 100 GB used, 7 GB free (limit 90 %)' +
        ' - Make room on gravelines: du -xh --max-depth=2 /srv ¦ sort -h ¦ tail.',
      'UNKNOWN ns2 dns.answers: it is silent \\u{1b}[31m - Ask ns2.',
      'WARNING backup-even, backup-odd host.programs: rsync is 3.0.9 (at least 3.1.3)',
    ]);
    // A bar would begin performance data.
    expect(details.join('\n')).not.toContain('|');
  });

  test.each([
    ['ok', 0],
    ['warn', 1],
    ['fail', 2],
    ['unknown', 3],
  ] as const)('%s ends with %d', (status, code) => {
    expect(checkNagios(report({ findings: findings.filter((one) => one.status === status) })).exitCode).toBe(code);
  });

  test('a limit that is the least that is well is a range that ends there', () => {
    const metrics = [{ name: 'left_days', value: 29, warn: 21, fail: 7, least: true as const }];
    const said = checkNagios(report({ findings: [{ ...(findings[0] as DatedFinding), metrics }] })).text;
    expect(said).toContain("left_days'=29;21:;7:");
  });

  test('many faults of many kinds are twelve lines and how many more there are', () => {
    const many = Array.from({ length: 40 }, (_, one) => ({ ...(findings[1] as DatedFinding), found: `fault ${one}` }));
    const lines = checkNagios(report({ findings: many })).text.split('\n');
    expect(lines).toHaveLength(14);
    expect(lines.at(-1)).toBe('28 more: drp check --site gravelines');
  });

  test('says no more than monitoring takes, however much is wrong', () => {
    const many = Array.from({ length: 500 }, (_, one) => ({
      ...(findings[1] as DatedFinding),
      subject: `host-${String(one)}`,
    }));
    const apart = many.map((one, at) => ({ ...one, found: `${String(at)} ${'größer '.repeat(60)}` }));
    for (const wrong of [many, apart])
      expect(Buffer.byteLength(checkNagios(report({ findings: wrong })).text)).toBeLessThanOrEqual(8_192);
  });
});

test('for Prometheus: a status each, a number each, no series twice', () => {
  const text = checkPrometheus(report({ findings: [...findings, ...findings] }));
  expect(text).toContain('drp_check_status{site="gravelines",probe="host.disk",subject="gravelines:/srv"} 2\n');
  expect(text).toContain('# TYPE drp_check_host_disk_used_percent gauge\n');
  expect(text).toContain(
    'drp_check_host_disk_used_percent{site="gravelines",probe="host.disk",subject="gravelines:/srv"} 93\n',
  );
  const series = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  expect(new Set(series.map((line) => line.slice(0, line.lastIndexOf(' ')))).size).toBe(series.length);
  for (const line of series) expect(line).toMatch(/^[a-z_:][a-zA-Z0-9_:]*\{([a-z]+="[^"\n]*",?)+\} -?[0-9.e+]+$/);
});

test('as JUnit: a suite a kind of thing, well-formed whatever is in the texts', () => {
  const nasty = { ...(findings[1] as DatedFinding), found: '<&"> \u0000 ]]> \u001b \uffff \ud800' };
  const xml = checkJunit(report({ findings: [...findings, nasty] }));
  expect(xml).toContain('<testsuites name="drp check --site gravelines" tests="7" failures="2" errors="1" skipped="1"');
  expect(xml).toContain('<testsuite name="dns" tests="1" failures="0" errors="1" skipped="0"');
  expect(xml).toContain('<testcase classname="host.clock" name="limburg"/>');
  const parsed = spawnSync('python3', ['-c', 'import sys, xml.dom.minidom as m; m.parse(sys.stdin.buffer)'], {
    input: xml,
  });
  if (parsed.error === undefined) expect(parsed.stderr.toString()).toBe('');
});
