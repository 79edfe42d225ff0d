import type { Json } from '../../events/event.ts';
import type { PlannedWorld } from '../../plan/plan.ts';
import type { SpecOf } from '../../runbook/schema/steps.ts';
import { requireChosenBackup } from '../remote/chosen-backup.ts';
import { absolutePath, splitPath } from '../remote/host-path.ts';
import type { RunFacts } from '../step-kind.ts';

export type CopySpec = SpecOf<'copy'>;

/** A folder on a host. */
export interface Place {
  readonly host: string;
  readonly path: string;
}

/** Where the tree of a copy comes from. Throws backup-not-chosen. */
export function copySource(spec: CopySpec, at: { readonly world: PlannedWorld; readonly facts: RunFacts }): Place {
  if ('host' in spec.from)
    return { host: spec.from.host, path: absolutePath(at.world, spec.from.host, spec.from.path) };
  const chosen = requireChosenBackup(at.facts, spec.id, spec.from.backup);
  return inBackup(chosen, spec.from.path);
}

/** A folder inside a copy of a backup, or all of it. */
export function inBackup(backup: Place, path: string | undefined): Place {
  const inside = (path ?? '').replaceAll(/^\/+|\/+$/g, '');
  return { host: backup.host, path: inside === '' ? backup.path : `${backup.path}/${inside}` };
}

/** The names of a copy on its target's host. */
export interface CopyNames {
  readonly target: string;
  /** Growing beside it. */
  readonly staging: string;
  /** What was there before. */
  readonly kept: string;
  /** Kept beside it between fires by `drp sync`; the next copy that begins goes on with it. */
  readonly warm: string;
}

/** Staging name of the trees that `drp sync` keeps. */
export const warmStaging = 'warm';

/** The names of a copy on its target's host: in use, growing beside it, and kept of what was there before. */
export function copyNames(spec: CopySpec, at: { readonly world: PlannedWorld; readonly run: string }): CopyNames {
  const target = absolutePath(at.world, spec.to.host, spec.to.path);
  const { folder, base } = splitPath(target);
  const below = folder === '/' ? '' : folder;
  const beside = (name: string): string => `${below}/.${base}.drp-${name}`;
  return {
    target,
    staging: beside(spec.staging ?? spec.id),
    kept: `${target}.before-${at.run}`,
    warm: beside(warmStaging),
  };
}

/** Files and bytes a source had when somebody last looked, and the least it must have now. */
export interface LeastSize {
  readonly files: number;
  readonly bytes: number;
}

/**
 * The least the source must hold: `shrinkLimit` percent of what the gate saw, else of what the last copy into that
 * folder brought. Read from the journal alone, so that a resumed job is the same job.
 */
export function leastSize(spec: CopySpec, at: { readonly world: PlannedWorld; readonly facts: RunFacts }): LeastSize {
  const last = sizeOf(at.facts.choices[`source:${spec.id}`]) ?? lastCopied(spec, at) ?? { files: 1, bytes: 0 };
  const share = (value: number): number => Math.floor((value * spec.shrinkLimit) / 100);
  return { files: Math.max(1, share(last.files)), bytes: share(last.bytes) };
}

/** What a copy step brought into the folder that is copied from now: of this run, else of the last activation. */
function lastCopied(
  spec: CopySpec,
  at: { readonly world: PlannedWorld; readonly facts: RunFacts },
): LeastSize | undefined {
  if (!('host' in spec.from)) return undefined;
  const place = { host: spec.from.host, path: absolutePath(at.world, spec.from.host, spec.from.path) };
  for (const outputs of [at.facts.outputs, at.facts.activation?.outputs ?? {}]) {
    for (const output of Object.values(outputs)) {
      if (!isRecord(output) || !isRecord(output['to'])) continue;
      const { host, path } = output['to'];
      if (host === place.host && path === place.path) return sizeOf(output);
    }
  }
  return undefined;
}

function sizeOf(value: Json | undefined): LeastSize | undefined {
  if (!isRecord(value)) return undefined;
  const { files, bytes } = value;
  return typeof files === 'number' && typeof bytes === 'number' && files > 0 ? { files, bytes } : undefined;
}

function isRecord(value: Json | undefined): value is Readonly<Record<string, Json>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
