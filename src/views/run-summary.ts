import { anchoredUpTo } from '../events/anchored.ts';
import { cancelledText } from '../events/cancelled-text.ts';
import type { Driver, Event, EventOf, Identity, Json, RunMode, Situation, Statement } from '../events/event.ts';
import { watchOf, type Watch } from '../events/watch.ts';
import { nextProgress, type MovedBytes } from '../plan/copy-progress.ts';
import type { Estimates, StepEstimate } from '../plan/estimates.ts';
import { frozenPlan } from '../plan/frozen-plan.ts';
import { phasesInOrder, stepsOf as stepsOfPlan } from '../plan/phases.ts';
import type { Plan, PlannedStep } from '../plan/plan.ts';
import { betweenMs } from './instants.ts';
import { lossesOf, lossLimitsOf, type Losses } from './losses.ts';
import { gatePath, standingReader, topOf, type StepState } from './machine-state.ts';
import { isStuck, isWorking, nextGateState, nextStepState, waitsForPeople, type GateState } from './summary-states.ts';

export interface StepProgress extends MovedBytes {
  readonly text: string;
}

export interface StepSummary {
  readonly id: string;
  readonly kind: string;
  readonly title: string;
  readonly phase: string;
  readonly lane: string;
  readonly hosts: readonly string[];
  readonly expectMs?: number;
  readonly state: StepState;
  /** When it came into this state. */
  readonly sinceAt?: string;
  readonly startedAt?: string;
  readonly endedAt?: string;
  readonly attempts: number;
  readonly progress?: StepProgress;
  /** What drills and runs tell of its time; absent where nobody looked, or there are none. */
  readonly estimate?: StepEstimate;
  /** What the step said at its end. */
  readonly lines: readonly string[];
  /** Why it failed or is in doubt, and what to type. */
  readonly reason?: string;
  readonly hint?: string;
  /** The person who decided its end: skip, mark-done. */
  readonly decidedBy?: string;
}

export interface GateAnswer {
  readonly decision: 'approve' | 'reject';
  readonly person: string;
  readonly reason: string;
  readonly at: string;
  readonly identity: Identity;
}

export interface GateSummary {
  readonly id: string;
  readonly title: string;
  readonly state: GateState;
  readonly roles: readonly string[];
  readonly approvals: number;
  readonly notTheStarter: boolean;
  readonly openedAt?: string;
  readonly statement?: Statement;
  readonly digest?: string;
  readonly answers: readonly GateAnswer[];
  /** Why its evidence could not be gathered. */
  readonly reason?: string;
  readonly hint?: string;
}

export interface ObligationSummary {
  readonly id: string;
  readonly run: string;
  readonly site: string;
  readonly kind: string;
  readonly text: string;
  readonly openedAt: string;
  readonly settled?: { readonly at: string; readonly by: string; readonly reason: string };
}

