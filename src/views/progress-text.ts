import { formatDuration, formatSize } from '../base/duration.ts';
import { printableLine } from './escape.ts';
import type { StepProgress, StepSummary } from './run-summary.ts';

/** How far a step is: bytes, rate, time left as a range, time since anything was heard. Empty where nothing is known. */
export function progressText(progress: StepProgress, nowMs: number): string {
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
  const left = timeLeft(progress, nowMs);
  if (left !== undefined) parts.push(left);
  const silentMs = nowMs - Date.parse(at);
  if (silentMs >= 10_000) parts.push(`silent for ${formatDuration(silentMs)}`);
  if (text !== '') parts.push(printableLine(text));
  return parts.join(', ');
}

/** Average since this attempt began to count: an honest rate, and steady to read. 0 where too little is known. */
export function bytesPerSecond(progress: StepProgress): number {
  const ms = Date.parse(progress.at) - Date.parse(progress.fromAt);
  const bytes = progress.doneBytes - progress.fromBytes;
  return ms < 1_000 || bytes <= 0 ? 0 : (bytes * 1000) / ms;
}

/** `20 min 00 s to 30 min 00 s left`: rates of copies vary, one number would be a promise nobody can keep. */
function timeLeft(progress: StepProgress, nowMs: number): string | undefined {
  const rate = bytesPerSecond(progress);
  const remaining = progress.totalBytes - progress.doneBytes;
  if (rate === 0 || remaining <= 0) return undefined;
  const sinceMs = Math.max(0, nowMs - Date.parse(progress.at));
  const ms = Math.max(1_000, (remaining / rate) * 1000 - sinceMs);
  // The longer it has been watched, the narrower: ±35 % at the start, ±10 % from half-way on.
  const share = progress.doneBytes / progress.totalBytes;
  const spread = Math.max(0.1, 0.35 - share / 2);
  const from = coarse(ms * (1 - spread));
  const to = coarse(ms * (1 + spread));
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
