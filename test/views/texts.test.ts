import { describe, expect, test } from '@jest/globals';
import { stripVTControlCharacters } from 'node:util';
import { stationsOf } from '../../src/cli/stations.ts';
import { statementText } from '../../src/gates/statement.ts';
import { planDuration } from '../../src/plan/critical-path.ts';
import { auditText } from '../../src/views/audit-text.ts';
import { printable } from '../../src/views/escape.ts';
import { gateText } from '../../src/views/gate-text.ts';
import { columns } from '../../src/views/layout.ts';
import { obligationsText } from '../../src/views/obligations-text.ts';
import { planText } from '../../src/views/plan-text.ts';
import { runSummary } from '../../src/views/run-summary.ts';
import { runsText } from '../../src/views/runs-text.ts';
import { statusText } from '../../src/views/status-text.ts';
import { createStyle, plainStyle } from '../../src/views/style.ts';
import { beganAt, interruptedActivation, plan } from './recorded-run.ts';
import { recordedRun } from './report/journals.ts';

const nowMs = Date.parse(beganAt) + 600_000;
const events = interruptedActivation();
const summary = runSummary(events)!;
const site = { site: 'gravelines', serving: 'production', obligations: [] } as const;
const { criticalPath, expectMs, sequentialMs } = planDuration(plan);

function texts(width: number): Readonly<Record<string, string>> {
  const view = { width, style: plainStyle, nowMs };
  const gate = summary.gates.find((one) => one.id === 'import')!;
  return {
    plan: planText(
      { ...plan, digest: 'd'.repeat(64), runbook: { file: '/r/gravelines.yaml', sha256: 'c'.repeat(64) } },
      { ...view, stations: stationsOf(plan), critical: { steps: criticalPath, ms: expectMs, sequentialMs } },
    ),
    status: statusText(summary, { ...view, journal: 'sqlite:/j', site, driven: 'not-driven' }),
    gate: gateText(gate.statement!, { ...view, digest: gate.digest!, journal: 'sqlite:/j' }).replace(
      /plan [0-9a-f]{12}/,
      'plan PLANDIGEST',
    ),
    runs: runsText([summary], nowMs),
    obligations: obligationsText(summary.obligations, width),
    audit: auditText(events, width).replace(/plan [0-9a-f]{12}/, 'plan PLANDIGEST'),
  };
}

describe.each([80, 120])('texts at %i columns', (width) => {
  test.each(['status', 'gate', 'runs', 'obligations', 'audit'])('%s reads as it did', (name) => {
    expect(texts(width)[name]).toMatchSnapshot();
  });

  test.each(Object.keys(texts(width)))('%s holds no line wider than the screen that could be broken', (name) => {
    const wide = texts(width)
      [name]!.split('\n')
      .filter((line) => columns(line) > width && line.trim().split(/\s+/).length > 2);
    // Commands to type and tables stay on one line, so that they can be copied.
    expect(wide.filter((line) => !/drp |^ {2}\S.*\bby\b|^RUN|^k3f9|files:|Statement/.test(line))).toEqual([]);
  });
});

test('a plan says what its lanes save by running beside each other', () => {
  const planned = texts(120)
    ['plan']!.split('\n')
    .map((line) => line.replaceAll(/\s+/g, ' ').trim());
  expect(planned).toContain(
    'Overlap 1 h 01 min saved by lanes beside each other; step after step it would take 3 h 49 min',
  );
});

test('a gate shows the statement byte for byte as the record keeps it, and colours add nothing but themselves', () => {
  const gate = summary.gates.find((one) => one.id === 'import')!;
  const evidence = [
    { id: 'a', title: 'wide '.repeat(40).trim(), severity: 'red', lines: ['RED not a mark', 'x'.repeat(200), 'a\nb'] },
    { id: 'c', title: 'a line end\nok         all is fine', severity: 'red', lines: [] },
    { id: 'b', title: 'fine', severity: 'ok', lines: ['word '.repeat(50)] },
  ] as const;
  const statement = { ...gate.statement!, evidence };
  const kept = printable(statementText(statement));
  for (const width of [60, 80, 120]) {
    for (const style of [plainStyle, createStyle(true)]) {
      const view = { width, style, nowMs, digest: gate.digest!, journal: 'sqlite:/j' };
      expect(stripVTControlCharacters(gateText(statement, view))).toContain(kept);
    }
  }
  expect(kept.match(/^(ok|RED|ATTENTION) .*/gm)?.map((line) => line.slice(0, 22))).toEqual([
    'RED        wide wide w',
    'RED        a line end\\n'.slice(0, 22),
    'ok         fine',
  ]);
  expect(kept.split('\n').filter((line) => columns(line) > 80)).toEqual([`           ${'x'.repeat(200)}`]);
});

