import { DrpError } from '../base/errors.ts';
import type { Event, EventType } from './event.ts';

/** Format that this drp writes; older ones are lifted to it when read, never rewritten. */
const currentFormat = 1;

/** An event as its line says it, before anybody has looked at its type. */
export interface RawEvent {
  readonly seq: number;
  readonly run: string;
  readonly at: string;
  readonly by: string;
  readonly type: string;
  readonly data: unknown;
  readonly prev: string;
  readonly hash: string;
}

/** Format n → the step that lifts an event of format n to n + 1. */
const upcasts: Readonly<Record<number, (event: RawEvent) => RawEvent>> = {};

const knownTypes: Readonly<Record<EventType, true>> = {
  'run.began': true,
  'run.adopted': true,
  'driver.attached': true,
  'driver.detached': true,
  'claim.taken': true,
  'claim.released': true,
  'effect.started': true,
  'effect.found': true,
  'witness.kept': true,
  'anchor.kept': true,
  'step.progressed': true,
  'step.done': true,
  'step.failed': true,
  'stop.done': true,
  'stop.failed': true,
  'timer.due': true,
  'gate.opened': true,
  'gate.unready': true,
  'gate.decided': true,
  'gate.renewed': true,
  'decision.made': true,
  'run.aborting': true,
  'run.preempted': true,
  'word.refused': true,
  'watch.handed': true,
  'note.added': true,
  'obligation.opened': true,
  'obligation.settled': true,
  'lesson.added': true,
  'lesson.closed': true,
  'run.ended': true,
};

/** A stored event as this version understands it. `format` is that of the run. Throws journal-newer-format. */
export function upcast(stored: RawEvent, format: number = currentFormat): Event {
  if (format > currentFormat) throw new DrpError('journal-newer-format', { what: `format ${format}` });
  let event = stored;
  for (let from = format; from < currentFormat; from += 1) event = upcasts[from]?.(event) ?? event;
  if (!Object.hasOwn(knownTypes, event.type)) {
    throw new DrpError('journal-newer-format', { what: `event ${event.seq} is a '${event.type}'` });
  }
  // The type is one of the union and the format is this one; the data was checked by the drp that wrote it.
  return event as Event;
}

/** Format that a run's first event declares; the current one for any other event. */
export function formatOf(first: RawEvent): number {
  if (first.type !== 'run.began' || typeof first.data !== 'object' || first.data === null) return currentFormat;
  const format = (first.data as { readonly format?: unknown }).format;
  return typeof format === 'number' ? format : currentFormat;
}
