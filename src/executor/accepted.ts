import type { MachineConfig } from '../../machines/expand.ts';
import type { Event, StateValue } from '../events/event.ts';

// What people may say, read off a machine's JSON and the state an event wrote: no state machine has to be loaded, and no record
// replayed, to show it. Deciding goes through the fold (acceptedNow), which gives the same list.

interface Node {
  readonly type?: unknown;
  readonly on?: Readonly<Record<string, unknown>>;
  readonly states?: Readonly<Record<string, Node>>;
}

/** Types of event people may cause in this state, guards aside: those of the innermost states first. Pure. */
export function acceptedIn(machine: MachineConfig, state: StateValue): readonly string[] {
  const top = typeof state === 'string' ? machine.states[state] : undefined;
  if (top?.['type'] === 'final') return [];
  const found = new Set<string>();
  collect([machine as Node], state, found);
  return [...found];
}

/** Lanes beside each other share what stands around them: each is walked from its innermost state outwards, once. */
function collect(path: readonly [Node, ...Node[]], state: StateValue, into: Set<string>): void {
  const [node] = path;
  const below: readonly (readonly [string, StateValue])[] =
    typeof state === 'string' ? [[state, {}]] : Object.entries((state ?? {}) as Readonly<Record<string, StateValue>>);
  const inner = below.flatMap(([name, value]) => {
    const child = node.states?.[name];
    return child === undefined ? [] : [[child, value] as const];
  });
  for (const [child, value] of inner) collect([child, ...path], value, into);
  if (inner.length > 0) return;
  for (const one of path) for (const type of Object.keys(one.on ?? {})) into.add(type);
}

/** State the machine was left in by the last event that moved it. */
export function lastState(events: readonly Event[]): StateValue | undefined {
  const last = events.findLast((event) => 'state' in event.data);
  return last === undefined ? undefined : (last.data as { readonly state: StateValue }).state;
}

/** What may be said, by step, gate or phase: `copy-files` → retry, mark-done. Pure. */
export function answersAmong(accepted: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const bySubject = new Map<string, string[]>();
  for (const type of accepted.filter((one) => one.includes('.'))) {
    const dot = type.lastIndexOf('.');
    const subject = type.slice(0, dot);
    bySubject.set(subject, [...(bySubject.get(subject) ?? []), type.slice(dot + 1)]);
  }
  return bySubject;
}

/** Phases from which users may be sent back, though nothing asks about it. Pure. */
export function switchBackAmong(accepted: readonly string[]): readonly string[] {
  return accepted.flatMap((type) => (type.endsWith('.switch-back') ? [type.slice(0, type.lastIndexOf('.'))] : []));
}
