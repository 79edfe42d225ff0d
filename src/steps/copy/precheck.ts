import { formatSize } from '../../base/duration.ts';
import { DrpError } from '../../base/errors.ts';
import type { PlannedStep } from '../../plan/plan.ts';
import type { StepContext } from '../step-kind.ts';
import { copySource, leastSize, type CopySpec, type LeastSize } from './copy-plan.ts';
import { readTarget, treeSize, type TargetState, type TreeSize } from './trees.ts';

/** Kept free beside what is needed: logs and the like go on growing. */
const spareBytes = 64 * 1024 * 1024;

/** What a source lacks to be copied, in words; undefined: it is fit. */
export function sourceFault(found: Pick<TreeSize, 'files' | 'bytes'>, least: LeastSize): string | undefined {
  if (found.files === 0) return 'it is empty';
  if (found.files >= least.files && found.bytes >= least.bytes) return undefined;
  return `it has shrunk: ${found.files} files and ${formatSize(found.bytes)}, at least ${least.files} and ${formatSize(least.bytes)} were expected`;
}

/** What a target lacks to take a tree, in words; undefined: there is room. What is replaced is kept, so all of it counts. */
export function roomFault(source: Pick<TreeSize, 'entries' | 'diskBytes'>, target: TargetState): string | undefined {
  const bytes = Math.max(0, source.diskBytes - target.staging.diskBytes);
  if (target.freeBytes < bytes + Math.floor(bytes / 50) + spareBytes) {
    return `${formatSize(bytes)} and a little to spare are needed, ${formatSize(target.freeBytes)} are free`;
  }
  const inodes = Math.max(0, source.entries - target.staging.entries);
  if (target.freeInodes >= 0 && target.freeInodes < inodes + 100) {
    return `${inodes} inodes are needed, ${target.freeInodes} are free`;
  }
  return undefined;
}

/** Refuses an empty or shrunken source, too little room, a target that cannot be replaced. Read-only. */
export async function checkCopy(step: PlannedStep, spec: CopySpec, context: StepContext): Promise<void> {
  const place = copySource(spec, context);
  const [source, target] = await Promise.all([
    treeSize(context, place, spec),
    readTarget(context, spec, { sinceMs: 0 }),
  ]);
  const unfit = sourceFault(source, leastSize(spec, context));
  if (unfit !== undefined)
    throw new DrpError('source-unfit', { step: step.id, reason: `${place.host}:${place.path}: ${unfit}` });
  const [fault] = target.faults;
  if (fault !== undefined) throw new DrpError('target-unfit', { step: step.id, host: spec.to.host, reason: fault });
  const room = roomFault(source, target);
  if (room !== undefined) throw new DrpError('no-room', { step: step.id, host: spec.to.host, reason: room });
}
