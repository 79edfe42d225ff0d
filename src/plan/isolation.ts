import type { Plan, PlannedStep, Resource } from './plan.ts';

/** Kinds of step that a drill may hold. Whatever else the activation does is only simulated. */
const drillKinds: ReadonlySet<PlannedStep['kind']> = new Set([
  'gate',
  'isolate',
  'copy',
  'database',
  'command',
  'http',
  'simulate',
  'clean-up',
]);

/**
 * How a step of a drill would reach outside the isolated target, in words; empty: it does not. Looked at by the proof before
 * the run, and by the executor again before every step. Pure.
 */
export function outsideTarget(
  step: Pick<PlannedStep, 'id' | 'kind' | 'writes'>,
  plan: Pick<Plan, 'drill'>,
): readonly string[] {
  if (!drillKinds.has(step.kind)) return [`${step.id} is a step of kind ${step.kind}, which acts on what is live`];
  return step.writes.flatMap((resource) => {
    const why = whyOutside(resource, plan);
    return why === undefined ? [] : [`${step.id} writes ${resource}, ${why}`];
  });
}

function whyOutside(resource: Resource, { drill }: Pick<Plan, 'drill'>): string | undefined {
  if (drill === undefined) return 'and the drill has no isolated target';
  const [kind = '', host = '', ...rest] = resource.split(':');
  const name = rest.join(':');
  const isolated = ((): boolean => {
    switch (kind) {
      case 'files':
        return isInside(name, drill.roots[host]);
      case 'database':
        return Object.values(drill.databases).some(
          (own) => name === own || name.startsWith(`${own}_drp_`) || name.startsWith(`${own}_before_`),
        );
      case 'port':
        return drill.serves?.host === host && String(drill.serves.port) === name;
      default:
        return false;
    }
  })();
  if (!isolated) return 'outside its isolated target';
  const live = drill.live.find((one) => meets(resource, one));
  return live === undefined ? undefined : `and ${live} is written by the real procedures`;
}

function isInside(path: string, folder: string | undefined): boolean {
  if (folder === undefined || path.split('/').includes('..')) return false;
  return path === folder || path.startsWith(`${folder}/`);
}

/** One and the same, or one folder inside the other. */
function meets(one: Resource, other: Resource): boolean {
  if (one === other) return true;
  const [kind, host, path = ''] = one.split(':');
  const [otherKind, otherHost, otherPath = ''] = other.split(':');
  if (kind !== 'files' || otherKind !== 'files' || host !== otherHost) return false;
  return isInside(path, otherPath) || isInside(otherPath, path);
}
