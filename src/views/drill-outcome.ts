import type { Event } from '../events/event.ts';
import { phasesInOrder, stepsOf } from '../plan/phases.ts';
import type { Plan, PlannedStep } from '../plan/plan.ts';
import { betweenMs } from './instants.ts';

/** What a real activation would have taken, told by the drill of it. */
export interface DrillRecovery {
  /** From the supposed beginning until users would have been served. */
  readonly ms: number;
  /** Measured: people's time at gates is in it, what only the drill needs is not. */
  readonly measuredMs: number;
  /** As the runbook expects it: fencing, and the steps that were only simulated before users would have been served. */
  readonly expectedMs: number;
  /** Step that looked at the restored copy last, and when it was green. */
  readonly step: string;
  readonly at: string;
  readonly seq: number;
  /** Steps whose time is the runbook's word, since nobody did them. */
  readonly notDone: readonly string[];
}

/** Phases that no activation has. */
const ofDrillsAlone: ReadonlySet<string> = new Set(['isolation', 'serving']);

/**
 * Reads what recovery would have taken off a drill's record; undefined where it never came so far as to look at the
 * confirmation. Pure.
 */
export function drillRecovery(events: readonly Event[], plan: Plan): DrillRecovery | undefined {
  const [began] = events;
  if (began?.type !== 'run.began' || plan.drill === undefined) return undefined;
  const served = servedEvent(events, plan);
  if (served === undefined) return undefined;
  const before = events.filter(({ seq }) => seq <= served.seq);
  const steps = stepsOf(plan);
  const simulated = steps.filter((step) => step.kind === 'simulate' && ended(before, step.id) !== undefined);
  const own = steps.filter(({ phase }) => ofDrillsAlone.has(phase));
  const ownMs = own.reduce((sum, step) => sum + workedMs(before, step.id), 0);
  const measuredMs = Math.max(0, betweenMs(began.data.situation?.sinceAt ?? began.at, served.at) - ownMs);
  const expectedMs = plan.drill.fencingMs + simulated.reduce((sum, step) => sum + expectedOf(step), 0);
  return {
    ms: measuredMs + expectedMs,
    measuredMs,
    expectedMs,
    step: served.data.step,
    at: served.at,
    seq: served.seq,
    notDone: [...(plan.drill.fencingMs > 0 ? ['fencing'] : []), ...simulated.map(({ id }) => id)],
  };
}

type Done = Extract<Event, { type: 'step.done' }>;

/** The first look at the name in the confirmation: there users would have been served. */
function servedEvent(events: readonly Event[], plan: Plan): Done | undefined {
  if (!phasesInOrder(plan).includes('confirmation')) return undefined;
  const looks = (plan.phases['confirmation'] ?? []).flatMap((lane) => lane.steps).filter(looksAtSite);
  return events.find(
    (event): event is Done => event.type === 'step.done' && looks.some(({ id }) => id === event.data.step),
  );
}

function looksAtSite({ spec }: PlannedStep): boolean {
  return spec.kind === 'http' || (spec.kind === 'simulate' && spec.of.kind === 'http');
}

function expectedOf({ spec }: PlannedStep): number {
  return spec.kind === 'simulate' ? (spec.of.expect ?? 0) : 0;
}

function ended(events: readonly Event[], step: string): Done | undefined {
  return events.find((event): event is Done => event.type === 'step.done' && event.data.step === step);
}

function workedMs(events: readonly Event[], step: string): number {
  const started = events.find((event) => event.type === 'effect.started' && event.data.id === step);
  const done = ended(events, step);
  return started === undefined || done === undefined ? 0 : betweenMs(started.at, done.at);
}
