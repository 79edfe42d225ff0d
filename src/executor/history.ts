import type { Event } from '../events/event.ts';
import type { Plan } from '../plan/plan.ts';
import type { RehearsalDebt } from '../plan/rehearsal-debt.ts';
import type { StepTiming } from '../plan/timings.ts';
import { rehearsalDebt } from './owed-rehearsal.ts';
import { timingsOf } from './timings-of-site.ts';

/** What the other runs of a site tell about a plan. */
export interface History {
  /** Of an activation: how far it was rehearsed. */
  readonly rehearsal?: RehearsalDebt;
  /** Of drills and real runs that walk the same steps, oldest first. */
  readonly timings: readonly StepTiming[];
}

/** Reads the journals of a site's runs, oldest first, for this plan; `but` is the run that asks. Pure. */
export function historyOf(plan: Plan, runs: readonly (readonly Event[])[], but = ''): History {
  const others = runs.filter(([first]) => first !== undefined && first.run !== but);
  return {
    timings: timingsOf(plan, others),
    ...(plan.procedure === 'activation' ? { rehearsal: rehearsalDebt(plan, others) } : {}),
  };
}
