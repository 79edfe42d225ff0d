import { describe, expect, test } from '@jest/globals';
import { bytesPerSecond, nextProgress, timeLeft, type MovedBytes } from '../../src/plan/copy-progress.ts';
import { estimatedDuration, quantile, stepEstimates } from '../../src/plan/estimates.ts';
import { stepTimings } from '../../src/plan/timings.ts';
import { changed } from '../proof/gravelines.ts';
import { recorded } from '../views/recorded-run.ts';

const plan = changed('activation', () => undefined);
const startMs = Date.parse('2026-11-21T14:00:00.000Z');
const megabyte = 1e6;

/** Reports of a copy every 10 s, as the journal keeps them; `rate` in bytes a second at a moment. */
interface Course {
  readonly totalBytes: number;
  readonly thereBytes?: number;
  readonly rate: (second: number) => number;
  readonly tailSeconds: number;
  readonly measuringSeconds?: number;
}

interface Report {
  readonly second: number;
  readonly doneBytes: number;
  readonly totalBytes: number;
}

function reports({ totalBytes, thereBytes = 0, rate, tailSeconds, measuringSeconds = 0 }: Course): {
  readonly series: readonly Report[];
  readonly seconds: number;
} {
  const series: Report[] = [];
  let doneBytes = thereBytes;
  let second = 0;
  for (; second < measuringSeconds; second += 10) series.push({ second, doneBytes: 0, totalBytes: 0 });
  for (; doneBytes < totalBytes; second += 1) {
    if (second % 10 === 0) series.push({ second, doneBytes: Math.round(doneBytes), totalBytes });
    doneBytes += rate(second);
  }
  series.push({ second, doneBytes: totalBytes, totalBytes });
  return { series, seconds: second + tailSeconds };
}

const at = (second: number) => new Date(startMs + second * 1000).toISOString();

function drillOf(course: Course) {
  const { series, seconds } = reports(course);
  const progressed = series.map(({ second, doneBytes, totalBytes }) => ({
    at: second,
    draft: {
      type: 'step.progressed',
      by: 'drp',
      data: { step: 'copy-files', key: '4.copy-files', doneBytes, totalBytes, text: '' },
    },
  }));
  const drafts = [
    { type: 'run.began', by: 'otto', data: { mode: 'drill', plan, procedure: 'drill', version: '0', site: plan.site } },
    {
      type: 'effect.started',
      by: 'drp',
      data: { key: '4.copy-files', id: 'copy-files', source: 'step', attempt: 1, commands: [] },
    },
    ...progressed.map(({ draft }) => draft),
    {
      type: 'step.done',
      by: 'drp',
      data: {
        step: 'copy-files',
        key: '4.copy-files',
        output: { bytes: course.totalBytes, files: 100 },
        lines: [],
        state: '',
      },
    },
  ];
  const moments = [0, 0, ...series.map(({ second }) => second), seconds];
  return recorded(drafts as never).map((event, index) => ({ ...event, at: at(moments[index] ?? 0) }));
}

/** What the fourth would be said to take in all, at the first report from this share of the whole on. */
function saidAt(share: number, drills: readonly Course[], fourth: Course): { said: number; took: number } {
  const timings = drills.flatMap((course) => stepTimings(drillOf(course)));
  const size = new Map([['copy-files', { bytes: fourth.totalBytes, files: 100 }]]);
  const course = stepEstimates(plan, timings, size).get('copy-files')!.course!;
  const { series, seconds } = reports(fourth);
  let progress: MovedBytes | undefined;
  for (const report of series) {
    progress = nextProgress(progress, report, at(report.second));
    if (report.doneBytes < share * fourth.totalBytes || report.totalBytes === 0) continue;
    const left = timeLeft(progress, startMs + report.second * 1000, course)!;
    return { said: report.second + left.ms / 1000, took: seconds };
  }
  throw new Error('never got there');
}

/** The same pseudo-random wobble every time. */
function wobbling(mean: number, seed: number): (second: number) => number {
  return (second) => mean * (1 + 0.35 * Math.sin(second / 7 + seed) + 0.15 * Math.sin(second * 1.7 + seed * 3));
}

const drills: readonly Course[] = [1, 2, 3].map((seed) => ({
  totalBytes: 2_000 * megabyte,
  rate: wobbling(5 * megabyte, seed),
  tailSeconds: 55 + 5 * seed,
  measuringSeconds: 20,
}));

