import type { PlannedStep } from '../../plan/plan.ts';
import type { Database } from '../../runbook/schema/world.ts';
import { jobOutcome, type JobOutcome } from '../remote/job-outcome.ts';
import { jobScript } from '../remote/script-text.ts';
import type { StepContext } from '../step-kind.ts';
import { secretOf } from './connection.ts';

/** The database a step works beside, and what it may use. */
export interface DatabaseAt {
  readonly context: StepContext;
  readonly database: Database;
}

/**
 * The one job of a step, on the database's host, its password in the job's secret. All of them may be done again: each works beside
 * the live database, or looks before it acts. Throws what jobOutcome throws.
 */
export async function databaseJob(
  step: PlannedStep,
  { context, database }: DatabaseAt,
  work: { readonly scripts: readonly string[]; readonly args: readonly string[] },
): Promise<JobOutcome> {
  return await jobOutcome(context, {
    step,
    host: database.host,
    repeatable: true,
    request: { script: jobScript(...work.scripts), args: work.args, ...(await secretOf(context, database)) },
  });
}
