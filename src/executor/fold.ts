import {
  getNextTransitions,
  initialTransition,
  type AnyEventObject,
  type AnyStateMachine,
  type SnapshotFrom,
} from 'xstate';
import { machineFrom, stoppingStates, type MachineConfig } from '../../machines/expand.ts';
import type { Machine } from '../../machines/kit.ts';
import { DrpError } from '../base/errors.ts';
import type { Event, EventOf, Json, StateValue } from '../events/event.ts';
import { nextOf, type Action } from './fold-transition.ts';

/**
 * An effect the machine wants. `key` = `SEQ.ID`, seq of the event that wanted it: unlike every other for ever. In an adopted
 * run it is `SEQaLINEAGE.ID` from the adoption on: the lost end of the original counted on with the same numbers.
 */
export interface Wanted {
  readonly key: string;
  readonly id: string;
  readonly source: 'step' | 'evidence' | 'stop';
  /** The step to run or stop, or the gate to gather for; absent: stop everything of the run. */
  readonly subject?: string;
  /** `effect.started` is on disk: it may have begun. */
  readonly started: boolean;
}

/** A run as its journal tells it. Pure value: the same events give the same Run. */
export interface Run {
  readonly machine: Machine;
  readonly snapshot: SnapshotFrom<Machine>;
  /** By effect id. */
  readonly wanted: ReadonlyMap<string, Wanted>;
  /** Timers by id: when they are due (ms since 1970) and the event they cause. */
  readonly timers: ReadonlyMap<string, { readonly dueMs: number; readonly event: string }>;
  /** Started steps with no known end, key → step: what a stop must look for. */
  readonly unsettled: ReadonlyMap<string, string>;
  /** Tries per step over the whole run, for people. */
  readonly tries: ReadonlyMap<string, number>;
  readonly lastSeq: number;
  /** Name of the copy this run goes on in; '' where it was never adopted. */
  readonly lineage: string;
  /** Keys that go on under the token of a job that was found, not under their own. */
  readonly tokens: ReadonlyMap<string, string>;
  /** A driver brought it in from paper: it stays so (on-paper.ts). */
  readonly onPaper: boolean;
}

/** What the XState machine hears when this event happens; undefined: the event is a fact beside the machine. */
export function machineEvent(event: Pick<Event, 'type' | 'data'>): AnyEventObject | undefined {
  const { type, data } = event as Event;
  switch (type) {
    case 'step.done':
      return { type: `xstate.done.actor.${data.step}`, output: {} };
    case 'step.failed':
      return { type: `xstate.error.actor.${data.step}`, error: { kind: data.kind } };
    case 'gate.opened':
      return { type: `xstate.done.actor.evidence:${data.gate}`, output: {} };
    case 'gate.unready':
      return { type: `xstate.error.actor.evidence:${data.gate}`, error: { kind: 'failed' } };
    case 'stop.done':
      return { type: `xstate.done.actor.${idOf(data.key)}`, output: {} };
    case 'stop.failed':
      return { type: `xstate.error.actor.${idOf(data.key)}`, error: { kind: 'failed' } };
    case 'timer.due':
      return { type: data.timer };
    case 'gate.decided':
      return data.passed ? { type: `${data.gate}.${data.decision}` } : undefined;
    case 'gate.renewed':
      return { type: `${data.gate}.renew` };
    case 'decision.made':
      return { type: `${data.subject}.${data.verb}` };
    case 'run.aborting':
      return { type: 'abort' };
    case 'run.preempted':
      return { type: 'preempt' };
    default:
      return undefined;
  }
}

/** Where the machine would go; undefined: it does not take this event now, so it must not be journalled. */
export function stateAfter(run: Run, event: AnyEventObject): StateValue | undefined {
  const [snapshot] = nextOf(run.machine, run.snapshot, event);
  return snapshot === run.snapshot ? undefined : (snapshot.value as Json);
}

/** State value a fresh run of this machine stands in. */
export function initialState(config: MachineConfig): StateValue {
  const [snapshot] = initialTransition(machineFrom(config) as AnyStateMachine);
  return snapshot.value as Json;
}

/** Types of event people may cause now, guards aside: `restoration.approve`, `copy-files.retry`, `abort` … */
export function acceptedNow(run: Run): readonly string[] {
  if (run.snapshot.status !== 'active') return [];
  const types = getNextTransitions(run.snapshot as never).map((next) => next.eventType);
  return [...new Set(types)].filter((type) => type !== '' && !type.startsWith('xstate.'));
}

/**
 * One event more. Throws journal-diverges where this version of drp reads the event otherwise than the one that wrote
 * it: going on would act on a state nobody decided.
 */
export function fold(run: Run | undefined, event: Event): Run {
  if (event.type === 'run.began') return begin(event);
  if (run === undefined) throw new DrpError('journal-diverges', { seq: event.seq, what: 'the run has no beginning' });
  const next = { ...run, lastSeq: event.seq };
  if (event.type === 'effect.started') return started(next, event.data);
  if (event.type === 'driver.attached') return { ...next, onPaper: run.onPaper || event.data.onPaper === true };
  if (event.type === 'run.adopted') return { ...next, lineage: event.data.lineage };
  if (event.type === 'effect.found') {
    return { ...next, tokens: new Map(run.tokens).set(event.data.key, event.data.token) };
  }
  const heard = machineEvent(event);
  if (heard === undefined) return next;
  const [snapshot, actions] = nextOf(run.machine, run.snapshot, heard);
  const written = 'state' in event.data ? event.data.state : undefined;
  if (snapshot === run.snapshot || !sameState(snapshot.value as Json, written)) {
    throw new DrpError('journal-diverges', { seq: event.seq, what: `${event.type} (${heard.type})` });
  }
  const settled = settle(next, event, heard.type);
  return takeOn({ ...settled, snapshot }, actions, event);
}

