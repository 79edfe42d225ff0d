import { formatDuration } from '../../base/duration.ts';
import type { Event, EventOf, Json } from '../../events/event.ts';
import type { Plan } from '../../plan/plan.ts';
import { drillRecovery } from '../drill-outcome.ts';
import { betweenMs, instantText } from '../instants.ts';
import { servedIn, stepsIn } from './outages.ts';
import type { Objective, Restored } from './report.ts';

/** The objectives of the runbook beside what the run achieved, as far as its record says. */
export function objectivesOf(events: readonly Event[], plan: Plan, restored: Restored): readonly Objective[] {
  const { rtoMs, filesLossMs, databaseLossMs, skewMs } = plan.world.objectives;
  const rto = { id: 'rto', name: 'Recovery time (RTO)', objectiveMs: rtoMs } as const;
  const files = { id: 'files-loss', name: 'Loss of files (RPO)', objectiveMs: filesLossMs } as const;
  const database = { id: 'database-loss', name: 'Loss of database rows (RPO)', objectiveMs: databaseLossMs } as const;
  const skew = { id: 'skew', name: 'Skew between files and database', objectiveMs: skewMs } as const;
  if (plan.procedure === 'return') {
    const frozen = 'a return copies after both sides are frozen; what was compared is under What was restored';
    const planned = 'a return is planned: its frozen window is under Objectives, as downtime';
    return [doesNotApply(rto, planned), ...[files, database, skew].map((one) => doesNotApply(one, frozen))];
  }
  const time = recoveryTime(events, plan, rto);
  if (plan.procedure === 'activation' && wasLeftEarly(events, plan)) {
    const left = 'the run was aborted before it moved users: no data was given up';
    return [time, ...[files, database, skew].map((one) => doesNotApply(one, left))];
  }
  return [time, ...lossOf(files, 'files', restored), ...lossOf(database, 'database', restored), skewOf(skew, events)];
}

/** Aborted before any step of the switchover was begun: users stay where they were. */
function wasLeftEarly(events: readonly Event[], plan: Plan): boolean {
  const moving = new Set(stepsIn(plan, 'switchover').map((step) => step.id));
  const moved = events.some(
    ({ type, data }) =>
      (type === 'effect.started' && data.source === 'step' && moving.has(data.id)) ||
      (type === 'decision.made' && data.verb === 'mark-done' && moving.has(data.subject)),
  );
  return !moved && events.some(({ type, data }) => type === 'run.ended' && data.outcome === 'aborted');
}

type Head = Pick<Objective, 'id' | 'name' | 'objectiveMs'>;

/** What a real activation would have taken: measured where the drill did it, the runbook's word where it did not. */
function drilledTime(events: readonly Event[], plan: Plan, head: Head): Objective {
  const found = drillRecovery(events, plan);
  if (found === undefined) return unmeasured(head, 'the drill did not come to its confirmation');
  const how = [
    `EXERCISE: what a real activation would have taken: ${formatDuration(found.measuredMs)} measured`,
    `until ${found.step} was green at ${instantText(found.at)} (people's time in it, what only a drill needs left out),`,
    `and ${formatDuration(found.expectedMs)} as the runbook expects for what was not done: ${found.notDone.join(', ')}`,
  ].join(' ');
  return measured(head, found.ms, { how, events: [1, found.seq] });
}

function recoveryTime(events: readonly Event[], plan: Plan, head: Head): Objective {
  const [began] = events;
  if (plan.procedure === 'drill') return drilledTime(events, plan, head);
  const served = servedIn(events, plan);
  if (began?.type !== 'run.began') return unmeasured(head, 'the record has no beginning');
  if (began.data.mode === 'dry-run') return unmeasured(head, 'a dry run moves nobody');
  if (served === undefined) return unmeasured(head, 'no probe through the new DNS was green in this run');
  const fromAt = began.data.situation?.sinceAt ?? began.at;
  const ordered = events.find((event) => event.type === 'gate.decided' && event.data.passed);
  const since = [
    `from ${instantText(fromAt)} (${began.data.situation === undefined ? 'the run began' : 'declared beginning'})`,
    `to ${instantText(served.at)}, when ${served.step} was green through the new DNS${served.byHand ? ' (attested by hand, not probed)' : ''}`,
  ].join(' ');
  const order =
    ordered === undefined ? '' : `; ${formatDuration(betweenMs(ordered.at, served.at))} from the first approved gate`;
  return measured(head, betweenMs(fromAt, served.at), {
    how: `${since}${order}`,
    events: [began.seq, served.seq],
  });
}

/** The oldest copy of a kind says what was lost. */
function lossOf(head: Head, kind: string, restored: Restored): readonly Objective[] {
  const backups = restored.backups.filter((backup) => backup.kind === kind);
  const worst = backups.reduce<(typeof backups)[number] | undefined>(
    (most, one) => (most === undefined || one.lossMs > most.lossMs ? one : most),
    undefined,
  );
  if (worst === undefined) return [unmeasured(head, 'no backup of this kind was chosen and approved in this run')];
  const how = `${worst.from}, taken ${instantText(worst.takenAt)}, as shown and approved at the gate`;
  return [measured(head, worst.lossMs, { how, events: [worst.seq] })];
}

function skewOf(head: Head, events: readonly Event[]): Objective {
  for (const opened of approvedOpenings(events).reverse()) {
    for (const { facts } of opened.data.statement.evidence) {
      const skewMs = numberIn(facts, 'skewMs');
      if (skewMs === undefined) continue;
      const how = 'between the copies chosen: rows may speak of files that are not there, and the reverse';
      return measured(head, skewMs, { how, events: [opened.seq] });
    }
  }
  return unmeasured(head, 'no approved gate showed it: one backup only, or none');
}

/** Openings whose statement was approved by somebody. */
export function approvedOpenings(events: readonly Event[]): EventOf<'gate.opened'>[] {
  const approved = new Set(
    events.flatMap((event) =>
      event.type === 'gate.decided' && event.data.decision === 'approve' ? [event.data.statementDigest] : [],
    ),
  );
  return events.flatMap((event) => (event.type === 'gate.opened' && approved.has(event.data.digest) ? [event] : []));
}

export function numberIn(value: Json | undefined, key: string): number | undefined {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return undefined;
  const found = (value as Readonly<Record<string, Json>>)[key];
  return typeof found === 'number' ? found : undefined;
}

function measured(head: Head, achievedMs: number, said: Pick<Objective, 'how' | 'events'>): Objective {
  return { ...head, achievedMs, verdict: achievedMs <= head.objectiveMs ? 'met' : 'missed', ...said };
}

function unmeasured(head: Head, how: string): Objective {
  return { ...head, verdict: 'not measured', how, events: [] };
}

function doesNotApply(head: Head, how: string): Objective {
  return { ...head, verdict: 'does not apply', how, events: [] };
}
