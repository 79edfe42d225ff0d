import { DrpError, isDrpError, toError } from '../base/errors.ts';
import type { Json } from '../events/event.ts';
import type { BackupChoice } from '../plan/backups.ts';
import { stepsOf } from '../plan/phases.ts';
import type { Plan, PlannedStep } from '../plan/plan.ts';
import type { SpecOf } from '../runbook/schema/steps.ts';
import { lookForBackups } from '../steps/backups/backup-evidence.ts';
import { createSurveyMemory } from '../steps/backups/survey-memory.ts';
import { warmStaging } from '../steps/copy/copy-plan.ts';
import { syncTokens } from '../steps/copy/probe-copy.ts';
import { createRedaction } from '../steps/remote/redact.ts';
import type { Progress, StepContext } from '../steps/step-kind.ts';
import type { ExecutorDeps, Reach } from './deps.ts';
import { refuseDrill } from './drill-guard.ts';
import type { SiteState } from './site.ts';
import type { BeganSync, EndedSync, SyncedTree, SyncRecord } from './sync-record.ts';

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
    const choices = await choicesOf(
      contextOf(deps, request, { reach, step: 'survey', token: `${syncTokens(plan.site)}.survey`, choices: {} }),
    );
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
  const chosen = choices.find(({ backup }) => backup === spec.from.backup)?.chosen;
  // What a sync that died left behind is followed first: its job may run, and nothing is begun beside it.
  const left = record.unfinished(step.id);
  const found = left === undefined ? undefined : await followTree(deps, request, { ...at, began: left, again: true });
  if (found?.kind === 'done' && found.from === placeOf(chosen)) return found;
  if (chosen === undefined) {
    const reason = `no fit copy of backup '${spec.from.backup}' was found`;
    return await ended(deps, record, { step: step.id, lines: [reason] });
  }
  const last = record.lastDone(step.id);
  const token = `${syncTokens(request.plan.site)}.${String(record.next())}-${String(deps.clock.nowMs())}.${step.id}`;
  const began: BeganSync = {
    what: 'began',
    at: deps.clock.nowIso(),
    step: step.id,
    token,
    by: deps.driver.osUser,
    choices: {
      [`backup:${spec.from.backup}`]: { ...chosen, defects: [] } as unknown as Json,
      // The least it must hold is a share of what the sync before this one found.
      ...(last === undefined ? {} : { [`source:${step.id}`]: { files: last.files, bytes: last.bytes } }),
    },
  };
  await record.append(began);
  return await followTree(deps, request, { ...at, began, again: false });
}

/** Lets a sync that is on record loose, or attaches to its job, and puts its end on record. */
async function followTree(
  deps: ExecutorDeps,
  request: SyncRequest,
  at: { readonly reach: Reach; readonly step: PlannedStep; readonly began: BeganSync; readonly again: boolean },
): Promise<SyncedTree> {
  const { record } = request;
  const { step, began, again } = at;
  const { token, choices } = began;
  const spec = step.spec as BackupCopy;
  const kind = (await deps.kindsOf(request.plan)).get('copy');
  if (kind === undefined) throw new DrpError('internal', { what: 'no such kind of step: copy' });
  const chosen = choices[`backup:${spec.from.backup}`] as unknown as { host: string; path: string; takenAt: string };
  const beganMs = Date.parse(began.at);
  const end = (tree: Partial<SyncedTree>) => {
    const { takenAt } = chosen;
    const tookMs = deps.clock.nowMs() - beganMs;
    return ended(deps, record, { step: step.id, token, from: placeOf(chosen), takenAt, tookMs, ...tree });
  };
  const context = contextOf(deps, request, { reach: at.reach, step: step.id, token, choices });
  const warm = { ...spec, switch: false, staging: warmStaging };
  const words = again ? [`goes on with what began at ${began.at}`] : [];
  try {
    const outcome = await kind.run({ ...step, spec: warm }, warm as never, context);
    if (outcome.kind !== 'done')
      return await end({ lines: [...words, outcome.kind === 'failed' ? outcome.error.message : outcome.reason] });
    const { files, bytes } = outcome.output as unknown as Pick<SyncedTree, 'files' | 'bytes'>;
    return await end({ kind: 'done', files, bytes, lines: [...outcome.lines, ...words] });
  } catch (error) {
    // It may run: the next sync looks for it.
    if (request.signal.aborted || isDrpError(error, 'host-unreachable') || isDrpError(error, 'connection-lost'))
      throw error;
    return await end({ lines: [...words, toError(error).message] });
  }
}

const placeOf = (place: { readonly host: string; readonly path: string } | undefined): string =>
  place === undefined ? '' : `${place.host}:${place.path}`;

/** Failed, unless it says otherwise. On record when it resolves. */
async function ended(
  deps: ExecutorDeps,
  record: SyncRecord,
  tree: Partial<SyncedTree> & Pick<SyncedTree, 'step'> & Pick<EndedSync, 'token'>,
): Promise<SyncedTree> {
  const { token, ...rest } = tree;
  const nothing = { from: '', takenAt: '', files: 0, bytes: 0, tookMs: 0, lines: [] };
  const synced: SyncedTree = { kind: 'failed', ...nothing, ...rest };
  const at = deps.clock.nowIso();
  await record.append({ what: 'tree', at, ...synced, ...(token === undefined ? {} : { token }) });
  return synced;
}

function contextOf(
  deps: ExecutorDeps,
  { plan, signal, onProgress }: SyncRequest,
  at: {
    readonly reach: Reach;
    readonly step: string;
    readonly token: string;
    readonly choices: Readonly<Record<string, Json>>;
  },
): StepContext {
  const { reach, step, token, choices } = at;
  const run = syncTokens(plan.site);
  const redaction = createRedaction();
  return {
    plan,
    world: plan.world,
    run: { id: run, site: plan.site, mode: 'real' },
    token,
    attempt: 1,
    facts: { outputs: {}, choices },
    clock: deps.clock,
    signal,
    hosts: reach.hosts,
    // A sync looks once.
    surveys: createSurveyMemory(),
    jobs: reach.jobs,
    providers: deps.providers,
    secret: reach.secret,
    redaction,
    report: (progress) => onProgress(step, progress),
  };
}
