import type { Event, EventOf } from '../../events/event.ts';
import { frozenPlan } from '../../plan/frozen-plan.ts';
import type { Plan, PlannedStep } from '../../plan/plan.ts';
import type { Outage } from './report.ts';

/** The green probe through the new DNS: users are served from here on. `byHand`: a person attested it. */
export interface Served {
  readonly at: string;
  readonly seq: number;
  readonly step: string;
  readonly byHand: boolean;
}

type Began = EventOf<'run.began'>;

/**
 * Times in which users were not served, as a real run shows them. An activation: from the declared beginning of the
 * disaster; a return: the window in which both sides are frozen. Rehearsals have none.
 */
export function outagesOf(events: readonly Event[]): readonly Outage[] {
  const [began] = events;
  if (began?.type !== 'run.began' || began.data.mode !== 'real') return [];
  const plan = frozenPlan(began);
  return began.data.procedure === 'return' ? frozenWindow(events, plan) : [disaster(events, plan, began)];
}

/** When the confirmation's probe through DNS was green, where it was and users were not sent back after it. */
export function servedIn(events: readonly Event[], plan: Plan): Served | undefined {
  const probes = new Set(
    stepsIn(plan, 'confirmation')
      .filter(throughDns)
      .map((step) => step.id),
  );
  const backSeq = sentBack(events, plan)?.seq ?? 0;
  for (const event of events) {
    if (event.seq <= backSeq) continue;
    if (event.type === 'step.done' && probes.has(event.data.step)) {
      return { at: event.at, seq: event.seq, step: event.data.step, byHand: false };
    }
    if (event.type === 'decision.made' && event.data.verb === 'mark-done' && probes.has(event.data.subject)) {
      return { at: event.at, seq: event.seq, step: event.data.subject, byHand: true };
    }
  }
  return undefined;
}

/** The last step that brought users back to the side they came from. */
function sentBack(events: readonly Event[], plan: Plan): Event | undefined {
  const ids = new Set(['switch-back', 'reopen'].flatMap((phase) => stepsIn(plan, phase)).map((step) => step.id));
  return events.findLast((event) => event.type === 'step.done' && ids.has(event.data.step));
}

function disaster(events: readonly Event[], plan: Plan, began: Began): Outage {
  const fromAt = began.data.situation?.sinceAt ?? began.at;
  const start = { run: began.run, kind: 'unplanned', fromAt } as const;
  return { ...start, ...endOf(events, plan, began.seq) };
}

function frozenWindow(events: readonly Event[], plan: Plan): readonly Outage[] {
  const freezing = new Set(stepsIn(plan, 'freeze-recovery').map((step) => step.id));
  const freeze = events.find(
    (event) => event.type === 'effect.started' && event.data.source === 'step' && freezing.has(event.data.id),
  );
  if (freeze === undefined) return [];
  const start = { run: freeze.run, kind: 'planned', fromAt: freeze.at } as const;
  return [{ ...start, ...endOf(events, plan, freeze.seq) }];
}

type End = Pick<Outage, 'toAt' | 'proven' | 'how' | 'events'>;

function endOf(events: readonly Event[], plan: Plan, first: number): End {
  const ended = events.find((event) => event.type === 'run.ended');
  const served = servedIn(events, plan);
  if (served !== undefined) {
    const how = `ended by ${served.step}: the name was asked for and the new side answered${served.byHand ? ', as a person attests' : ''}`;
    return { toAt: served.at, proven: !served.byHand, how, events: [first, served.seq] };
  }
  if (ended === undefined) return { proven: false, how: 'the run is under way', events: [first] };
  const back = sentBack(events, plan);
  if (back !== undefined) {
    const how = 'ended when the side users came from was open again; no probe through DNS is on record';
    return { toAt: back.at, proven: false, how, events: [first, back.seq] };
  }
  const nobody = events.find(
    (event) => event.type === 'gate.decided' && event.data.gate === 'unserved' && event.data.passed,
  );
  if (nobody !== undefined) {
    return { proven: false, how: 'the run ended with nobody serving, signed', events: [first, nobody.seq] };
  }
  const how = 'counted until the run was aborted: when users were served again is not on record';
  return { toAt: ended.at, proven: false, how, events: [first, ended.seq] };
}

/** The steps of a phase, lane after lane. */
export function stepsIn(plan: Plan, phase: string): readonly PlannedStep[] {
  return (plan.phases[phase] ?? []).flatMap((lane) => lane.steps);
}

function throughDns({ spec }: PlannedStep): boolean {
  return spec.kind === 'http' && spec.against === 'dns';
}
