import type { Course } from './timings.ts';

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

/** What history is worth beside its own rate: as much as having seen this share of the way. */
const historyShare = 0.05;

/**
 * Time left, ms, as a range: what drills and runs still took from there on, by how much quicker or slower this one has been
 * over the same part of the way. Without a history by its own rate alone. Undefined: nothing is known.
 */
export function timeLeft(
  progress: MovedBytes,
  nowMs: number,
  course?: Course,
): { readonly ms: number; readonly lowMs: number; readonly highMs: number } | undefined {
  if (progress.totalBytes <= 0) return undefined;
  const leftMs = course === undefined ? leftByRate(progress) : leftByCourse(progress, course);
  if (leftMs === undefined) return undefined;
  const sinceMs = Math.max(0, nowMs - Date.parse(progress.at));
  const ms = Math.max(1_000, leftMs - sinceMs);
  const spread = spreadOf(progress, course !== undefined);
  return { ms, lowMs: ms * (1 - spread), highMs: ms * (1 + spread) };
}

function leftByRate(progress: MovedBytes): number | undefined {
  const remaining = progress.totalBytes - progress.doneBytes;
  const rate = bytesPerSecond(progress);
  return rate === 0 || remaining <= 0 ? undefined : (remaining * 1000) / rate;
}

function leftByCourse({ doneBytes, fromBytes, totalBytes, at, fromAt }: MovedBytes, course: Course): number {
  const tailMs = courseAt(course, 1);
  const wayMs = courseAt(course, 0) - tailMs;
  const leftMs = courseAt(course, doneBytes / totalBytes);
  const walkedMs = courseAt(course, fromBytes / totalBytes) - leftMs;
  const prior = historyShare * wayMs;
  const slower = walkedMs + prior <= 0 ? 1 : (betweenMs(fromAt, at) + prior) / (walkedMs + prior);
  // What comes after the last byte (comparing, switching) does not hang on the line.
  return (leftMs - tailMs) * slower + tailMs;
}

/** Even between two parts. */
function courseAt(course: Course, share: number): number {
  const place = Math.min(1, Math.max(0, share)) * (course.length - 1);
  const low = course[Math.floor(place)] ?? 0;
  const high = course[Math.ceil(place)] ?? low;
  return low + (high - low) * (place - Math.floor(place));
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
