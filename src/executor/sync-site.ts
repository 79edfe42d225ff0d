import { DrpError, isDrpError, toError } from '../base/errors.ts';
import type { Json } from '../events/event.ts';
import type { BackupChoice } from '../plan/backups.ts';
import { stepsOf } from '../plan/phases.ts';
import type { Plan, PlannedStep } from '../plan/plan.ts';
import type { SpecOf } from '../runbook/schema/steps.ts';
import { lookForBackups } from '../steps/backups/backup-evidence.ts';
import { warmStaging } from '../steps/copy/copy-plan.ts';
import { syncTokens } from '../steps/copy/probe-copy.ts';
import { createRedaction } from '../steps/remote/redact.ts';
import type { Progress, StepContext } from '../steps/step-kind.ts';
import type { ExecutorDeps, Reach } from './deps.ts';
import { refuseDrill } from './drill-guard.ts';
import type { SiteState } from './site.ts';
import type { SyncEntry, SyncRecord } from './sync-record.ts';

/** What a sync did with one tree. */
export interface SyncedTree {
  readonly step: string;
  readonly kind: 'done' | 'failed';
  /** HOST:PATH of the backup's copy, and when it was taken. */
  readonly from: string;
  readonly takenAt: string;
  readonly files: number;
  readonly bytes: number;
  readonly tookMs: number;
  readonly lines: readonly string[];
}

export interface SyncRequest {
  /** The site's activation: what would be restored, from which backups, to where. */
  readonly plan: Plan;
  readonly site: SiteState;
  readonly record: SyncRecord;
  readonly signal: AbortSignal;
  onProgress(step: string, progress: Progress): void;
}

/**
 * Fills, beside each tree that an activation would restore from backups, a tree that is never in use: an activation then
 * goes on with it and copies what differs. Each tree is on record, durably, when it is done or has failed. Refused where
 * users are, or may be, on the recovery side, and where a run has claimed the site: throws sync-refused.
 */
export async function syncSite(deps: ExecutorDeps, request: SyncRequest): Promise<readonly SyncedTree[]> {
  const { plan, record } = request;
  const steps = stepsOf(plan).filter(isFromBackup);
  try {
    if (steps.length === 0) refuse(plan.site, 'its activation copies no tree from a backup');
    await refuseWhereInUse(deps, request);
  } catch (error) {
    await record.append({ what: 'refused', at: deps.clock.nowIso(), reason: toError(error).message });
    throw error;
  }
  const reach = deps.reach(plan);
  try {
    const choices = await choicesOf(contextOf(deps, request, { reach, step: 'survey', choices: {} }));
    const trees: SyncedTree[] = [];
    // One after another: a standby is no place to find out what its disks can bear.
    for (const step of steps) trees.push(await syncTree(deps, request, { reach, step, choices }));
    return trees;
  } finally {
    await reach.hosts.closeAll();
  }
}

type BackupCopy = SpecOf<'copy'> & { readonly from: { readonly backup: string } };

function isFromBackup(step: PlannedStep): boolean {
  return step.spec.kind === 'copy' && 'backup' in step.spec.from;
}

/** The looks of a drill are those of a sync: neither may come near a side that is in use. */
async function refuseWhereInUse(deps: ExecutorDeps, { plan, site }: SyncRequest): Promise<void> {
  try {
    await refuseDrill(deps, plan, site);
  } catch (error) {
    if (isDrpError(error, 'drill-refused')) refuse(plan.site, String(error.details['what']), error);
    throw error;
  }
}

function refuse(site: string, what: string, cause?: Error): never {
  throw new DrpError('sync-refused', { site, what }, cause === undefined ? {} : { cause });
}

async function choicesOf(context: StepContext): Promise<readonly BackupChoice[]> {
  return (await lookForBackups(context)).choices;
}

async function syncTree(
  deps: ExecutorDeps,
  request: SyncRequest,
  at: { readonly reach: Reach; readonly step: PlannedStep; readonly choices: readonly BackupChoice[] },
): Promise<SyncedTree> {
  const { record } = request;
  const { step, choices } = at;
  const spec = step.spec as BackupCopy;
  const beganMs = deps.clock.nowMs();
  const chosen = choices.find(({ backup }) => backup === spec.from.backup)?.chosen;
  const from = chosen === undefined ? '' : `${chosen.host}:${chosen.path}`;
  const end = async (tree: Pick<SyncedTree, 'kind' | 'files' | 'bytes' | 'lines'>): Promise<SyncedTree> => {
    const tookMs = deps.clock.nowMs() - beganMs;
    const synced = { step: step.id, from, takenAt: chosen?.takenAt ?? '', tookMs, ...tree };
    await record.append({ what: 'tree', at: deps.clock.nowIso(), ...synced } satisfies SyncEntry);
    return synced;
  };
  const failed = (reason: string) => end({ kind: 'failed', files: 0, bytes: 0, lines: [reason] });
  if (chosen === undefined) return await failed(`no fit copy of backup '${spec.from.backup}' was found`);
  const last = record.lastDone(step.id);
  const context = contextOf(deps, request, {
    reach: at.reach,
    step: step.id,
    choices: {
      [`backup:${spec.from.backup}`]: { ...chosen, defects: [] } as unknown as Json,
      // The least it must hold is a share of what the sync before this one found.
      ...(last === undefined ? {} : { [`source:${step.id}`]: { files: last.files, bytes: last.bytes } }),
    },
  });
  const kind = deps.kinds.get('copy');
  if (kind === undefined) throw new DrpError('internal', { what: 'no such kind of step: copy' });
  const warm = { ...spec, switch: false, staging: warmStaging };
  try {
    const outcome = await kind.run({ ...step, spec: warm }, warm as never, context);
    if (outcome.kind !== 'done')
      return await failed(outcome.kind === 'failed' ? outcome.error.message : outcome.reason);
    const { files, bytes } = outcome.output as unknown as Pick<SyncedTree, 'files' | 'bytes'>;
    return await end({ kind: 'done', files, bytes, lines: outcome.lines });
  } catch (error) {
    if (request.signal.aborted) throw error;
    return await failed(toError(error).message);
  }
}

function contextOf(
  deps: ExecutorDeps,
  { plan, record, signal, onProgress }: SyncRequest,
  at: { readonly reach: Reach; readonly step: string; readonly choices: Readonly<Record<string, Json>> },
): StepContext {
  const { reach, step, choices } = at;
  const run = syncTokens(plan.site);
  const redaction = createRedaction();
  return {
    plan,
    world: plan.world,
    run: { id: run, site: plan.site, mode: 'real' },
    // The place its end will have in the record: never the same twice.
    token: `${run}.${String(record.next())}-${String(deps.clock.nowMs())}.${step}`,
    attempt: 1,
    facts: { outputs: {}, choices },
    clock: deps.clock,
    signal,
    ...{ hosts: reach.hosts, jobs: reach.jobs, providers: deps.providers },
    secret: (reference) => deps.secret(reference),
    redaction,
    report: (progress) => onProgress(step, progress),
  };
}
