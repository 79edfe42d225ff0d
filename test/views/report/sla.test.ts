import { describe, expect, test } from '@jest/globals';
import type { Event } from '../../../src/events/event.ts';
import { instantOf, readOutages } from '../../../src/runbook/outages.ts';
import { reportOf } from '../../../src/views/report/model.ts';
import { outagesOf } from '../../../src/views/report/outages.ts';
import { quarterOf, slaOf, workingDaysBetween, type SlaRules, type ToldOutage } from '../../../src/views/report/sla.ts';
import { slaText } from '../../../src/views/sla-text.ts';
import { eventfulRun } from './eventful-run.ts';
import { recordedRun } from './journals.ts';

const quarter = quarterOf('2026Q2')!;
const rules: SlaRules = { noticeWorkingDays: 5, plannedPerQuarter: 1, holidays: [] };
const nowAt = '2026-12-31T00:00:00.000Z';
const told = (kind: ToldOutage['kind'], fromAt: string, toAt: string): ToldOutage => {
  return { kind, fromAt, toAt, source: 'test', what: '' };
};
const power = told('unplanned', '2026-05-01T00:00:00.000Z', '2026-05-01T01:00:00.000Z');
const unannounced = told('planned', '2026-05-05T00:00:00.000Z', '2026-05-05T04:00:00.000Z');
const stop = { ...unannounced, announcedAt: '2026-04-20T00:00:00.000Z' };

describe('the availability of a quarter', () => {
  test('the example of the policy: one hour unplanned and four planned in 2184 hours give 99.95 %', () => {
    const sla = slaOf(quarter, [power, stop], { rules: { ...rules, promise: 99_900 }, nowAt });
    expect(sla.totalMs).toBe(2184 * 3_600_000);
    expect(sla).toMatchObject({ plannedMs: 4 * 3_600_000, unplannedMs: 3_600_000, availability: '99.95' });
    expect(sla.promise).toEqual({ percent: '99.9', kept: true });
    expect(slaText('gravelines', sla, 100)).toMatchSnapshot();
  });

  test('a promise is not kept by rounding', () => {
    const sla = slaOf(quarter, [power, stop], { rules: { ...rules, promise: 99_955 }, nowAt });
    expect(sla.promise?.kept).toBe(false);
  });

  test.each([
    ['announced in time', '2026-04-27T09:00:00.000Z', 'planned'],
    ['announced one working day late', '2026-04-29T09:00:00.000Z', 'unplanned'],
  ])('a planned stop %s counts as it is promised', (_, announcedAt, countedAs) => {
    const late = { ...unannounced, announcedAt };
    expect(slaOf(quarter, [late], { rules, nowAt }).outages[0]?.countedAs).toBe(countedAs);
  });

  test('the second planned stop of a quarter counts as unplanned, unless the rules allow two', () => {
    const second = { ...stop, fromAt: '2026-06-05T00:00:00.000Z', toAt: '2026-06-05T04:00:00.000Z' };
    expect(slaOf(quarter, [second, stop], { rules, nowAt }).unplannedMs).toBe(4 * 3_600_000);
    expect(slaOf(quarter, [second, stop], { rules: { ...rules, plannedPerQuarter: 2 }, nowAt }).unplannedMs).toBe(0);
  });

  test('overlapping outages count once, and what is both planned and unplanned is unplanned', () => {
    const during = told('unplanned', '2026-05-05T03:00:00.000Z', '2026-05-05T05:00:00.000Z');
    const sla = slaOf(quarter, [stop, during, during], { rules, nowAt });
    expect(sla).toMatchObject({ plannedMs: 3 * 3_600_000, unplannedMs: 2 * 3_600_000 });
  });

  test('only what lies inside the quarter counts; an outage without an end goes on until now', () => {
    const before = told('unplanned', '2026-03-31T23:00:00.000Z', '2026-04-01T01:00:00.000Z');
    const { toAt: _, ...open } = told('unplanned', '2026-06-30T22:00:00.000Z', '');
    expect(slaOf(quarter, [before], { rules, nowAt }).unplannedMs).toBe(3_600_000);
    expect(slaOf(quarter, [open], { rules, nowAt }).unplannedMs).toBe(2 * 3_600_000);
    const early = slaOf(quarter, [open], { rules, nowAt: '2026-06-30T23:00:00.000Z' });
    expect(early).toMatchObject({ unplannedMs: 3_600_000, unfinished: true });
  });

  test('working days: not the day of the announcement, no weekend, no holiday', () => {
    expect(workingDaysBetween('2026-11-13T12:00:00.000Z', '2026-11-20T01:00:00.000Z')).toBe(5);
    expect(workingDaysBetween('2026-12-18T12:00:00.000Z', '2026-12-28T01:00:00.000Z', ['2026-12-25'])).toBe(5);
  });

  test.each(['2026Q0', '2026Q5', 'Q4', '2026'])('%s is no quarter', (name) => {
    expect(quarterOf(name)).toBeUndefined();
  });
});

