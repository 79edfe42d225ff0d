import type { Json } from '../events/event.ts';

/**
 * Where a step is in its life, in the machine's words; `pending`: its turn has not come, `stopped`: the run went another
 * way while it worked, and what ran of it was stopped.
 */
export type StepState =
  | 'pending'
  | 'running'
  | 'overdue'
  | 'backoff'
  | 'stopping'
  | 'stop-failed'
  | 'stopped'
  | 'failed'
  | 'in-doubt'
  | 'done'
  | 'skipped';

/** First key of a state value: the phase, gate or ending a machine stands in. */
export function topOf(state: Json): string {
  if (typeof state === 'string') return state;
  return state !== null && typeof state === 'object' ? (Object.keys(state)[0] ?? '') : '';
}

/** Every state name on the way down, with the path below it. */
export function collectStates(state: Json, into: Map<string, string>): void {
  if (state === null || typeof state !== 'object' || Array.isArray(state)) return;
  for (const [key, below] of Object.entries(state)) {
    into.set(key, pathOf(below));
    collectStates(below, into);
  }
}

/** `collectStates` for one run: a night goes through the same few states again and again. */
export function standingReader(): (state: Json) => ReadonlyMap<string, string> {
  const known = new Map<string, ReadonlyMap<string, string>>();
  return (state) => {
    const text = JSON.stringify(state);
    const before = known.get(text);
    if (before !== undefined) return before;
    const standing = new Map<string, string>();
    collectStates(state, standing);
    known.set(text, standing);
    return standing;
  };
}

/**
 * The path below a gate: in a lane it has its own name, in a skeleton `GATE-gate`. A drill that is left asks its clean-up gate
 * on the way out.
 */
export function gatePath(states: ReadonlyMap<string, string>, gate: string): string | undefined {
  const leaving = gate === 'clean-up' ? states.get('leaving-gate') : undefined;
  return states.get(gate) ?? states.get(`${gate}-gate`) ?? leaving;
}

/** A place of the machine in people's words, where its name is not one. */
export function placeText(at: string): string {
  return places[at] ?? at;
}
const places: Readonly<Record<string, string>> = {
  cleaning: 'clean-up',
  'leaving-clean': 'clean-up',
  'cleaning-interrupted': 'clean-up interrupted (go on with: drp decide retry cleaning --reason TEXT)',
  leaving: 'the way out, stopping what runs',
  'leaving-failed': 'the way out, what runs could not be stopped',
  'giving-way': 'the way out, a real run has taken the site',
  'giving-way-failed': 'the way out for a real run, what runs could not be stopped',
  'interrupting-failed': 'clean-up, what runs of it could not be stopped',
};

function pathOf(state: Json): string {
  if (typeof state === 'string') return state;
  if (state === null || typeof state !== 'object') return '';
  const [first] = Object.entries(state);
  return first === undefined ? '' : `${first[0]}.${pathOf(first[1] as Json)}`;
}

/** What the path below a step's name says of the step. */
export function stepState(standing: string): StepState {
  if (standing === 'running.overdue') return 'overdue';
  const [first = ''] = standing.split('.');
  return (stepStates as readonly string[]).includes(first) ? (first as StepState) : 'pending';
}
const stepStates: readonly StepState[] = [
  'running',
  'backoff',
  'stopping',
  'stop-failed',
  'failed',
  'in-doubt',
  'done',
  'skipped',
];
