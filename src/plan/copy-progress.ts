import type { StepPace } from './estimates.ts';

/** How far something that moves bytes is, and from where its own rate counts. */
export interface MovedBytes {
  readonly doneBytes: number;
  /** 0: not known. */
  readonly totalBytes: number;
  /** When the last byte came. */
  readonly at: string;
  /** Rates start here: not at what an earlier attempt had brought, nor before anything was known of the whole. */
  readonly fromBytes: number;
  readonly fromAt: string;
  /** The last step was a leap: a second one is its true speed. */
  readonly leapt?: true;
}

/** A leap this many times quicker than all before it is no transfer: what lay there already was found, or a gap was closed. */
const leap = 8;
/** Before this much time nobody can tell a leap from a start, ms. */
const steadyAfterMs = 4_000;

/** One report more. Pure: the same reports give the same, in the journal and on the screen. */
export function nextProgress(
  before: MovedBytes | undefined,
  reported: { readonly doneBytes: number; readonly totalBytes: number },
  at: string,
): MovedBytes {
  const { doneBytes, totalBytes } = reported;
  const fresh = { doneBytes, totalBytes, at, fromBytes: doneBytes, fromAt: at };
  // Known only now how much there is: what is said to be done by now lay there before. Less than before: counted anew.
  if (before === undefined || (before.totalBytes === 0 && totalBytes > 0) || doneBytes < before.doneBytes) return fresh;
  const moved = before.doneBytes !== doneBytes || before.totalBytes !== totalBytes;
  // Said again without a byte more: the time of the last byte stays, so that what stalls shows.
  const lastAt = moved || totalBytes === 0 ? at : before.at;
  const { leapt, ...kept } = before;
  const next = { ...kept, doneBytes, totalBytes, at: lastAt };
  if (!isLeap(before, doneBytes, at)) return next;
  if (leapt === true) return { ...next, fromBytes: before.doneBytes, fromAt: before.at };
  const fromAt = new Date(Date.parse(before.fromAt) + betweenMs(before.at, at)).toISOString();
  return { ...next, fromBytes: before.fromBytes + (doneBytes - before.doneBytes), fromAt, leapt: true };
}

function isLeap(before: MovedBytes, doneBytes: number, at: string): boolean {
  const countedMs = betweenMs(before.fromAt, before.at);
  const counted = before.doneBytes - before.fromBytes;
  const stepMs = betweenMs(before.at, at);
  if (countedMs < steadyAfterMs || counted <= 0 || stepMs <= 0) return false;
  return (doneBytes - before.doneBytes) / stepMs > (leap * counted) / countedMs;
}

/** Average since this attempt began to count: an honest rate, and steady to read. 0 where too little is known. */
export function bytesPerSecond(progress: MovedBytes): number {
  const ms = betweenMs(progress.fromAt, progress.at);
  const bytes = progress.doneBytes - progress.fromBytes;
  return ms < 1_000 || bytes <= 0 ? 0 : (bytes * 1000) / ms;
}

/** What history is worth beside its own rate: as much as having seen this share of the whole. */
const historyShare = 0.05;

/**
 * Time left, ms, as a range: its own rate blended with what drills and runs showed, the more its own the more of it was
 * seen. What comes after the last byte (comparing, switching) is known from history alone. Undefined: nothing is known.
 */
export function timeLeft(
  progress: MovedBytes,
  nowMs: number,
  pace?: StepPace,
): { readonly ms: number; readonly lowMs: number; readonly highMs: number } | undefined {
  const remaining = progress.totalBytes - progress.doneBytes;
  if (progress.totalBytes <= 0) return undefined;
  const rate = bytesPerSecond(progress);
  const own = rate === 0 ? undefined : 1000 / rate;
  const msPerByte = blended(own, pace?.msPerByte, shareSeen(progress));
  if (msPerByte === undefined || (remaining <= 0 && pace === undefined)) return undefined;
  const sinceMs = Math.max(0, nowMs - Date.parse(progress.at));
  const ms = Math.max(1_000, Math.max(0, remaining) * msPerByte + (pace?.tailMs ?? 0) - sinceMs);
  const spread = spreadOf(progress, pace !== undefined);
  return { ms, lowMs: ms * (1 - spread), highMs: ms * (1 + spread) };
}

function blended(own: number | undefined, history: number | undefined, seen: number): number | undefined {
  if (own === undefined || history === undefined) return own ?? history;
  const weight = seen / (seen + historyShare);
  return weight * own + (1 - weight) * history;
}

/** Share of the whole that its own rate rests on. */
function shareSeen({ doneBytes, fromBytes, totalBytes }: MovedBytes): number {
  return totalBytes <= 0 ? 0 : Math.max(0, doneBytes - fromBytes) / totalBytes;
}

/** The longer it has been watched, the narrower: ±35 % at the start, ±10 % from half-way on; with history ±20 % at most. */
function spreadOf(progress: MovedBytes, known: boolean): number {
  return Math.max(0.1, (known ? 0.2 : 0.35) - shareSeen(progress) / 2);
}

function betweenMs(fromAt: string, toAt: string): number {
  return Math.max(0, Date.parse(toAt) - Date.parse(fromAt));
}
