import { expand, skeletons } from '../../machines/expand.ts';
import type { Plan, PlannedStep } from '../plan/plan.ts';
import { modelOf, type Model } from './model.ts';

/** What passing a gate lets happen until the next one, and what of it can be taken back. */
export interface PointOfNoReturn {
  readonly gate: string;
  /** Steps that change something, with how each is undone. */
  readonly undoable: readonly {
    readonly step: string;
    readonly undo: string;
    /** What doing it takes, by the runbook, ms: so much work is lost when it is undone. */
    readonly expectMs?: number;
  }[];
  /** Steps that cannot be undone. */
  readonly irreversible: readonly string[];
  /** What no step undoes by itself: users who write on the other side. */
  readonly lasting: readonly string[];
  /** Steps that change something, and say neither how they are undone nor that they cannot be. */
  readonly unsaid: readonly string[];
  /** What has become final by the time the next gate is reached, on the straight way; for a way back: by its end. */
  readonly finalSoFar: readonly string[];
}

/** For each gate in the order it is met: what has become possible, and final, behind it. */
export function pointsOfNoReturn(plan: Plan): readonly PointOfNoReturn[] {
  const model = modelOf(plan);
  const points: { gate: string; steps: PlannedStep[] }[] = [];
  for (const part of partsOf(plan)) {
    if (typeof part === 'string') points.push({ gate: part, steps: [] });
    else points.at(-1)?.steps.push(part);
  }
  const soFar: string[] = [];
  return points.map(({ gate, steps }) => {
    const irreversible = steps.filter((step) => step.irreversible).map(({ id }) => id);
    const lasting = steps.flatMap((step) => lastingOf(step, model));
    soFar.push(...irreversible.map((id) => `${id} cannot be undone`), ...lasting);
    return {
      gate,
      undoable: steps.flatMap((step) => undoOf(step)),
      irreversible,
      lasting,
      unsaid: steps
        .filter((step) => step.undo === undefined && !step.irreversible && step.writes.length > 0)
        .map(({ id }) => id),
      finalSoFar: [...soFar],
    };
  });
}

function undoOf({ id, undo, irreversible, expectMs }: PlannedStep): PointOfNoReturn['undoable'] {
  if (undo === undefined || irreversible) return [];
  return [{ step: id, undo, ...(expectMs === undefined ? {} : { expectMs }) }];
}

/** Gates and steps in the order of the skeleton, gates of lanes among them. */
function partsOf(plan: Plan): readonly (string | PlannedStep)[] {
  const skeleton = skeletons[plan.procedure];
  const { states } = expand(skeleton, { phases: {} });
  const seen = new Set<string>();
  return Object.values(states).flatMap(({ meta }): (string | PlannedStep)[] => {
    const part = meta?.gate === undefined ? meta?.work : `gate ${meta.gate}`;
    if (part === undefined || seen.has(part)) return [];
    seen.add(part);
    if (meta?.gate !== undefined) return meta.gate === 'unserved' ? [] : [meta.gate];
    if (meta?.work === undefined || meta.work === 'reopen') return [];
    const steps = (plan.phases[meta.work] ?? []).flatMap((lane) => lane.steps);
    return steps.map((step) => (step.kind === 'gate' ? step.id : step));
  });
}

function lastingOf(step: PlannedStep, model: Model): readonly string[] {
  const moves = model.steps.get(step.id)?.moves;
  if (moves === undefined) return [];
  const left = moves.to === 'production' ? 'recovery' : 'production';
  const back =
    moves.to === model.target ? 'a switch back leaves those writes there' : `what they wrote on ${left} stays there`;
  return [`${step.id}: users write on ${moves.to} from here on; ${back}`];
}
