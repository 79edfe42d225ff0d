import { formatSize } from '../../base/duration.ts';
import type { PlannedStep } from '../../plan/plan.ts';
import type { SpecOf } from '../../runbook/schema/steps.ts';
import { requireChosenBackup } from '../remote/chosen-backup.ts';
import { factNumber } from '../remote/job-outcome.ts';
import { sourceRoute } from '../remote/source-route.ts';
import { numberOf, requireOutput, textOf } from '../remote/step-output.ts';
import type { StepContext, StepOutcome } from '../step-kind.ts';
import { connectionArgs } from './connection.ts';
import { countsJson, countsOf } from './counts.ts';
import { databaseJob, type DatabaseAt } from './database-job.ts';
import { runFolder } from './names.ts';

export type FetchSpec = Extract<SpecOf<'database'>, { do: 'fetch' }>;

/** A dump to fetch: the chosen backup's, or an earlier dump step's. */
export interface DumpSource {
  readonly host: string;
  readonly path: string;
  readonly takenAt: string;
  /** '' where nobody wrote one down. */
  readonly sha256: string;
  readonly bytes: number;
  /** Of the database it was made from; 0 where nobody said. */
  readonly databaseBytes: number;
  /** A file of this very checksum was read to its end where it lies: by the step that made it, or by the survey before the gate. */
  readonly readThere: boolean;
}

/** Where the dump of a fetch step comes from. Throws backup-not-chosen, step-failed. */
export function dumpSource(step: PlannedStep, spec: FetchSpec, context: StepContext): DumpSource {
  if ('backup' in spec.from) {
    const chosen = requireChosenBackup(context.facts, step.id, spec.from.backup);
    const readThere = chosen.sha256 !== '' && chosen.readSha256 === chosen.sha256;
    return { ...chosen, databaseBytes: 0, readThere };
  }
  const output = requireOutput(context, step.id, spec.from.dump);
  const bytes = output['bytes'];
  return {
    host: textOf(output, 'host'),
    path: textOf(output, 'path'),
    takenAt: textOf(output, 'takenAt'),
    sha256: textOf(output, 'sha256'),
    bytes: typeof bytes === 'number' ? bytes : -1,
    databaseBytes: numberOf(output, 'databaseBytes'),
    readThere: textOf(output, 'sha256') !== '',
  };
}

/** Brings the dump beside the database and reads all of it; nothing live is touched. */
export async function runFetch(step: PlannedStep, spec: FetchSpec, at: DatabaseAt): Promise<StepOutcome> {
  const { context, database } = at;
  const source = dumpSource(step, spec, context);
  const target = `${runFolder(context, database.host)}/${step.id}.dump`;
  const job = await databaseJob(step, at, {
    scripts: ['remote/source-link.sh', 'database/postgres.sh', 'database/bring-dump.sh', 'database/fetch.sh'],
    args: [
      ...sourceRoute(context.world, source.host, database.host),
      source.path,
      target,
      source.sha256,
      ...connectionArgs(database),
      source.readThere ? '1' : '0',
    ],
  });
  if (job.kind === 'ended') return job.outcome;
  const { facts } = job;
  const counts = 'dump' in spec.from ? countsOf(context.facts.outputs[spec.from.dump]) : undefined;
  const bytes = factNumber(facts, 'bytes');
  const read = source.readThere ? `read to its end on ${source.host}` : 'read to its end';
  const checked = source.sha256 === '' ? 'no checksum came with it' : 'its checksum is the one written beside it';
  return {
    kind: 'done',
    output: {
      host: database.host,
      path: target,
      bytes,
      sha256: facts['sha256'] ?? '',
      checksum: source.sha256 === '' ? 'computed' : 'matched',
      takenAt: source.takenAt,
      from: { host: source.host, path: source.path },
      archivedAt: facts['archivedAt'] ?? '',
      dumpVersion: facts['dumpVersion'] ?? '',
      serverVersion: facts['serverVersion'] ?? '',
      entries: factNumber(facts, 'entries'),
      dataTables: factNumber(facts, 'tables'),
      ...(counts === undefined ? {} : { counted: countsJson(counts) }),
      ...(source.databaseBytes > 0 ? { databaseBytes: source.databaseBytes } : {}),
    },
    lines: [
      `${source.host}:${source.path}, taken ${source.takenAt}, ${formatSize(bytes)}`,
      `${read}: ${factNumber(facts, 'tables')} tables (each partition counts) with data; ${checked} (${(facts['sha256'] ?? '').slice(0, 12)}…)`,
    ],
  };
}
