import { formatDuration } from '../base/duration.ts';
import { elapsedMs, type RunSummary } from './run-summary.ts';

/**
 * How much of the RTO is used up while an activation runs, as text such as `17 min 08 s of RTO 4 h 00 min`; undefined where
 * there is no such clock. It began with the disaster as declared, not with the run: hours may have passed before the order.
 * Once the run has ended, the report tells what it took until users were served.
 */
export function recoveryClock(
  summary: RunSummary,
  nowMs: number,
): { readonly text: string; readonly overMs: number } | undefined {
  if (summary.procedure !== 'activation' || summary.outcome !== undefined) return undefined;
  const beforeRunMs =
    summary.situation === undefined ? 0 : Date.parse(summary.beganAt) - Date.parse(summary.situation.sinceAt);
  const usedMs = elapsedMs(summary, nowMs) + Math.max(0, beforeRunMs);
  return {
    text: `${formatDuration(usedMs)} of RTO ${formatDuration(summary.rtoMs)}`,
    overMs: Math.max(0, usedMs - summary.rtoMs),
  };
}
