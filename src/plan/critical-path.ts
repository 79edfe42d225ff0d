import { isStraightOn, phasesInOrder } from './phases.ts';
import type { Plan, PlannedStep } from './plan.ts';

export interface LaneDuration {
  readonly lane: string;
  readonly expectMs: number;
}

export interface PhaseDuration {
  readonly phase: string;
  /** The longest lane: lanes run beside each other. */
  readonly expectMs: number;
  readonly lanes: readonly LaneDuration[];
  /** Lane the phase waits for; '' where the phase has no step. */
  readonly critical: string;
}

/** How long a procedure should take, people's time at gates left out. */
export interface PlanDuration {
  readonly expectMs: number;
  /** The same steps one after another: what lanes beside each other save is the difference. */
  readonly sequentialMs: number;
  readonly phases: readonly PhaseDuration[];
  /** Ids of the steps that decide how long it takes, in order. */
  readonly criticalPath: readonly string[];
  /** Steps that say no duration: counted as nothing, so the sum is too small by theirs. */
  readonly unknown: readonly string[];
}

/** How long the straight way takes: phases that run only when somebody decides so are no part of it. Pure. */
export function planDuration(plan: Pick<Plan, 'phases' | 'procedure'>): PlanDuration {
  const walked = phasesInOrder(plan).filter(isStraightOn);
  const phases = walked.map((phase) => phaseDuration(plan, phase));
  const lanes = walked.flatMap((phase) => plan.phases[phase] ?? []);
  const critical = phases.flatMap(
    ({ phase, critical: lane }) => plan.phases[phase]?.find(({ name }) => name === lane)?.steps ?? [],
  );
  return {
    expectMs: phases.reduce((sum, phase) => sum + phase.expectMs, 0),
    sequentialMs: phases.flatMap((phase) => phase.lanes).reduce((sum, lane) => sum + lane.expectMs, 0),
    phases,
    criticalPath: critical.filter(isWork).map((step) => step.id),
    unknown: lanes.flatMap((lane) =>
      lane.steps.filter((step) => isWork(step) && step.expectMs === undefined).map((step) => step.id),
    ),
  };
}

function phaseDuration(plan: Pick<Plan, 'phases'>, phase: string): PhaseDuration {
  const lanes = (plan.phases[phase] ?? []).map(({ name, steps }) => ({
    lane: name,
    expectMs: steps.reduce((sum, step) => sum + (step.expectMs ?? 0), 0),
  }));
  const longest = lanes.reduce<LaneDuration | undefined>(
    (best, lane) => (best === undefined || lane.expectMs > best.expectMs ? lane : best),
    undefined,
  );
  return { phase, expectMs: longest?.expectMs ?? 0, lanes, critical: longest?.lane ?? '' };
}

function isWork(step: PlannedStep): boolean {
  return step.kind !== 'gate';
}
