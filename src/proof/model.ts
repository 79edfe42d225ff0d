import { isStraightOn, phasesInOrder, stepsOf } from '../plan/phases.ts';
import type { Plan, PlannedStep } from '../plan/plan.ts';
import { actOf, type Side, type StepAct } from './step-act.ts';

/** A step with its place in the procedure and what it does to the world. */
export interface ModelStep extends StepAct {
  readonly step: PlannedStep;
  readonly id: string;
  /** Of a way back (switch back, reopen), not of the straight way. */
  readonly aside: boolean;
  /** Place of its phase on the straight way, and of the step in its lane. */
  readonly phaseAt: number;
  readonly stepAt: number;
  /** Gates of which one must have been passed where this step cannot be undone. */
  readonly guards: readonly string[];
}

/** What the laws look at: a plan reduced to sides, records, and what each step does to them. */
export interface Model {
  readonly plan: Plan;
  /** Where users are when the procedure begins, and where it brings them. */
  readonly origin: Side;
  readonly target: Side;
  /** DNS records (`zone/record`) that decide where users go. */
  readonly records: readonly string[];
  readonly steps: ReadonlyMap<string, ModelStep>;
  /** Steps without which the target does not hold what users need: DNS waits for all of them. */
  readonly restorations: readonly ModelStep[];
  /** Of a drill: what it makes in its isolated target, in words. */
  readonly makes: readonly string[];
}

/** Phases whose steps are the restoration itself, every one of them. */
const restorationPhases: ReadonlySet<string> = new Set(['restoration', 'delta']);

/** Skeleton gate → phases it answers for. In other phases an irreversible step needs a gate of its own in its lane. */
const answersFor: Readonly<Record<string, readonly string[]>> = {
  declaration: ['fencing'],
  restoration: ['restoration'],
  authorisation: ['settle-fencing', 'freeze-production', 'salvage'],
  salvage: ['pre-copy', 'freeze-recovery', 'delta'],
  switchover: ['switchover'],
  'switch-back': ['switch-back'],
  order: ['isolation'],
  'clean-up': ['clean-up'],
};

/** Reads a plan once, so that the laws need not. Pure. */
export function modelOf(plan: Plan): Model {
  const origin: Side = plan.procedure === 'return' ? 'recovery' : 'production';
  // A drill brings users nowhere.
  const target: Side = plan.procedure === 'activation' ? 'recovery' : 'production';
  const records = recordsOf(plan);
  const steps = new Map<string, ModelStep>();
  phasesInOrder(plan).forEach((phase, phaseAt) => {
    const aside = !isStraightOn(phase);
    for (const lane of plan.phases[phase] ?? []) {
      lane.steps.forEach((step, stepAt) => {
        if (step.kind === 'gate') return;
        const act = actOf(step, { plan, records, toward: aside ? origin : target });
        steps.set(step.id, {
          ...act,
          step,
          id: step.id,
          aside,
          phaseAt,
          stepAt,
          guards: guardsOf(
            plan,
            step,
            lane.steps.slice(0, stepAt).filter(({ kind }) => kind === 'gate'),
          ),
        });
      });
    }
  });
  const all = [...steps.values()];
  return { plan, origin, target, records, steps, restorations: restorationsOf(all), makes: makesOf(plan) };
}

function makesOf({ drill }: Plan): readonly string[] {
  if (drill === undefined) return [];
  const { roots, databases, serves } = drill;
  return [
    ...Object.keys(roots).map((host) => `the folder on ${host}`),
    ...Object.keys(databases).map((database) => `the databases for ${database}`),
    ...(serves === undefined ? [] : ['what serves the copy']),
  ].sort();
}

/** What a clean-up step takes away, as `makes` has it; undefined for other steps. */
export function removedBy({ spec }: PlannedStep): string | undefined {
  if (spec.kind !== 'clean-up') return undefined;
  if (spec.what === 'service') return 'what serves the copy';
  return spec.what === 'files' ? `the folder on ${spec.host}` : `the databases for ${spec.database}`;
}

/** In the order of the procedure `a` has ended before `b` starts. */
export function endsBefore(a: ModelStep, b: ModelStep): boolean {
  if (a.phaseAt !== b.phaseAt) return a.phaseAt < b.phaseAt;
  return a.step.lane === b.step.lane && a.stepAt < b.stepAt;
}

/** Sides that a host serves users from: those it is named for in the service, and that of its role. */
export function sidesOf(plan: Plan, host: string): readonly Side[] {
  const { service, hosts } = plan.world;
  return (['production', 'recovery'] as const).filter(
    (side) => service[side].host === host || hosts[host]?.role === side,
  );
}

/** Records that differ between the sides: of these the ones some step moves, or all where none does. */
function recordsOf(plan: Plan): readonly string[] {
  const all = Object.entries(plan.world.dns).flatMap(([zone, { records }]) =>
    Object.entries(records)
      .filter(([, record]) => JSON.stringify(record.production) !== JSON.stringify(record.recovery))
      .map(([name, record]) => ({ key: `${zone}/${name}`, dnsName: record.name })),
  );
  const steps = stepsOf(plan);
  const moved = all.filter(({ key, dnsName }) =>
    steps.some(
      ({ spec, writes }) =>
        (spec.kind === 'dns' && spec.do === 'switch' && spec.records.some((one) => `${spec.zone}/${one}` === key)) ||
        (spec.kind !== 'dns' && writes.includes(`dns:${dnsName}`)),
    ),
  );
  return (moved.length > 0 ? moved : all).map(({ key }) => key);
}

function guardsOf(plan: Plan, step: PlannedStep, laneGates: readonly PlannedStep[]): readonly string[] {
  const covering = Object.values(plan.gates).filter((gate) => gate.covers.includes(step.id));
  const answering = Object.keys(answersFor).filter((gate) => answersFor[gate]?.includes(step.phase) === true);
  return [...new Set([...covering.map(({ id }) => id), ...laneGates.map(({ id }) => id), ...answering])];
}

function restorationsOf(steps: readonly ModelStep[]): readonly ModelStep[] {
  const moves = steps.filter((one) => one.moves !== undefined && !one.aside);
  return steps.filter((one) => {
    if (one.aside || one.moves !== undefined) return false;
    if (restorationPhases.has(one.step.phase)) return true;
    // Elsewhere: what brings data, unless it is a first pass or comes after the switch anyway (another law).
    const bringsData = one.writesLive.length > 0 && ['copy', 'database'].includes(one.step.kind);
    return bringsData && moves.some((move) => !endsBefore(move, one));
  });
}
