import { planDuration } from './critical-path.ts';
import { stepsOf } from './phases.ts';
import type { Plan, PlannedStep } from './plan.ts';
import type { Course, StepTiming } from './timings.ts';

/** How long a step should take, ms. People's time is no part of it. */
export interface StepEstimate {
  readonly step: string;
  /** Half of the times it is done by then … */
  readonly p50Ms: number;
  /** … and nine times of ten. */
  readonly p90Ms: number;
  /** Drills and runs it rests on; 0: it is what the runbook expects. */
  readonly samples: number;
  /** Of a step that moves bytes: what it still takes at each part of its way, where that is known. */
  readonly course?: Course;
}

export type Estimates = ReadonlyMap<string, StepEstimate>;

/** What a step has to move this time. */
export interface WorkSize {
  readonly bytes: number;
  readonly files: number;
}

/** The newest so many timings count: the world of a year ago was another one. */
const newestMax = 10;
/** A file costs as much as so many bytes: opening, listing and hashing it; measured with rsync over a 20 ms link. */
const bytesPerFile = 32_768;
/** With one or two samples the longer end is at least this much above the middle. */
const fewSamplesSpread = 1.25;

/**
 * Estimates for each step of a plan: of its drills and runs (oldest first), scaled by what there is to move where both are
 * known; else what the runbook expects. Steps with neither are left out. Pure.
 */
export function stepEstimates(
  plan: Pick<Plan, 'phases' | 'procedure'>,
  timings: readonly StepTiming[],
  sizes: ReadonlyMap<string, WorkSize> = new Map(),
): Estimates {
  const steps = stepsOf(plan).filter(({ kind }) => kind !== 'gate');
  return new Map(
    steps.flatMap((step): [string, StepEstimate][] => {
      const own = timings.filter((timing) => timing.step === step.id && timing.kind === step.kind);
      const estimate = own.length === 0 ? expected(step) : measured(step, own, sizes.get(step.id));
      return estimate === undefined ? [] : [[step.id, estimate]];
    }),
  );
}

function expected({ id, expectMs }: PlannedStep): StepEstimate | undefined {
  return expectMs === undefined ? undefined : { step: id, p50Ms: expectMs, p90Ms: expectMs, samples: 0 };
}

function measured(step: PlannedStep, own: readonly StepTiming[], size: WorkSize | undefined): StepEstimate {
  const whole = own.filter((timing) => timing.whole);
  const used = (whole.length === 0 ? own : whole).slice(-newestMax);
  const scales = size !== undefined && movesBytes(step);
  const times = used.map((timing) => timing.ms * (scales ? scaleOf(timing, size) : 1));
  const p50Ms = Math.round(quantile(times, 0.5));
  const upper = Math.round(quantile(times, 0.9));
  const p90Ms = used.length < 3 ? Math.max(upper, Math.round(p50Ms * fewSamplesSpread)) : upper;
  const courses = used.flatMap((timing) =>
    timing.course === undefined || !movesBytes(step)
      ? []
      : [timing.course.map((ms) => ms * (scales ? scaleOf(timing, size) : 1))],
  );
  const course = courses[0]?.map((_, part) =>
    Math.round(
      quantile(
        courses.map((one) => one[part] ?? 0),
        0.5,
      ),
    ),
  );
  return { step: step.id, p50Ms, p90Ms, samples: used.length, ...(course === undefined ? {} : { course }) };
}

/** Its time grows with what it moves. */
function movesBytes({ kind }: Pick<PlannedStep, 'kind'>): boolean {
  return kind === 'copy' || kind === 'database' || kind === 'salvage';
}

function scaleOf(timing: StepTiming, size: WorkSize): number {
  const then = timing.bytes + timing.files * bytesPerFile;
  const now = size.bytes + size.files * bytesPerFile;
  return then === 0 || now === 0 ? 1 : now / then;
}

/** Linear between the two nearest; of a sorted copy. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const place = (sorted.length - 1) * share;
  const low = sorted[Math.floor(place)] ?? 0;
  const high = sorted[Math.ceil(place)] ?? low;
  return low + (high - low) * (place - Math.floor(place));
}

/** How long the straight way should take, as a range; lanes run beside each other. `unknown`: steps that count as nothing. */
export function estimatedDuration(plan: Pick<Plan, 'phases' | 'procedure'>, estimates: Estimates) {
  const at = (end: 'p50Ms' | 'p90Ms') => planDuration({ ...plan, phases: timed(plan.phases, estimates, end) });
  const [middle, late] = [at('p50Ms'), at('p90Ms')];
  const measuredSteps = [...estimates.values()].filter(({ samples }) => samples > 0).length;
  return {
    p50Ms: middle.expectMs,
    p90Ms: late.expectMs,
    sequentialMs: middle.sequentialMs,
    duration: middle,
    unknown: middle.unknown,
    measuredSteps,
  };
}

function timed(phases: Plan['phases'], estimates: Estimates, end: 'p50Ms' | 'p90Ms'): Plan['phases'] {
  return Object.fromEntries(
    Object.entries(phases).map(([phase, lanes]) => [
      phase,
      lanes.map((lane) => ({
        ...lane,
        steps: lane.steps.map((step) => {
          const estimate = estimates.get(step.id);
          return estimate === undefined ? step : { ...step, expectMs: estimate[end] };
        }),
      })),
    ]),
  );
}
