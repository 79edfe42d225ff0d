import {
  createEmptyActor,
  getNextTransitions,
  type AnyActorScope,
  type AnyEventObject,
  type AnyMachineSnapshot,
  type AnyStateMachine,
} from 'xstate';
import { expand, machineFrom, skeletons } from '../../machines/expand.ts';
import type { Plan, PlannedLane } from '../plan/plan.ts';

/** Phase → groups of lanes that cannot see each other. */
export type LaneGroups = ReadonlyMap<string, readonly (readonly string[])[]>;

/** A state of the plan's machine, whatever the world is like around it. Its ways on are found when asked for. */
export interface Place {
  readonly key: string;
  /** Name of the skeleton's state. */
  readonly name: string;
  readonly status: AnyMachineSnapshot['status'];
  readonly ending: boolean;
  ways(): readonly Way[];
}

/** What may happen at a place, and where it leads. */
export interface Way {
  readonly event: AnyEventObject;
  readonly to: Place;
  /** Steps that this lets loose. */
  readonly starts: readonly string[];
}

interface Act {
  readonly type: string;
  readonly params?: { readonly src?: unknown; readonly input?: { readonly step?: string } };
}

interface Mover {
  readonly machine: AnyStateMachine;
  readonly scope: AnyActorScope;
  readonly acts: Act[];
  readonly groups: LaneGroups;
  readonly known: Map<string, Place>;
}

/** Where a run of this plan begins. Nothing the machine asks for is ever run. */
export function firstPlace(plan: Plan, groups: LaneGroups): Omit<Way, 'event'> {
  const skeleton = skeletons[plan.procedure];
  const machine = machineFrom(expand(skeleton, abstracted(plan))) as unknown as AnyStateMachine;
  const acts: Act[] = [];
  const mover: Mover = { machine, scope: inertScope(acts), acts, groups, known: new Map() };
  const snapshot = machine.getInitialSnapshot(mover.scope, undefined) as AnyMachineSnapshot;
  return { to: placeOf(mover, snapshot), starts: startsOf(acts) };
}

/** The plan with one retry at most and no soft deadlines: more of either changes counters, not what may happen. */
function abstracted(plan: Plan): Pick<Plan, 'phases'> {
  const lanes = (all: readonly PlannedLane[]): readonly PlannedLane[] =>
    all.map((lane) => ({
      ...lane,
      steps: lane.steps.map(({ expectMs: _, ...step }) => ({ ...step, retries: Math.min(step.retries, 1) })),
    }));
  return { phases: Object.fromEntries(Object.entries(plan.phases).map(([phase, all]) => [phase, lanes(all)])) };
}

/** Writes down what the machine asks for, and does nothing. */
function inertScope(acts: Act[]): AnyActorScope {
  const self = createEmptyActor();
  const nothing = (): void => undefined;
  const scope = { logger: nothing, defer: nothing, stopChild: nothing, emit: nothing };
  const actionExecutor = (action: Act) => acts.push(action);
  return { ...scope, self, system: self.system, id: '', sessionId: '', actionExecutor } as unknown as AnyActorScope;
}

function placeOf(mover: Mover, snapshot: AnyMachineSnapshot): Place {
  const key = JSON.stringify([snapshot.value, snapshot.context]);
  const known = mover.known.get(key);
  if (known !== undefined) return known;
  const { value, status } = snapshot;
  let found: readonly Way[] | undefined;
  const place: Place = {
    key,
    name: typeof value === 'string' ? value : (Object.keys(value as object)[0] ?? ''),
    status,
    ending: snapshot.hasTag('ending'),
    ways: () => (found ??= waysFrom(mover, snapshot)),
  };
  mover.known.set(key, place);
  return place;
}

function waysFrom(mover: Mover, snapshot: AnyMachineSnapshot): readonly Way[] {
  return eventsOf(snapshot, mover.groups).flatMap((event) => {
    mover.acts.length = 0;
    const next = mover.machine.transition(snapshot, event, mover.scope) as AnyMachineSnapshot;
    // XState answers an event that it refuses with the same snapshot.
    return next === snapshot ? [] : [{ event, to: placeOf(mover, next), starts: startsOf(mover.acts) }];
  });
}

function startsOf(acts: readonly Act[]): readonly string[] {
  return acts.flatMap(({ type, params }) =>
    type === 'xstate.spawnChild' && params?.src === 'step' && params.input?.step !== undefined
      ? [params.input.step]
      : [],
  );
}

/** All that may happen now, read off the machine. Of lanes that cannot see each other only the first unfinished group moves. */
function eventsOf(snapshot: AnyMachineSnapshot, groups: LaneGroups): readonly AnyEventObject[] {
  if (snapshot.status !== 'active') return [];
  const moving = movingLanes(snapshot.value, groups);
  const types = new Set<string>();
  for (const { eventType, source } of getNextTransitions(snapshot) as {
    eventType: string;
    source: { path: string[] };
  }[]) {
    const [phase, lane] = source.path;
    const held = moving !== undefined && lane !== undefined && phase === moving.phase && !moving.lanes.includes(lane);
    // Those without a name and those of finished states XState raises itself.
    if (!held && eventType !== '' && !eventType.startsWith('xstate.done.state.')) types.add(eventType);
  }
  return [...types].flatMap((type): AnyEventObject[] => {
    if (!type.startsWith('xstate.error.actor.')) return [{ type }];
    const failed = { type, error: { kind: 'failed' } };
    return type.includes(':') ? [failed] : [failed, { type, error: { kind: 'in-doubt' } }];
  });
}

/** The first group of lanes that has not ended; undefined: all that stand in this state may move. */
function movingLanes(
  value: unknown,
  groups: LaneGroups,
): { readonly phase: string; readonly lanes: readonly string[] } | undefined {
  const [[phase, lanes] = ['', undefined]] = Object.entries(value as Readonly<Record<string, unknown>>);
  const ofPhase = groups.get(phase) ?? [];
  if (ofPhase.length < 2 || typeof lanes !== 'object' || lanes === null) return undefined;
  const states = lanes as Readonly<Record<string, unknown>>;
  const unfinished = ofPhase.find((group) => group.some((lane) => states[lane] !== 'end'));
  return unfinished === undefined ? undefined : { phase, lanes: unfinished };
}
