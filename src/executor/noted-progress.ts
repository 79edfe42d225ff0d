import type { Progress } from '../steps/step-kind.ts';

/** A report is noted after so long at the latest, ms … */
const everyMs = 10_000;
/** … the first one of a step that does not know how much there is, after so long … */
const firstMs = 2_000;
/** … and where a fortieth of the whole has come since, but not more often than this. */
const partOfWhole = 1 / 40;
const atMostEveryMs = 1_000;

/**
 * Which reports of an effect go into the record: the first that knows how much there is, the one with the last byte, one for
 * each part of the way between, and else one in ten seconds. A copy of hours and one of seconds tell their course alike.
 */
export function notedProgress(startedMs: number): (progress: Progress, nowMs: number) => boolean {
  let notedMs = startedMs - everyMs + firstMs;
  let noted: Progress | undefined;
  return (progress, nowMs) => {
    const sinceMs = nowMs - notedMs;
    if (sinceMs < everyMs && !isTelling(noted, progress, sinceMs)) return false;
    notedMs = nowMs;
    noted = progress;
    return true;
  };
}

function isTelling(noted: Progress | undefined, { doneBytes, totalBytes }: Progress, sinceMs: number): boolean {
  if (totalBytes <= 0) return false;
  if (noted === undefined || noted.totalBytes <= 0) return true;
  if (doneBytes >= totalBytes) return noted.doneBytes < noted.totalBytes;
  return sinceMs >= atMostEveryMs && doneBytes - noted.doneBytes >= totalBytes * partOfWhole;
}
