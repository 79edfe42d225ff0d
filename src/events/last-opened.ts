import type { Event, EventOf } from './event.ts';

/** How a gate was shown last; undefined: it has not opened yet. */
export function lastOpened(events: readonly Event[], gate: string): EventOf<'gate.opened'> | undefined {
  const opened = events.findLast((event) => event.type === 'gate.opened' && event.data.gate === gate);
  return opened?.type === 'gate.opened' ? opened : undefined;
}
