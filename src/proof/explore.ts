import { stoppingStates } from '../../machines/expand.ts';
import { DrpError } from '../base/errors.ts';
import {
  afterDone,
  afterEnd,
  afterStart,
  initialFacts,
  whenEnding,
  whenStopping,
  withLeft,
  withPassed,
  type Facts,
} from './facts.ts';
import { laws, type LawName, type Moment } from './laws.ts';
import type { Model } from './model.ts';
import { firstPlace, type LaneGroups, type Place, type Way } from './places.ts';
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

/** Once something is wrong, the rest is looked through this far for other laws; states. */
const enoughWhenUnsafe = 3_000;

/** A state of the machine in a state of the world. */
interface Node {
  readonly place: Place;
  readonly facts: Facts;
  readonly from: Node | undefined;
  readonly said: string;
  /** Nodes that lead here. */
  readonly before: Node[];
}

interface Reached {
  readonly facts: Facts;
  readonly broken: readonly (readonly [LawName, string])[];
}

/**
 * Breadth first over every path of the plan's machine: each effect may succeed, fail or stay in doubt, each timer may
 * fire, each person may say all they may. The first breach of a law found is the shortest. A crash of drp is no event
 * of its own: a resumed run is the same fold of the same journal. `unsafe`: the verdict is known already, so other
 * breaches are looked for only so far. Throws proof-too-large beyond `maxStates`.
 */
export function explore(
  model: Model,
  options: { readonly groups: LaneGroups; readonly maxStates: number; readonly unsafe: boolean },
): Exploration {
  const breaches = new Map<LawName, readonly string[]>();
  const note = (law: LawName, story: readonly string[]): void => {
    if (!breaches.has(law)) breaches.set(law, story);
  };
  const first = firstPlace(model.plan, options.groups);
  const begun = arrive(model, first, initialFacts(model));
  for (const [law, why] of begun.broken) note(law, [why]);
  const start: Node = { place: first.to, facts: begun.facts, from: undefined, said: '', before: [] };
  const seen = new Map<string, Node>([[keyOf(first.to, begun.facts), start]]);
  let transitions = 0;
  let whole = true;
  for (const node of seen.values()) {
    if (node.place.status !== 'active') continue;
    whole = !(options.unsafe || breaches.size > 0) || seen.size <= enoughWhenUnsafe;
    if (!whole) break;
    const ways = node.place.ways();
    if (!ways.some(({ event }) => event.type === 'abort')) {
      note('always-a-way', [...storyOf(node), 'then: abort is not accepted']);
    }
    for (const way of ways) {
      const { facts, broken } = arrive(model, way, heard(node.facts, way.event, model));
      transitions += 1;
      const said = sentenceOf(way.event);
      for (const [law, why] of broken) note(law, [...storyOf(node), ...(said === '' ? [] : [said]), `then: ${why}`]);
      const key = keyOf(way.to, facts);
      const known = seen.get(key);
      if (known !== undefined) known.before.push(node);
      else seen.set(key, { place: way.to, facts, from: node, said, before: [node] });
    }
    if (seen.size > options.maxStates) {
      throw new DrpError('proof-too-large', {
        procedure: model.plan.procedure,
        states: options.maxStates,
        site: model.plan.site,
      });
    }
  }
  if (whole) for (const story of deadEnds([...seen.values()])) note('always-a-way', story);
  return { states: seen.size, transitions, breaches: [...breaches].map(([law, story]) => ({ law, story })) };
}

/** Lets the laws look at everything that this step of the machine starts or ends. */
function arrive(model: Model, { to, starts }: Pick<Way, 'to' | 'starts'>, after: Facts): Reached {
  const broken: (readonly [LawName, string])[] = [];
  const look = (moment: Moment): void => {
    for (const [name, law] of laws) {
      const why = law(moment, model);
      if (why !== undefined) broken.push([name, why]);
    }
  };
  let facts = to.ending ? whenEnding(after) : after;
  if (stoppingStates.has(to.name)) facts = whenStopping(facts);
  for (const id of starts) {
    const step = model.steps.get(id);
    if (step === undefined) continue;
    look({ kind: 'start', step, facts });
    facts = afterStart(facts, step, model);
  }
  if (to.status === 'error') broken.push(['always-a-way', 'the machine of the run has no answer and stops']);
  if (to.status === 'done') look({ kind: 'end', end: to.name, facts });
  return { facts, broken };
}

/** What an event makes true in the world. */
function heard(facts: Facts, event: Way['event'], model: Model): Facts {
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
    case 'skip':
      if (subject === 'cleaning') return withLeft(facts);
      if (step?.step.kind === 'clean-up') return withLeft(afterEnd(facts, subject), step);
      return afterEnd(facts, subject);
    case 'retry':
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

/** Stories to states from which there is no way to an end, or (unless a person has turned back) to completion. */
function deadEnds(nodes: readonly Node[]): readonly (readonly string[])[] {
  const turned = ({ place }: Node): boolean => place.status === 'done' || place.ending || place.name === 'switch-back';
  const ends = (names: readonly string[]): readonly Node[] =>
    nodes.filter(({ place }) => place.status === 'done' && names.includes(place.name));
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

function keyOf(place: Place, facts: Facts): string {
  return `${place.key}${JSON.stringify(facts)}`;
}

function storyOf(node: Node): readonly string[] {
  const story: string[] = [];
  for (let at: Node | undefined = node; at !== undefined; at = at.from) if (at.said !== '') story.unshift(at.said);
  return story;
}
