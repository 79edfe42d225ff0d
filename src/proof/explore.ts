import {
  createEmptyActor,
  getNextTransitions,
  type AnyActorScope,
  type AnyEventObject,
  type AnyMachineSnapshot,
  type AnyStateMachine,
} from 'xstate';
import { expand, machineFrom, skeletons } from '../../machines/expand.ts';
import { DrpError } from '../base/errors.ts';
import type { Plan, PlannedLane } from '../plan/plan.ts';
import {
  afterDone,
  afterEnd,
  afterStart,
  initialFacts,
  whenEnding,
  whenStopping,
  withPassed,
  type Facts,
} from './facts.ts';
import { laws, type LawName, type Moment } from './laws.ts';
import type { Model } from './model.ts';
import { sentenceOf } from './story.ts';

/** One way a law is broken: the shortest story of events that leads to it. */
export interface Breach {
  readonly law: LawName;
  readonly story: readonly string[];
}

export interface Exploration {
  readonly states: number;
  readonly transitions: number;
  readonly breaches: readonly Breach[];
}

interface Node {
  readonly snapshot: AnyMachineSnapshot;
  readonly facts: Facts;
  readonly from: Node | undefined;
  readonly said: string;
  /** Nodes that lead here. */
  readonly before: Node[];
}

interface Reached {
  readonly snapshot: AnyMachineSnapshot;
  readonly facts: Facts;
  readonly broken: readonly (readonly [LawName, string])[];
}

/** States of the skeletons that stop everything of the run. */
const stoppingStates: ReadonlySet<string> = new Set(['leaving', 'aborting', 'aborting-unserved']);

/** What a step of the search hands on. */
interface Search {
  readonly model: Model;
  readonly machine: AnyStateMachine;
  readonly independent: ReadonlySet<string>;
  readonly acts: Act[];
  readonly scope: AnyActorScope;
}

interface Act {
  readonly type: string;
  readonly params?: { readonly src?: unknown; readonly input?: { readonly step?: string } };
}

/**
 * Breadth first over every path of the plan's machine: each effect may succeed, fail or stay in doubt, each timer may
 * fire, each person may say all they may. The first breach of a law found is the shortest. A crash of drp is no event
 * of its own: a resumed run is the same fold of the same journal. Throws proof-too-large beyond `maxStates`.
 */
export function explore(
  model: Model,
  options: { readonly independent: ReadonlySet<string>; readonly maxStates: number },
): Exploration {
  const search = searchOf(model, options.independent);
  const breaches = new Map<LawName, readonly string[]>();
  const note = (law: LawName, story: readonly string[]): void => {
    if (!breaches.has(law)) breaches.set(law, story);
  };
  const first = begin(search);
  const start: Node = { ...first, from: undefined, said: '', before: [] };
  for (const [law, why] of first.broken) note(law, [why]);
  const seen = new Map<string, Node>([[keyOf(first), start]]);
  let transitions = 0;
  for (const node of seen.values()) {
    if (node.snapshot.status !== 'active') continue;
    const events = eventsOf(node.snapshot, search.independent);
    if (!events.some(({ type }) => type === 'abort'))
      note('always-a-way', [...storyOf(node), 'abort is not accepted now']);
    for (const event of events) {
      const reached = follow(search, node, event);
      if (reached === undefined) continue;
      transitions += 1;
      for (const [law, why] of reached.broken) note(law, [...storyOf(node), ...said(event), `then: ${why}`]);
      const key = keyOf(reached);
      const known = seen.get(key);
      if (known !== undefined) known.before.push(node);
      else seen.set(key, { ...reached, from: node, said: sentenceOf(event), before: [node] });
      if (seen.size > options.maxStates) {
        throw new DrpError('proof-too-large', { procedure: model.plan.procedure, states: options.maxStates });
      }
    }
  }
  for (const story of deadEnds([...seen.values()])) note('always-a-way', story);
  return {
    states: seen.size,
    transitions,
    breaches: [...breaches].map(([law, story]) => ({ law, story })),
  };
}

