import { assertNever, DrpError } from '../../base/errors.ts';
import type { PlannedStep } from '../../plan/plan.ts';
import type { SpecOf } from '../../runbook/schema/steps.ts';
import { readBackupAhead } from '../backups/survey-backup.ts';
import { chosenBackup } from '../remote/chosen-backup.ts';
import { databaseOf } from '../remote/host-path.ts';
import { probeJob, stopJob } from '../remote/job-outcome.ts';
import { callHost } from '../remote/read-host.ts';
import type { StepContext, StepKind, StepOutcome } from '../step-kind.ts';
import { runSql } from './connection.ts';
import { describeDatabase } from './describe.ts';
import { runDump } from './dump.ts';
import { databaseEvidence } from './evidence.ts';
import { dumpSource, runFetch } from './fetch.ts';
import { runImport } from './import.ts';
import { runSwitch, switchHolds } from './switch.ts';

type Spec = SpecOf<'database'>;

/**
 * PostgreSQL: fetch a dump and read all of it, import it into a fresh database, switch names, dump. What each must
 * refuse is looked at inside its job, in the session that then writes; the precheck only asks whether it could begin.
 */
export const databaseStep: StepKind<'database'> = {
  kind: 'database',
  describe: describeDatabase,
  evidence: databaseEvidence,
  readAhead: async (spec, context) => {
    if (spec.do !== 'fetch' || !('backup' in spec.from)) return;
    if (chosenBackup(context.facts, spec.from.backup) === undefined) await readBackupAhead(context, spec.from.backup);
  },
  precheck,
  jobHost: (spec, world) => databaseOf(world, spec.database).host,
  probe: (_step, spec, context) =>
    probeJob(context, databaseOf(context.world, spec.database).host, { repeatable: true }),
  run,
  stop: (_step, spec, context) => stopJob(context, databaseOf(context.world, spec.database).host),
  verify,
};

/** Asks whether the server takes this role at all, and whether the dump is where it was found. Read-only. */
async function precheck(step: PlannedStep, spec: Spec, context: StepContext): Promise<void> {
  await runSql(context, databaseOf(context.world, spec.database), { database: 'postgres', sql: 'select 1;' });
  if (spec.do !== 'fetch') return;
  const source = dumpSource(step, spec, context);
  const found = await callHost(context, source.host, { argv: ['test', '-s', source.path], timeoutMs: 30_000 });
  if (found.exitCode === 0) return;
  throw new DrpError('source-unfit', { step: step.id, reason: `${source.host}:${source.path} is not there, or empty` });
}

async function run(step: PlannedStep, spec: Spec, context: StepContext): Promise<StepOutcome> {
  const at = { context, database: databaseOf(context.world, spec.database) };
  switch (spec.do) {
    case 'fetch':
      return runFetch(step, spec, at);
    case 'import':
      return runImport(step, spec, at);
    case 'switch':
      return runSwitch(step, spec, at);
    case 'dump':
      return runDump(step, at);
    default:
      return assertNever(spec);
  }
}

async function verify(step: PlannedStep, spec: Spec, context: StepContext): Promise<readonly string[]> {
  const refuse = (reason: string): never => {
    throw new DrpError('postcondition-failed', { step: step.id, reason });
  };
  if (spec.do !== 'switch') return refuse('later steps need what it finds out, so it can only be retried');
  const database = databaseOf(context.world, spec.database);
  if (!(await switchHolds(step, spec, { context, database }))) {
    return refuse(`'${database.name}' does not carry the mark of the import`);
  }
  return [`'${database.name}' carries the mark of the import`];
}
