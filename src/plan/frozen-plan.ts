import type { EventOf } from '../events/event.ts';
import type { Plan } from './plan.ts';

/** The plan frozen in a run's first event. It was checked by the drp that wrote it, and its digest stands beside it. */
export function frozenPlan(began: EventOf<'run.began'>): Plan {
  return began.data.plan as unknown as Plan;
}
