import type { Draft, EventData, EventType } from '../events/event.ts';
import { machineEvent, stateAfter, type Run } from './fold.ts';

/** Types of event that move the machine. */
export type MovingType = { [T in EventType]: 'state' extends keyof EventData[T] ? T : never }[EventType];

/**
 * A draft that moves the machine, with the state it leads to; undefined where the machine does not take it now: such an
 * event must never reach the journal.
 */
export function moving<T extends Exclude<MovingType, 'run.began'>>(
  run: Run,
  draft: { readonly type: T; readonly by: string; readonly data: Omit<EventData[T], 'state'> },
): Draft | undefined {
  const heard = machineEvent(draft as never);
  const state = heard === undefined ? run.snapshot.value : stateAfter(run, heard);
  if (state === undefined) return undefined;
  return { ...draft, data: { ...draft.data, state } } as unknown as Draft;
}
