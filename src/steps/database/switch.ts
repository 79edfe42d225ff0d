import type { PlannedStep } from '../../plan/plan.ts';
import type { SpecOf } from '../../runbook/schema/steps.ts';
import { requireOutput, textOf } from '../remote/step-output.ts';
import type { StepOutcome } from '../step-kind.ts';
import { connectionArgs, runSql } from './connection.ts';
import { databaseJob, type DatabaseAt } from './database-job.ts';
import { asideName, importMark } from './names.ts';

export type SwitchSpec = Extract<SpecOf<'database'>, { do: 'switch' }>;

/** Swaps names in one transaction; the replaced database is kept aside, closed to connections. */
export async function runSwitch(step: PlannedStep, spec: SwitchSpec, at: DatabaseAt): Promise<StepOutcome> {
  const { context, database } = at;
  const fresh = textOf(requireOutput(context, step.id, spec.import), 'database');
  // It looks which names are there before it acts, and both renames are one transaction.
  const job = await databaseJob(step, at, {
    scripts: ['database/postgres.sh', 'database/switch.sh'],
    args: [
      ...connectionArgs(database),
      database.name,
      fresh,
      asideName(database.name, context.run.id),
      importMark(fresh),
    ],
  });
  if (job.kind === 'ended') return job.outcome;
  const aside = job.facts['aside'] ?? '';
  return {
    kind: 'done',
    output: { live: database.name, aside },
    lines: [
      `'${database.name}' is the imported database now`,
      aside === '' ? 'there was none before it' : `the one before is kept as '${aside}', closed to connections`,
    ],
  };
}

/** True when the live name carries the mark of the import this step switches in. */
export async function switchHolds(step: PlannedStep, spec: SwitchSpec, at: DatabaseAt): Promise<boolean> {
  const { context, database } = at;
  const lines = await runSql(context, database, {
    database: 'postgres',
    sql: "select shobj_description(oid, 'pg_database') from pg_database where datname = :'name';",
    variables: { name: database.name },
  });
  return lines[0] === importMark(textOf(requireOutput(context, step.id, spec.import), 'database'));
}
