import { formatSize } from '../../base/duration.ts';
import type { PlannedStep } from '../../plan/plan.ts';
import { factNumber } from '../remote/job-outcome.ts';
import { scriptText } from '../remote/script-text.ts';
import type { StepOutcome } from '../step-kind.ts';
import { connectionArgs } from './connection.ts';
import { countsInWords, countsJson, saidCounts } from './counts.ts';
import { databaseJob, type DatabaseAt } from './database-job.ts';
import { runFolder } from './names.ts';

/** Dumps the database into a file on its host with its checksum; the rows are counted in the same snapshot. */
export async function runDump(step: PlannedStep, at: DatabaseAt): Promise<StepOutcome> {
  const { context, database } = at;
  const contents = database.contents ?? 'sampled';
  const target = `${runFolder(context, database.host)}/${step.id}.dump`;
  const job = await databaseJob(step, at, {
    scripts: ['database/postgres.sh', 'database/dump-database.sh', 'database/dump.sh'],
    args: [
      ...connectionArgs(database),
      database.name,
      target,
      JSON.stringify(database.timestamps),
      scriptText('database/count.sql'),
      contents,
      database.compression === 'none' ? '0' : '1',
    ],
  });
  if (job.kind === 'ended') return job.outcome;
  const counts = saidCounts(job.said, contents);
  const bytes = factNumber(job.facts, 'bytes');
  return {
    kind: 'done',
    output: {
      host: database.host,
      path: target,
      bytes,
      databaseBytes: factNumber(job.facts, 'databaseBytes'),
      sha256: job.facts['sha256'] ?? '',
      takenAt: job.facts['takenAt'] ?? '',
      ...countsJson(counts),
    },
    lines: [
      `${database.host}:${target}, ${formatSize(bytes)}, read to its end (${(job.facts['sha256'] ?? '').slice(0, 12)}…)`,
      `${counts.tables} tables in the same snapshot (${countsInWords(counts)})`,
    ],
  };
}
