import { DrpError } from '../base/errors.ts';
import type { Event } from '../events/event.ts';
import { frozenPlan } from '../plan/frozen-plan.ts';
import type { Plan } from '../plan/plan.ts';

/** The plan frozen in a run's first event. */
export function planOf(events: readonly Event[]): Plan {
  const [first] = events;
  if (first?.type !== 'run.began') throw new DrpError('internal', { what: 'a run without a beginning' });
  return frozenPlan(first);
}