describe('outages of runs', () => {
  test('a disaster ends with the green probe, a return has its frozen window, a called-off run is not proven', () => {
    expect(outagesOf(recordedRun('format-1-activation'))).toMatchObject([{ kind: 'unplanned', proven: true }]);
    expect(outagesOf(recordedRun('format-1-return'))).toMatchObject([{ kind: 'planned', proven: true }]);
    expect(outagesOf(eventfulRun([]))).toMatchObject([{ kind: 'unplanned', proven: false }]);
  });

  test('a green probe before users were sent back ends nothing', () => {
    const events = recordedRun('format-1-activation');
    const last = events.at(-1)!;
    const back = {
      ...last,
      type: 'step.done',
      data: { step: 'dns-back-to-production', key: 'x', output: {}, lines: [], state: {} },
    };
    const ended = { ...last, seq: last.seq + 1, type: 'run.ended', data: { outcome: 'switched-back' } };
    const switchedBack = [...events.slice(0, -1), back, ended] as Event[];
    expect(outagesOf(switchedBack)).toMatchObject([{ toAt: last.at, proven: false }]);
    expect(reportOf(switchedBack).objectives[0]).toMatchObject({ id: 'rto', verdict: 'not measured' });
    const aborted = [...events.slice(0, -1), { ...last, data: { outcome: 'aborted' } }] as Event[];
    expect(outagesOf(aborted)).toMatchObject([{ proven: true }]);
  });

  test('a run under way has no end', () => {
    expect(outagesOf(recordedRun('format-1-activation').slice(0, 9))[0]).not.toHaveProperty('toAt');
  });
});

describe('the file of outages', () => {
  test('holds outages, announcements, rules and holidays', () => {
    const text = `outages:
  - { from: '2026-11-03T01:00Z', to: '2026-11-03T02:00+01:00', what: power }
announced: { k3f9-2a7m: '2026-11-10' }
rules: { noticeWorkingDays: 3, promise: '99.8' }
holidays: ['2026-12-25']
`;
    expect(readOutages(text, 'o.yaml').told).toEqual({
      outages: [{ from: '2026-11-03T01:00:00.000Z', to: '2026-11-03T01:00:00.000Z', what: 'power', planned: false }],
      announced: { 'k3f9-2a7m': '2026-11-10T00:00:00.000Z' },
      rules: { noticeWorkingDays: 3, promise: '99.8' },
      holidays: ['2026-12-25'],
    });
  });

  test('names every problem with its line', () => {
    expect(() => readOutages('outages:\n  - { from: yesterday }\nrulez: {}\n', 'o.yaml')).toThrow(
      /o\.yaml:2: .*instant.*rulez/s,
    );
  });

  test('an instant without a zone is none', () => {
    expect(instantOf('2026-11-03T01:00')).toBeUndefined();
    expect(instantOf('2026-11-03T01:00+02:00')).toBe('2026-11-02T23:00:00.000Z');
  });
});
