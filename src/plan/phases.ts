import { asidePhases, drillPhases, phaseOrder } from '../runbook/procedures.ts';
import type { Plan, PlannedStep } from './plan.ts';

/** All steps of a plan in the order of its phases and lanes, gates in lanes among them. */
export function stepsOf(plan: Pick<Plan, 'phases' | 'procedure'>): readonly PlannedStep[] {
  return phasesInOrder(plan).flatMap((phase) => (plan.phases[phase] ?? []).flatMap((lane) => lane.steps));
}

/** Names of the plan's phases in the order they are walked (canonical JSON sorts keys, so a stored plan has lost it). */
export function phasesInOrder(plan: Pick<Plan, 'phases' | 'procedure'>): readonly string[] {
  const order = plan.procedure === 'drill' ? drillPhases : phaseOrder[plan.procedure];
  return order.filter((phase) => Object.hasOwn(plan.phases, phase));
}

/** False for a phase that runs only when somebody decides so: a way back. */
export function isStraightOn(phase: string): boolean {
  return !asidePhases.has(phase);
}
