import type { Event } from '../events/event.ts';
import type { Plan } from '../plan/plan.ts';
import type { RehearsalDebt } from '../plan/rehearsal-debt.ts';
import type { StepTiming } from '../plan/timings.ts';
import { rehearsalDebt } from './owed-rehearsal.ts';
import { timingsOf } from './timings-of-site.ts';

/** What the other runs of a site tell about a plan. */
export interface History {
  /** Of an activation: how far it was rehearsed. */
  readonly rehearsal?: RehearsalDebt | undefined;
  /** Of drills and real runs that walk the same steps, oldest first. */
  readonly timings: readonly StepTiming[];
}

/**
 * Reads the journals of a site's runs, oldest first, for this plan; `but` is the run that asks. Pure. Each part is worked out when it
 * is first asked for: a driver that meets no gate never asks.
 */
export function historyOf(plan: Plan, runs: readonly (readonly Event[])[], but = ''): History {
  const others = runs.filter(([first]) => first !== undefined && first.run !== but);
  let timings: History['timings'] | undefined;
  let rehearsal: RehearsalDebt | undefined;
  return {
    get timings() {
      return (timings ??= timingsOf(plan, others));
    },
    get rehearsal() {
      return plan.procedure === 'activation' ? (rehearsal ??= rehearsalDebt(plan, others)) : undefined;
    },
  };
}
