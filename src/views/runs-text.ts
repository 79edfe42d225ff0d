import { formatDuration } from '../base/duration.ts';
import { printableLine } from './escape.ts';
import { instantText } from './instants.ts';
import { table } from './layout.ts';
import { elapsedMs, stuckSteps, type RunSummary } from './run-summary.ts';

/** The runs of a journal, newest first. */
export function runsText(summaries: readonly RunSummary[], nowMs: number): string {
  if (summaries.length === 0) return 'no runs yet\n';
  const rows = [...summaries]
    .sort((a, b) => b.beganAt.localeCompare(a.beganAt))
    .map((summary) => [
      summary.run,
      summary.site,
      summary.procedure + (summary.mode === 'real' || summary.mode === summary.procedure ? '' : ` (${summary.mode})`),
      instantText(summary.beganAt),
      formatDuration(elapsedMs(summary, nowMs)),
      runStanding(summary),
    ]);
  return `${table([['RUN', 'SITE', 'PROCEDURE', 'BEGAN', 'ELAPSED', 'STATE'], ...rows])
    .map(printableLine)
    .join('\n')}\n`;
}

/** State of a run in a few words. */
export function runStanding(summary: RunSummary): string {
  const owed = summary.obligations.filter((one) => one.settled === undefined).length;
  const debt = owed === 0 ? '' : `, ${owed} owed`;
  if (summary.outcome !== undefined)
    return `${summary.outcome}${summary.outcome === 'completed' && owed === 0 ? ', closed' : debt}`;
  const stuck = stuckSteps(summary).map((step) => step.id);
  if (stuck.length > 0) return `needs a decision: ${stuck.join(', ')}${debt}`;
  const open = summary.gates.filter((gate) => gate.state === 'open').map((gate) => gate.id);
  return open.length > 0 ? `at gate ${open.join(', ')}${debt}` : `in ${summary.at}${debt}`;
}
