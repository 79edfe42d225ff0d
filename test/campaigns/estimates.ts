import type { Event } from '../../src/events/event.ts';
import { runFacts } from '../../src/executor/facts.ts';
import { estimatesFor, timingsOf } from '../../src/executor/timings-of-site.ts';
import { frozenPlan } from '../../src/plan/frozen-plan.ts';
import { runSummary } from '../../src/views/run-summary.ts';
import { stepAhead } from '../../src/views/work-ahead.ts';
import { drive, driveToEnd, openStage, type Stage } from '../e2e/stage.ts';
import type { Campaign, Failure } from './campaign.ts';

const drill = ['drill', '--site', 'gravelines', '--ordered-by', 'anne', '--ordered-how', 'yearly plan'];
const copy = 'copy-files';
/** A copy of some fifteen seconds: several streams, then one, as over a long line. */
const line = { bytesPerSecond: 600_000, delayMs: 20 };
const mark = 0.5;
/** Of the time that was left at the mark. */
const offMost = 0.2;

type Run = readonly Event[];

export const campaign: Campaign = {
  name: 'estimates',
  promise:
    'from the fourth drill on, the time left that is said when half of a copy has come is within 20 %, also where it was resumed',
  run: async ({ log, short, shard }) => {
    const stage = await openStage({ tickets: false, recovery: 'stale', filesBytes: 20_000_000 });
    const failures: Failure[] = [];
    const figures: Record<string, number> = {};
    try {
      await stage.lab.fault('link-slow', 'backup-odd', String(line.bytesPerSecond), String(line.delayMs));
      const before: Run[] = [];
      while (before.length < (short ? 1 : 3)) before.push(await stage.events(await driveToEnd(stage, drill)));
      const seen: readonly (readonly [string, () => Promise<Run>])[] = [
        ['undisturbed', async () => stage.events(await driveToEnd(stage, drill))],
        ['killed and resumed', () => killedInCopy(stage)],
      ];
      for (const [name, walk] of seen.filter((_, at) => at % shard.of === shard.index - 1)) {
        const run = await walk();
        const { saidMs, leftMs } = leftAtMark(run, before);
        const off = Math.round((100 * (saidMs - leftMs)) / leftMs);
        figures[`${name}: % off`] = off;
        const why = `said ${String(Math.round(saidMs))} ms left, ${String(leftMs)} ms were`;
        log(`  ${name}: ${why} (${String(off)} %)`);
        if (Math.abs(off) > 100 * offMost) failures.push({ case: name, why });
        before.push(run);
      }
    } finally {
      await stage.end();
    }
    return { cases: Object.keys(figures).length, failures, figures };
  },
};

/** A drill whose driver dies in the copy, before the mark, and is resumed at once. */
async function killedInCopy(stage: Stage): Promise<Run> {
  const driver = drive(stage, drill);
  await driver.line(/step started: copy-files/);
  const run = /^run (\S+),/m.exec(driver.output())?.[1] ?? '';
  while (!(await stage.events(run)).some((event) => event.type === 'step.progressed' && event.data.step === copy));
  driver.child.kill('SIGKILL');
  await driver.ended;
  const code = await drive(stage, ['resume', '--run', run]).ended;
  if (code !== 0) throw new Error(`the resumed drill ended with ${String(code)}`);
  return await stage.events(run);
}

/** The time left of the copy at the first report from the mark on: the middle of what an operator would have read, and what it was. */
function leftAtMark(run: Run, before: readonly Run[]): { readonly saidMs: number; readonly leftMs: number } {
  const [began] = run;
  const done = run.find((event) => event.type === 'step.done' && event.data.step === copy);
  const report = run.find(
    (event) =>
      event.type === 'step.progressed' &&
      event.data.step === copy &&
      event.data.totalBytes > 0 &&
      event.data.doneBytes >= mark * event.data.totalBytes,
  );
  if (began?.type !== 'run.began' || done === undefined || report === undefined)
    throw new Error('the copy left no trace in the record');
  const plan = frozenPlan(began);
  const known = run.filter(({ seq }) => seq <= report.seq);
  const estimates = estimatesFor(plan, { timings: timingsOf(plan, before) }, runFacts(known));
  const steps = runSummary(known, estimates)?.phases.flatMap((phase) => phase.steps) ?? [];
  const step = steps.find(({ id }) => id === copy);
  if (step === undefined) throw new Error('the summary knows no copy');
  const nowMs = Date.parse(report.at);
  const { lowMs, highMs } = stepAhead(step, nowMs);
  return { saidMs: (lowMs + highMs) / 2, leftMs: Date.parse(done.at) - nowMs };
}
