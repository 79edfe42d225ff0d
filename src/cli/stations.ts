import { skeletons } from '../../machines/expand.ts';
import type { Plan } from '../plan/plan.ts';
import type { PlanStation } from '../views/plan-text.ts';

interface SkeletonState {
  readonly meta?: { readonly gate?: string; readonly work?: string };
}

/** The gates and phases of a procedure in the order of its skeleton; those after its end are ways back. */
export function stationsOf(plan: Pick<Plan, 'procedure' | 'gates' | 'phases'>): readonly PlanStation[] {
  const config = skeletons[plan.procedure].config as unknown as { readonly states: Record<string, SkeletonState> };
  const stations: PlanStation[] = [];
  let aside = false;
  for (const [name, { meta }] of Object.entries(config.states)) {
    if (name === 'completed') aside = true;
    const kind = meta?.gate === undefined ? 'phase' : 'gate';
    const station = meta?.gate ?? meta?.work;
    const known = station !== undefined && (kind === 'gate' ? plan.gates : plan.phases)[station] !== undefined;
    if (known && !stations.some((one) => one.kind === kind && one.name === station)) {
      stations.push({ kind, name: station, aside });
    }
  }
  return stations;
}