/** A run as people see it: a pure fold of its events. The same journal gives the same summary, on any machine. */
export interface RunSummary {
  readonly run: string;
  readonly site: string;
  readonly title: string;
  readonly procedure: string;
  readonly mode: RunMode;
  readonly planDigest: string;
  readonly startedBy: string;
  readonly beganAt: string;
  readonly lastAt: string;
  readonly head: { readonly seq: number; readonly hash: string };
  readonly situation?: Situation;
  readonly outcome?: 'completed' | 'aborted' | 'switched-back';
  readonly endedAt?: string;
  /** Top state of the machine: a phase, a gate, an ending. */
  readonly at: string;
  readonly phases: readonly { readonly name: string; readonly steps: readonly StepSummary[] }[];
  readonly gates: readonly GateSummary[];
  readonly obligations: readonly ObligationSummary[];
  readonly notes: readonly { readonly at: string; readonly person: string; readonly text: string }[];
  readonly driver?: {
    readonly driver: Driver;
    readonly epoch: number;
    readonly attached: boolean;
    readonly at: string;
  };
  readonly watch?: Watch;
  /** Events up to here left the machine: by an anchor, a message, or under a signature. */
  readonly anchoredUpToSeq?: number;
  /** Where copies of the record lay, the last time they were made. */
  readonly copies?: { readonly hosts: readonly string[]; readonly missed: readonly string[]; readonly upToSeq: number };
  readonly rtoMs: number;
  /** Of the time until `lastAt`: how long only people could go on. */
  readonly waitedMs: number;
  /** Since when only people can go on, while that is so. */
  readonly waitingSinceAt?: string;
  readonly losses: Losses;
  /** What the runbook allows of each. */
  readonly lossLimits: Losses;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
interface Building extends Mutable<Omit<RunSummary, 'phases' | 'gates' | 'obligations' | 'notes'>> {
  readonly plan: Plan;
  readonly steps: Map<string, Mutable<StepSummary>>;
  readonly gates: Map<string, Mutable<GateSummary>>;
  readonly obligations: Map<string, Mutable<ObligationSummary>>;
  readonly notes: { at: string; person: string; text: string }[];
  readonly standingIn: ReturnType<typeof standingReader>;
}

/**
 * The summary of a run's events, in order, from the first. Undefined where there is no `run.began`. `estimates`: what other
 * runs of the site tell of its steps.
 */
export function runSummary(events: readonly Event[], estimates?: Estimates): RunSummary | undefined {
  let building: Building | undefined;
  for (const event of events) {
    if (event.type === 'run.began') building = begin(event);
    else if (building !== undefined) applyEvent(building, event);
    if (building !== undefined) follow(building, event);
  }
  if (building === undefined) return undefined;
  const { plan, steps, gates, obligations, notes, standingIn: _, ...rest } = building;
  const watch = watchOf(events);
  return {
    ...rest,
    phases: phasesInOrder(plan).map((name) => ({
      name,
      steps: (plan.phases[name] ?? []).flatMap((lane) =>
        lane.steps.flatMap((step) => estimated(steps.get(step.id), estimates?.get(step.id))),
      ),
    })),
    gates: [...gates.values()],
    obligations: [...obligations.values()],
    notes,
    anchoredUpToSeq: anchoredUpTo(events),
    ...(watch === undefined ? {} : { watch }),
  };
}

function estimated(step: StepSummary | undefined, estimate: StepEstimate | undefined): readonly StepSummary[] {
  if (step === undefined) return [];
  return [estimate === undefined || estimate.samples === 0 ? step : { ...step, estimate }];
}

function begin(event: EventOf<'run.began'>): Building {
  const { data } = event;
  const plan = frozenPlan(event);
  const planned = stepsOfPlan(plan);
  return {
    plan,
    run: event.run,
    site: data.site,
    title: plan.title,
    procedure: data.procedure,
    mode: data.mode,
    planDigest: data.planDigest,
    startedBy: data.startedBy.person,
    beganAt: event.at,
    lastAt: event.at,
    head: { seq: event.seq, hash: event.hash },
    at: '',
    rtoMs: plan.world.objectives.rtoMs,
    waitedMs: 0,
    losses: {},
    lossLimits: lossLimitsOf(plan),
    steps: new Map(planned.filter((step) => step.kind !== 'gate').map((step) => [step.id, pending(step)])),
    gates: new Map(
      Object.values(plan.gates).map(({ id, title, roles, approvals, notTheStarter }) => [
        id,
        { id, title, roles, approvals, notTheStarter, state: 'ahead', answers: [] },
      ]),
    ),
    obligations: new Map(),
    notes: [],
    standingIn: standingReader(),
    ...(data.situation === undefined ? {} : { situation: data.situation }),
  };
}

function pending(step: PlannedStep): Mutable<StepSummary> {
  const { id, kind, title, phase, lane, hosts, expectMs } = step;
  const known = { id, kind, title, phase, lane, hosts, state: 'pending', attempts: 0, lines: [] } as const;
  return expectMs === undefined ? known : { ...known, expectMs };
}

function applyEvent(building: Building, event: Event): void {
  switch (event.type) {
    case 'effect.started': {
      const step = event.data.source === 'step' ? building.steps.get(event.data.id) : undefined;
      if (step === undefined) return;
      const { progress: _p, reason: _r, hint: _h, ...kept } = step;
      // Made anew: an object that members are deleted from is slow from then on.
      building.steps.set(step.id, { ...kept, attempts: event.data.attempt, startedAt: step.startedAt ?? event.at });
      return;
    }
    case 'step.progressed':
      return progressed(building.steps.get(event.data.step), event);
    case 'step.done': {
      const step = building.steps.get(event.data.step);
      if (step !== undefined) Object.assign(step, { endedAt: event.at, lines: event.data.lines });
      return;
    }
    case 'step.failed': {
      const step = building.steps.get(event.data.step);
      if (step !== undefined) Object.assign(step, { reason: event.data.reason, hint: event.data.hint });
      return;
    }
    case 'stop.failed': {
      const step = building.steps.get(event.data.step ?? '');
      if (step !== undefined) step.reason = event.data.reason;
      return;
    }
    case 'decision.made': {
      const step = building.steps.get(event.data.subject);
      if (step !== undefined && event.data.verb === 'cancel') step.reason = cancelledText(event.data);
      if (step === undefined || !['skip', 'mark-done'].includes(event.data.verb)) return;
      Object.assign(step, { endedAt: event.at, decidedBy: event.data.person, reason: event.data.reason });
      delete step.hint;
      return;
    }
    default:
      applyRunEvent(building, event);
  }
}

function applyRunEvent(building: Building, event: Event): void {
  switch (event.type) {
    case 'gate.opened':
    case 'gate.unready':
    case 'gate.decided':
      return gateEvent(building, event);
    case 'driver.attached':
      building.driver = { driver: event.data.driver, epoch: event.data.epoch, attached: true, at: event.at };
      return;
    case 'driver.detached':
      if (building.driver !== undefined) building.driver = { ...building.driver, attached: false, at: event.at };
      return;
    case 'witness.kept':
      building.copies = event.data;
      return;
    case 'note.added':
      building.notes.push({ at: event.at, person: event.data.person, text: event.data.text });
      return;
    case 'obligation.opened': {
      const { id, kind, text } = event.data;
      building.obligations.set(id, { id, kind, text, run: event.run, site: building.site, openedAt: event.at });
      return;
    }
    case 'obligation.settled': {
      const { id, person, reason } = event.data;
      const obligation = building.obligations.get(id);
      if (obligation !== undefined) obligation.settled = { at: event.at, by: person, reason };
      return;
    }
    case 'run.ended':
      building.outcome = event.data.outcome;
      building.endedAt = event.at;
      return;
    default:
  }
}

function gateEvent(building: Building, event: EventOf<'gate.opened' | 'gate.unready' | 'gate.decided'>): void {
  const gate = building.gates.get(event.data.gate);
  if (gate === undefined) return;
  switch (event.type) {
    case 'gate.opened':
      Object.assign(gate, {
        openedAt: event.at,
        statement: event.data.statement,
        digest: event.data.digest,
        answers: [],
      });
      delete gate.reason;
      delete gate.hint;
      building.losses = { ...building.losses, ...lossesOf(event.data.statement) };
      return;
    case 'gate.unready':
      Object.assign(gate, { reason: event.data.reason, hint: event.data.hint });
      return;
    default: {
      const { decision, person, reason, at, identity } = event.data;
      gate.answers = [...gate.answers, { decision, person, reason, at, identity }];
    }
  }
}

function progressed(step: Mutable<StepSummary> | undefined, event: EventOf<'step.progressed'>): void {
  if (step === undefined) return;
  const { doneBytes, totalBytes, text } = event.data;
  step.progress = { ...nextProgress(step.progress, { doneBytes, totalBytes }, event.at), text };
}

/** What every event moves: place, time, and the states the machine wrote into it. */
function follow(building: Building, event: Event): void {
  const stateless = !('state' in event.data);
  if (building.waitingSinceAt !== undefined && !stateless) {
    building.waitedMs += betweenMs(building.waitingSinceAt, event.at);
    delete building.waitingSinceAt;
  }
  building.lastAt = event.at;
  building.head = { seq: event.seq, hash: event.hash };
  if (stateless) return;
  const { state } = event.data as { readonly state: Json };
  building.at = topOf(state);
  const standing = building.standingIn(state);
  for (const step of building.steps.values()) {
    const next = nextStepState(step, standing.get(step.id), event);
    if (next !== step.state) Object.assign(step, { state: next, sinceAt: event.at });
  }
  for (const gate of building.gates.values()) {
    gate.state = nextGateState(gate, gatePath(standing, gate.id), event);
  }
  if (building.outcome === undefined && waitsForPeople([...building.steps.values()], [...building.gates.values()]))
    building.waitingSinceAt = event.at;
}

/** Milliseconds since the run began, until its end or `nowMs`. */
export function elapsedMs(summary: RunSummary, nowMs: number): number {
  return (summary.endedAt === undefined ? nowMs : Date.parse(summary.endedAt)) - Date.parse(summary.beganAt);
}

/** Steps that wait for a decision. */
export function stuckSteps(summary: RunSummary): readonly StepSummary[] {
  return stepsOf(summary).filter(isStuck);
}

export function stepsOf(summary: RunSummary): readonly StepSummary[] {
  return summary.phases.flatMap((phase) => phase.steps);
}

/** Steps that something is being done for right now. */
export function workingSteps(summary: RunSummary): readonly StepSummary[] {
  return stepsOf(summary).filter(isWorking);
}
