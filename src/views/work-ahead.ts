import { formatDuration } from '../base/duration.ts';
import { timeLeft } from '../plan/copy-progress.ts';
import { isStraightOn } from '../plan/phases.ts';
import type { RunSummary, StepSummary } from './run-summary.ts';

/** From … to, ms. */
interface Range {
  readonly lowMs: number;
  readonly highMs: number;
}

const nothing: Range = { lowMs: 0, highMs: 0 };

/**
 * How much work a run has ahead, as a range: lanes run beside each other, phases one after another. People's time is no
 * part of it: nobody can know that. Undefined where the run has ended, left the straight way, or nothing is known.
 */
export function workAhead(summary: RunSummary, nowMs: number): string | undefined {
  if (summary.outcome !== undefined) return undefined;
  // A drill that left its way, whatever it left undone there, has only its clean-up ahead.
  const leaves = summary.procedure === 'drill' && /^(leaving|giving-way|abort)/.test(summary.at);
  const straight = summary.phases.filter(({ name }) => (leaves ? name === 'clean-up' : isStraightOn(name)));
  const aside = summary.phases.filter(({ name }) => !isStraightOn(name));
  const left = aside.some(({ steps }) => steps.some(({ state }) => state !== 'pending'));
  if (left) return undefined;
  const steps = straight.flatMap((phase) => phase.steps);
  const range = sum(straight.map((phase) => phaseAhead(phase.steps, nowMs)));
  if (range.highMs === 0) return undefined;
  const measured = steps.filter(({ estimate }) => estimate !== undefined).length;
  const from =
    measured === 0
      ? 'as the runbook expects'
      : `${String(measured)} of ${String(steps.length)} steps by drills and runs`;
  return `${rangeText(range)} of work, people's time not counted (${from})`;
}

function phaseAhead(steps: readonly StepSummary[], nowMs: number): Range {
  const lanes = [...new Set(steps.map(({ lane }) => lane))].map((lane) =>
    sum(steps.filter((step) => step.lane === lane).map((step) => stepAhead(step, nowMs))),
  );
  return {
    lowMs: Math.max(0, ...lanes.map(({ lowMs }) => lowMs)),
    highMs: Math.max(0, ...lanes.map(({ highMs }) => highMs)),
  };
}

/** What a step still takes: by its own progress where it moves bytes, else by what is expected of it. */
export function stepAhead(step: StepSummary, nowMs: number): Range {
  if (['done', 'skipped', 'stopped'].includes(step.state)) return nothing;
  const p50Ms = step.estimate?.p50Ms ?? step.expectMs ?? 0;
  const p90Ms = step.estimate?.p90Ms ?? step.expectMs ?? 0;
  if (step.state !== 'running' && step.state !== 'overdue') return { lowMs: p50Ms, highMs: p90Ms };
  const moving = step.progress === undefined ? undefined : timeLeft(step.progress, nowMs, step.estimate?.course);
  if (moving !== undefined) return { lowMs: moving.lowMs, highMs: moving.highMs };
  const spentMs = step.startedAt === undefined ? 0 : Math.max(0, nowMs - Date.parse(step.startedAt));
  return { lowMs: Math.max(0, p50Ms - spentMs), highMs: Math.max(0, p90Ms - spentMs) };
}

function sum(ranges: readonly Range[]): Range {
  return ranges.reduce((all, one) => ({ lowMs: all.lowMs + one.lowMs, highMs: all.highMs + one.highMs }), nothing);
}

function rangeText({ lowMs, highMs }: Range): string {
  const [low, high] = [formatDuration(lowMs), formatDuration(highMs)];
  return low === high ? `about ${low}` : `${low} to ${high}`;
}