/** The plan with one retry at most and no soft deadlines: more of either changes counters, not what may happen. */
export function abstracted(plan: Plan): Pick<Plan, 'phases'> {
  const lanes = (all: readonly PlannedLane[]): readonly PlannedLane[] =>
    all.map((lane) => ({
      ...lane,
      steps: lane.steps.map(({ expectMs: _, ...step }) => ({ ...step, retries: Math.min(step.retries, 1) })),
    }));
  return { phases: Object.fromEntries(Object.entries(plan.phases).map(([phase, all]) => [phase, lanes(all)])) };
}

function searchOf(model: Model, independent: ReadonlySet<string>): Search {
  const { plan } = model;
  const skeleton = skeletons[plan.procedure === 'drill' ? 'activation' : plan.procedure];
  const machine = machineFrom(expand(skeleton, abstracted(plan))) as unknown as AnyStateMachine;
  const acts: Act[] = [];
  const self = createEmptyActor();
  const nothing = (): void => undefined;
  // An inert scope: what the machine asks for is written down, and nothing is ever run.
  const scope = {
    self,
    system: self.system,
    id: '',
    sessionId: '',
    logger: nothing,
    defer: nothing,
    stopChild: nothing,
    emit: nothing,
    actionExecutor: (action: Act) => acts.push(action),
  } as unknown as AnyActorScope;
  return { model, machine, independent, acts, scope };
}

function begin(search: Search): Reached {
  search.acts.length = 0;
  const snapshot = search.machine.getInitialSnapshot(search.scope, undefined) as AnyMachineSnapshot;
  return settle(search, snapshot, initialFacts(search.model));
}

/** Where an event leads; undefined: it is refused. */
function follow(search: Search, node: Node, event: AnyEventObject): Reached | undefined {
  search.acts.length = 0;
  const snapshot = search.machine.transition(node.snapshot, event, search.scope) as AnyMachineSnapshot;
  if (snapshot === node.snapshot) return undefined;
  return settle(search, snapshot, heard(node.facts, event, search.model));
}

/** Lets the laws look at everything that this step of the machine starts or ends. */
function settle(search: Search, snapshot: AnyMachineSnapshot, after: Facts): Reached {
  const { model } = search;
  const broken: (readonly [LawName, string])[] = [];
  const look = (moment: Moment): void => {
    for (const [name, law] of Object.entries(laws)) {
      const why = law(moment, model);
      if (why !== undefined) broken.push([name as LawName, why]);
    }
  };
  let facts = snapshot.hasTag('ending') ? whenEnding(after) : after;
  if (stoppingStates.has(String(snapshot.value))) facts = whenStopping(facts);
  for (const { type, params } of search.acts) {
    const id = params?.src === 'step' ? params.input?.step : undefined;
    const step = type === 'xstate.spawnChild' && id !== undefined ? model.steps.get(id) : undefined;
    if (step === undefined) continue;
    look({ kind: 'start', step, facts });
    facts = afterStart(facts, step, model);
  }
  if (snapshot.status === 'error') broken.push(['always-a-way', 'the machine of the run has no answer and stops']);
  if (snapshot.status === 'done') look({ kind: 'end', end: String(snapshot.value), facts });
  return { snapshot, facts, broken };
}

/** What an event makes true in the world. */
function heard(facts: Facts, event: AnyEventObject, model: Model): Facts {
  const [, outcome, actor] = /^xstate\.(done|error)\.actor\.(.+)$/.exec(event.type) ?? [];
  if (actor !== undefined) {
    const step = model.steps.get(actor);
    if (step !== undefined) {
      if (outcome === 'done') return afterDone(facts, step, model);
      return (event['error'] as { kind: string }).kind === 'in-doubt' ? facts : afterEnd(facts, step.id);
    }
    return actor.startsWith('stop:') && outcome === 'done' ? stopped(facts, actor.slice(5), model) : facts;
  }
  const dot = event.type.lastIndexOf('.');
  const subject = event.type.slice(0, dot);
  const step = model.steps.get(subject);
  switch (event.type.slice(dot + 1)) {
    case 'approve':
      return withPassed(facts, subject);
    case 'mark-done':
      return step === undefined ? facts : afterDone(facts, step, model);
    case 'stopped':
      return stopped(facts, subject, model);
    case 'retry':
    case 'skip':
      // From in doubt: a person says that nothing of it runs any more.
      return afterEnd(facts, subject);
    default:
      return facts;
  }
}