describe('after three drills, at the 20 % mark of the fourth copy', () => {
  test.each<readonly [string, Partial<Course>]>([
    ['at the same speed', { rate: wobbling(5 * megabyte, 9) }],
    ['over a link a third slower', { rate: wobbling(3.4 * megabyte, 4) }],
    ['over a link a third quicker', { rate: wobbling(6.6 * megabyte, 5) }],
    ['twice as big', { totalBytes: 4_000 * megabyte, tailSeconds: 130 }],
    ['half as big', { totalBytes: 1_000 * megabyte, tailSeconds: 33 }],
  ])('the estimate is within 15 %%: %s', (_, more) => {
    const { said, took } = saidAt(0.2, drills, { ...drills[0]!, ...more });
    expect(Math.abs(said - took) / took).toBeLessThan(0.15);
  });

  test.each([0.05, 0.1, 0.15, 0.19])('it is, too, resumed with %d of the bytes there already', (there) => {
    const resumed: Course = {
      ...drills[0]!,
      thereBytes: there * 2_000 * megabyte,
      rate: wobbling(4.5 * megabyte, 11),
      measuringSeconds: 40,
    };
    const { said, took } = saidAt(0.2, drills, resumed);
    expect(Math.abs(said - took) / took).toBeLessThan(0.15);
  });

  test('it is, too, where the rest of a resumed copy runs over a slower link', () => {
    const resumed: Course = { ...drills[0]!, thereBytes: 200 * megabyte, rate: wobbling(3.5 * megabyte, 2) };
    const { said, took } = saidAt(0.2, drills, resumed);
    expect(Math.abs(said - took) / took).toBeLessThan(0.15);
  });
});

describe('the rate of a copy', () => {
  const series = (...points: readonly (readonly [number, number, number?])[]): MovedBytes =>
    points.reduce<MovedBytes | undefined>(
      (before, [second, doneBytes, totalBytes = 1000]) => nextProgress(before, { doneBytes, totalBytes }, at(second)),
      undefined,
    )!;

  test('does not count what lay there before anything was known of the whole', () => {
    expect(bytesPerSecond(series([0, 0, 0], [30, 800], [40, 820], [50, 840]))).toBe(2);
  });

  test('does not count a leap over what is there already', () => {
    expect(bytesPerSecond(series([0, 0], [10, 20], [20, 40], [30, 800], [40, 820]))).toBeCloseTo(2);
  });

  test('takes a speed that stays for what it is', () => {
    const quick = series([0, 0], [10, 20], [20, 40], [30, 240], [40, 440], [50, 640]);
    expect(bytesPerSecond(quick)).toBeCloseTo(20);
  });

  test('begins anew where less is there than before', () => {
    expect(bytesPerSecond(series([0, 0], [10, 400], [20, 100], [30, 150]))).toBe(5);
  });
});

describe('estimates of steps', () => {
  const timing = (step: string, ms: number, more: object = {}) => ({
    step,
    kind: step === 'copy-files' ? 'copy' : 'http',
    run: 'r',
    endedAt: at(0),
    ms,
    bytes: 0,
    files: 0,
    whole: true,
    ...more,
  });

  test('rest on what drills and runs took, else on what the runbook expects', () => {
    const found = stepEstimates(plan, [
      timing('verify-recovery', 10),
      timing('verify-recovery', 20),
      timing('verify-recovery', 60),
    ]);
    expect(found.get('verify-recovery')).toEqual({ step: 'verify-recovery', p50Ms: 20, p90Ms: 52, samples: 3 });
    expect(found.get('copy-files')).toMatchObject({ p50Ms: 9_000_000, p90Ms: 9_000_000, samples: 0 });
  });

  test('grow with the bytes and files of a copy, not with those of a page that is looked at', () => {
    const sizes = new Map([
      ['copy-files', { bytes: 2e9, files: 0 }],
      ['verify-recovery', { bytes: 2e9, files: 0 }],
    ]);
    const timings = [timing('copy-files', 1000, { bytes: 1e9 }), timing('verify-recovery', 1000, { bytes: 1e9 })];
    const found = stepEstimates(plan, timings, sizes);
    expect(found.get('copy-files')!.p50Ms).toBe(2000);
    expect(found.get('verify-recovery')!.p50Ms).toBe(1000);
  });

  test('leave out a try that found bytes there, and one nobody looked at, while whole ones are known', () => {
    const found = stepEstimates(plan, [timing('copy-files', 1000), timing('copy-files', 1, { whole: false })]);
    expect(found.get('copy-files')!.p50Ms).toBe(1000);
    expect(stepEstimates(plan, [timing('copy-files', 1, { whole: false })]).get('copy-files')!.p50Ms).toBe(1);
  });

  test('take no time from what a drill only said it would do', () => {
    const simulated = { ...timing('verify-recovery', 1), kind: 'simulate' };
    expect(stepEstimates(plan, [simulated]).get('verify-recovery')!.samples).toBe(0);
  });

  test('make the length of the plan a range', () => {
    const timings = [1000, 2000, 3000].map((ms) => timing('copy-files', ms));
    const { p50Ms, p90Ms } = estimatedDuration(plan, stepEstimates(plan, timings));
    expect(p90Ms).toBeGreaterThanOrEqual(p50Ms);
  });

  test('quantiles lie between what was seen', () => {
    expect([quantile([3, 1, 2], 0.5), quantile([1, 2], 0.9), quantile([7], 0.9)]).toEqual([2, 1.9, 7]);
  });
});
