import type { Event, Json } from '../events/event.ts';
import { stepEstimates, type Estimates, type WorkSize } from '../plan/estimates.ts';
import { stepsOf } from '../plan/phases.ts';
import type { Plan } from '../plan/plan.ts';
import { stepTimings, type StepTiming } from '../plan/timings.ts';
import type { RunFacts } from '../steps/step-kind.ts';

/** How long steps took in the runs of a site that walk the same steps as this plan, oldest first; `but` is the run that asks. Pure. */
export function timingsOf(plan: Plan, runs: readonly (readonly Event[])[], but = ''): readonly StepTiming[] {
  // A return has steps of its own, some under the same names.
  const alike = runs.filter(
    ([first]) =>
      first?.type === 'run.began' && first.run !== but && walks(first.data.procedure) === walks(plan.procedure),
  );
  return alike.flatMap(stepTimings);
}

function walks(procedure: string): 'return' | 'activation' {
  return procedure === 'return' ? 'return' : 'activation';
}

/** Estimates of a plan's steps, scaled by what the run has found to move so far. */
export function estimatesFor(
  plan: Plan,
  history: { readonly timings: readonly StepTiming[] },
  facts?: Pick<RunFacts, 'outputs' | 'choices'>,
): Estimates {
  return stepEstimates(plan, history.timings, facts === undefined ? new Map() : sizesOf(plan, facts));
}

/** What copies, fetches and imports have to move, where gates or ended steps said so. */
function sizesOf(plan: Plan, facts: Pick<RunFacts, 'outputs' | 'choices'>): ReadonlyMap<string, WorkSize> {
  const sizes = new Map<string, WorkSize>();
  for (const { id, spec } of stepsOf(plan)) {
    const size =
      spec.kind === 'copy'
        ? sizeIn(facts.choices[`source:${id}`])
        : spec.kind === 'database' && spec.do === 'fetch'
          ? 'backup' in spec.from
            ? sizeIn(facts.choices[`backup:${spec.from.backup}`])
            : sizeIn(facts.outputs[spec.from.dump])
          : spec.kind === 'database' && spec.do === 'import'
            ? (sizeIn(facts.outputs[spec.fetch]) ?? sizes.get(spec.fetch))
            : undefined;
    if (size !== undefined) sizes.set(id, size);
  }
  return sizes;
}

function sizeIn(value: Json | undefined): WorkSize | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const { bytes, files } = value as Readonly<Record<string, Json>>;
  if (typeof bytes !== 'number' || bytes <= 0) return undefined;
  return { bytes, files: typeof files === 'number' && files > 0 ? files : 0 };
}