/** Nothing of a step, or of the whole run, runs any more. */
function stopped(facts: Facts, subject: string, model: Model): Facts {
  return model.steps.has(subject) ? afterEnd(facts, subject) : { ...facts, mayRun: [] };
}

/** All that may happen now, read off the machine. In lanes that cannot see each other only the first unfinished one moves. */
function eventsOf(snapshot: AnyMachineSnapshot, independent: ReadonlySet<string>): readonly AnyEventObject[] {
  const moving = movingLane(snapshot.value, independent);
  const types = new Set<string>();
  for (const { eventType, source } of getNextTransitions(snapshot) as {
    eventType: string;
    source: { path: string[] };
  }[]) {
    const [phase, lane] = source.path;
    if (moving !== undefined && lane !== undefined && phase === moving.phase && lane !== moving.lane) continue;
    if (eventType !== '' && !eventType.startsWith('xstate.done.state.')) types.add(eventType);
  }
  return [...types].flatMap((type): AnyEventObject[] => {
    if (!type.startsWith('xstate.error.actor.')) return [{ type }];
    const failed = { type, error: { kind: 'failed' } };
    return type.includes(':') ? [failed] : [failed, { type, error: { kind: 'in-doubt' } }];
  });
}

function movingLane(
  value: unknown,
  independent: ReadonlySet<string>,
): { readonly phase: string; readonly lane: string } | undefined {
  const [[phase, lanes] = ['', undefined]] = Object.entries(value as Readonly<Record<string, unknown>>);
  if (!independent.has(phase) || typeof lanes !== 'object' || lanes === null) return undefined;
  const states = Object.entries(lanes);
  const [unfinished] = states.find(([, state]) => state !== 'end') ?? [];
  return states.length < 2 || unfinished === undefined ? undefined : { phase, lane: unfinished };
}

/** Stories to states from which there is no way to an end, or (unless a person has turned back) to completion. */
function deadEnds(nodes: readonly Node[]): readonly (readonly string[])[] {
  const turned = (node: Node): boolean => {
    const name = typeof node.snapshot.value === 'string' ? node.snapshot.value : Object.keys(node.snapshot.value)[0];
    return node.snapshot.status === 'done' || node.snapshot.hasTag('ending') || name === 'switch-back';
  };
  const ends = (names: readonly string[]): readonly Node[] =>
    nodes.filter(({ snapshot }) => snapshot.status === 'done' && names.includes(String(snapshot.value)));
  const toEnd = leadingTo(ends(['completed', 'switched-back', 'aborted']));
  const toCompletion = leadingTo(ends(['completed']));
  const lost = nodes.find((node) => !toEnd.has(node));
  const stuck = nodes.find((node) => !turned(node) && !toCompletion.has(node));
  return [
    ...(lost === undefined ? [] : [[...storyOf(lost), 'then: there is no way to any end']]),
    ...(stuck === undefined ? [] : [[...storyOf(stuck), 'then: there is no way to completion']]),
  ];
}

function leadingTo(targets: readonly Node[]): ReadonlySet<Node> {
  const found = new Set(targets);
  for (const node of found) node.before.forEach((one) => found.add(one));
  return found;
}

function keyOf({ snapshot, facts }: Reached): string {
  return JSON.stringify([snapshot.value, snapshot.context, facts]);
}

function storyOf(node: Node): readonly string[] {
  const story: string[] = [];
  for (let at: Node | undefined = node; at !== undefined; at = at.from) if (at.said !== '') story.unshift(at.said);
  return story;
}

function said(event: AnyEventObject): readonly string[] {
  const sentence = sentenceOf(event);
  return sentence === '' ? [] : [sentence];
}