test('the plan names every step and gate of the procedure once, in the order of its skeleton', () => {
  const text = texts(100)['plan']!;
  const steps = Object.values(plan.phases).flatMap((lanes) => lanes.flatMap((lane) => lane.steps));
  for (const step of steps.filter((one) => one.kind !== 'gate')) expect(text).toContain(`${step.id}: ${step.title}`);
  for (const gate of Object.values(plan.gates)) expect(text.split(`GATE ${gate.id}:`)).toHaveLength(2);
  const order = [
    'GATE declaration',
    'FENCING',
    'GATE restoration',
    'RESTORATION',
    'GATE switchover',
    'SWITCHOVER',
    'WAYS BACK',
    'GATE unserved',
  ];
  const places = order.map((word) => text.indexOf(word));
  expect(places).toEqual([...places].sort((a, b) => a - b));
  expect(places).not.toContain(-1);
});

test('nothing that came from another machine reaches the terminal as a control or a reordering', () => {
  for (const text of Object.values(texts(100))) expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e\u200b]/u);
  expect(texts(100)['gate']).toContain('\\u{202e}evil\\u{1b}[2J');
});

test('status lists the gates in the order they were answered, and a step without a host on none', () => {
  const whole = runSummary(recordedRun('format-1-activation'))!;
  const said = statusText(whole, { width: 80, style: plainStyle, nowMs, journal: 'sqlite:/j', site });
  const passed = whole.gates.filter(({ state }) => state === 'passed');
  const inTime = passed.toSorted((one, other) => one.answers.at(-1)!.at.localeCompare(other.answers.at(-1)!.at));
  expect(inTime.length).toBeGreaterThan(1);
  const places = inTime.map(({ id }) => said.indexOf(`+ ${id} `));
  expect(places).toEqual(places.toSorted((one, other) => one - other));
  expect(texts(80)['status']).not.toContain('on no host');
});

test('a return whose users cannot write says since when', () => {
  const view = { width: 80, style: plainStyle, nowMs, journal: 'sqlite:/j', site };
  expect(statusText(summary, { ...view, frozenSinceAt: beganAt })).toMatch(
    / frozen +users cannot write since .* \(10 min 00 s\)/,
  );
  expect(statusText(summary, view)).not.toContain('frozen');
});

test('a note that is a whole log is told by its beginning, and no line of a narrow status is too wide', () => {
  const view = { width: 40, style: plainStyle, nowMs, journal: 'sqlite:/j', site };
  const notes = [{ at: beganAt, person: 'otto', text: 'fan of rack 3 is loud\n'.repeat(5_000) }];
  const said = statusText({ ...summary, notes }, view);
  expect(said).toContain('fan of rack 3 is loud');
  expect(said.replaceAll(/\s+/g, ' ')).toContain('… (whole: drp audit show)');
  expect(said.length).toBeLessThan(10_000);
  for (const line of said.split('\n')) expect(line.trim().includes(' ') && line.length > 40 ? line : '').toBe('');
});

test('what an activation that was left would have cost is not told as lost', () => {
  const view = { width: 100, style: plainStyle, nowMs, journal: 'sqlite:/j', site };
  const losses = { filesMs: 3_600_000 };
  expect(statusText({ ...summary, losses, outcome: 'aborted' }, view)).toMatch(/loss .*; had the run completed$/m);
  expect(statusText({ ...summary, losses, outcome: 'completed' }, view)).not.toContain('had the run completed');
});
