import { formatDuration, formatSize } from '../base/duration.ts';
import { bytesPerSecond, timeLeft } from '../plan/copy-progress.ts';
import type { Course } from '../plan/timings.ts';
import { printableLine } from './escape.ts';
import type { StepProgress, StepSummary } from './run-summary.ts';

/** How far a step is: bytes, rate, time left as a range, time since anything was heard. Empty where nothing is known. */
export function progressText(progress: StepProgress, nowMs: number, course?: Course): string {
  const { doneBytes, totalBytes, text, at } = progress;
  const parts: string[] = [];
  if (totalBytes > 0) {
    const percent = Math.min(100, Math.floor((100 * doneBytes) / totalBytes));
    parts.push(`${formatSize(doneBytes)} of ${formatSize(totalBytes)} (${percent} %)`);
  } else if (doneBytes > 0) {
    parts.push(formatSize(doneBytes));
  }
  const rate = bytesPerSecond(progress);
  if (rate > 0) parts.push(`${formatSize(Math.round(rate))}/s`);
  const left = timeLeft(progress, nowMs, course);
  if (left !== undefined) parts.push(leftText(left));
  const silentMs = nowMs - Date.parse(at);
  if (silentMs >= 10_000) parts.push(`silent for ${formatDuration(silentMs)}`);
  if (text !== '') parts.push(printableLine(text));
  return parts.join(', ');
}

/** `20 min 00 s to 30 min 00 s left`: rates of copies vary, one number would be a promise nobody can keep. */
function leftText(left: { readonly lowMs: number; readonly highMs: number }): string {
  const from = coarse(left.lowMs);
  const to = coarse(left.highMs);
  return from === to ? `about ${formatDuration(to)} left` : `${formatDuration(from)} to ${formatDuration(to)} left`;
}

/** Rounded to what a person can use: 5 s under a minute or two, else minutes. */
function coarse(ms: number): number {
  const stepMs = ms < 120_000 ? 5_000 : 60_000;
  return Math.max(stepMs, Math.round(ms / stepMs) * stepMs);
}

/** One step in a few words: what it is at, since when, against what was expected. */
export function stepStateText(step: StepSummary, nowMs: number): string {
  const since = step.sinceAt === undefined ? 0 : nowMs - Date.parse(step.sinceAt);
  const expected = step.expectMs === undefined ? '' : ` (expected ${formatDuration(step.expectMs)})`;
  switch (step.state) {
    case 'pending':
      return 'waits for its turn';
    case 'running':
      return `running for ${formatDuration(runningMs(step, nowMs))}${expected}`;
    case 'overdue':
      return `OVERDUE: running for ${formatDuration(runningMs(step, nowMs))}${expected}`;
    case 'backoff':
      return `attempt ${step.attempts} failed, tries again by itself`;
    case 'stopping':
      return 'being stopped';
    case 'stop-failed':
      return 'could not be stopped';
    case 'stopped':
      return 'stopped before its end';
    case 'failed':
      return `FAILED ${formatDuration(since)} ago`;
    case 'in-doubt':
      return `IN DOUBT for ${formatDuration(since)}`;
    case 'done':
      if (step.kind === 'simulate') return 'EXERCISE: simulated, not done';
      return step.decidedBy === undefined
        ? `done in ${formatDuration(tookMs(step))}`
        : `done by hand (${step.decidedBy})`;
    case 'skipped':
      return `SKIPPED by ${step.decidedBy ?? '?'}`;
  }
}

function runningMs(step: StepSummary, nowMs: number): number {
  return step.startedAt === undefined ? 0 : Math.max(0, nowMs - Date.parse(step.startedAt));
}

function tookMs(step: StepSummary): number {
  if (step.startedAt === undefined || step.endedAt === undefined) return 0;
  return Math.max(0, Date.parse(step.endedAt) - Date.parse(step.startedAt));
}
