import { createActor, type AnyActorScope, type AnyEventObject, type AnyStateMachine, type SnapshotFrom } from 'xstate';
import type { Machine } from '../../machines/kit.ts';

/** What XState would do; read as what is wanted, never executed. */
export interface Action {
  readonly type: string;
  readonly params: Readonly<Record<string, unknown>> | undefined;
}

type Next = readonly [snapshot: SnapshotFrom<Machine>, actions: readonly Action[]];

interface Scope {
  readonly scope: AnyActorScope;
  actions: Action[];
}

/** Made from the machine alone, and holding nothing between two transitions: remembered only to be quick. */
const scopes = new WeakMap<Machine, Scope>();

/**
 * XState's own pure `transition()`, with the actor it needs as a scope made once a machine instead of once an event: it is never
 * started, and making it (with the machine's first snapshot) took half of the time of a replay.
 */
export function nextOf(machine: Machine, snapshot: SnapshotFrom<Machine>, event: AnyEventObject): Next {
  const asked = JSON.stringify(event);
  const known = lastAnswers.get(snapshot);
  if (known?.asked === asked) return known.next;
  const held = scopeOf(machine);
  held.actions = [];
  const after = machine.transition(snapshot as never, event as never, held.scope as never);
  const next: Next = [after as unknown as SnapshotFrom<Machine>, held.actions];
  lastAnswers.set(snapshot, { asked, next });
  return next;
}

/**
 * What was last asked of a state: an event is asked about before it is journalled, behind others that go with it, and when it is
 * folded. A transition is pure, so that the answer is the same.
 */
const lastAnswers = new WeakMap<object, { readonly asked: string; readonly next: Next }>();

function scopeOf(machine: Machine): Scope {
  const known = scopes.get(machine);
  if (known !== undefined) return known;
  const self = createActor(machine as AnyStateMachine);
  const nothing = (): void => undefined;
  const made: Scope = {
    actions: [],
    scope: {
      self,
      id: '',
      sessionId: '',
      system: self.system,
      logger: nothing,
      defer: nothing,
      stopChild: nothing,
      emit: nothing,
      actionExecutor: (action) => {
        made.actions.push(action as unknown as Action);
      },
    },
  };
  scopes.set(machine, made);
  return made;
}