function begin(event: Extract<Event, { type: 'run.began' }>): Run {
  const machine = machineFrom(event.data.machine as unknown as MachineConfig);
  const [snapshot, actions] = initialTransition(machine as AnyStateMachine);
  const run: Run = {
    machine,
    snapshot: snapshot as never,
    wanted: new Map(),
    timers: new Map(),
    unsettled: new Map(),
    tries: new Map(),
    lastSeq: event.seq,
    lineage: '',
    tokens: new Map(),
    onPaper: false,
  };
  return takeOn(run, actions as unknown as Action[], event);
}

function started(run: Run, effect: EventOf<'effect.started'>['data']): Run {
  const { key, id, source } = effect;
  const asked = run.wanted.get(id);
  if (asked?.key !== key)
    throw new DrpError('journal-diverges', { seq: run.lastSeq, what: `effect ${key} was not wanted` });
  const wanted = new Map(run.wanted).set(id, { ...asked, started: true });
  if (source !== 'step') return { ...run, wanted };
  const tries = new Map(run.tries).set(id, (run.tries.get(id) ?? 0) + 1);
  return { ...run, wanted, tries, unsettled: new Map(run.unsettled).set(key, id) };
}

/** Forgets effects and timers that this event ends. An effect in doubt stays unsettled: it may still run. */
function settle(run: Run, event: Event, heard: string): Run {
  const wanted = new Map(run.wanted);
  const unsettled = new Map(run.unsettled);
  const timers = new Map([...run.timers].filter(([, timer]) => timer.event !== heard));
  switch (event.type) {
    case 'step.done':
    case 'step.failed':
      wanted.delete(event.data.step);
      if (event.type === 'step.done' || event.data.kind === 'failed') unsettled.delete(event.data.key);
      break;
    case 'gate.opened':
    case 'gate.unready':
      wanted.delete(`evidence:${event.data.gate}`);
      break;
    case 'stop.done':
    case 'stop.failed':
      wanted.delete(idOf(event.data.key));
      if (event.type === 'stop.done') forgetStopped(unsettled, event.data.step);
      break;
    case 'decision.made':
      // A person attests: nothing of it runs any more (stopped), or it is done (mark-done).
      if (event.data.verb === 'stopped') {
        forgetStopped(unsettled, stoppingStates.has(event.data.subject) ? undefined : event.data.subject);
      }
      if (event.data.verb === 'mark-done') forgetStopped(unsettled, event.data.subject);
      break;
    default:
  }
  return { ...run, wanted, unsettled, timers };
}

function forgetStopped(unsettled: Map<string, string>, step: string | undefined): void {
  for (const [key, owner] of unsettled) if (step === undefined || owner === step) unsettled.delete(key);
}

/** Reads the actions XState returns as what is wanted from now on; none of them is ever executed. */
function takeOn(run: Run, actions: readonly Action[], event: Event): Run {
  const wanted = new Map(run.wanted);
  const timers = new Map(run.timers);
  for (const { type, params } of actions) {
    const id = String(params?.['id'] ?? '');
    switch (type) {
      case 'xstate.spawnChild': {
        const input = (params?.['input'] ?? {}) as { step?: string; gate?: string };
        const subject = input.step ?? input.gate;
        const source = params?.['src'] as Wanted['source'];
        wanted.set(id, {
          key: `${event.seq}${run.lineage === '' ? '' : `a${run.lineage}`}.${id}`,
          id,
          source,
          started: false,
          ...(subject === undefined ? {} : { subject }),
        });
        break;
      }
      case 'xstate.stopChild':
        wanted.delete(id);
        break;
      case 'xstate.raise': {
        const delay = params?.['delay'];
        const raised = params?.['event'] as { type: string } | undefined;
        if (typeof delay === 'number' && raised !== undefined) {
          timers.set(id, { dueMs: Date.parse(event.at) + delay, event: raised.type });
        }
        break;
      }
      case 'xstate.cancel':
        timers.delete(String(params?.['sendId'] ?? ''));
        break;
      default:
        throw new DrpError('internal', { what: `machines may only invoke, assign and wait, not ${type}` });
    }
  }
  return { ...run, wanted, timers };
}

/** Token of the job of an effect: its own, or that of a job that was found. */
export function tokenOf(run: Run, id: string, key: string): string {
  return run.tokens.get(key) ?? `${id}.${key}`;
}

/** `SEQ.ID` → `ID`. */
function idOf(key: string): string {
  return key.slice(key.indexOf('.') + 1);
}

/** The same value, whatever the order of its keys. */
function sameState(a: Json, b: Json | undefined): boolean {
  if (a === b) return true;
  if (!isRecord(a) || !isRecord(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && sameState(a[key] ?? null, b[key] ?? null))
  );
}

/** State values hold no lists. */
function isRecord(value: Json | undefined): value is Readonly<Record<string, Json>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
