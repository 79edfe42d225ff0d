import { formatSize } from '../../base/duration.ts';
import { DrpError } from '../../base/errors.ts';
import type { Json } from '../../events/event.ts';
import type { PlannedStep } from '../../plan/plan.ts';
import type { SpecOf } from '../../runbook/schema/steps.ts';
import { factNumber, type JobOutcome } from '../remote/job-outcome.ts';
import { scriptText } from '../remote/script-text.ts';
import { sourceRoute } from '../remote/source-route.ts';
import { numberOf, requireOutput, textOf } from '../remote/step-output.ts';
import type { StepOutcome } from '../step-kind.ts';
import { connectionArgs } from './connection.ts';
import {
  contentDifferences,
  contentLines,
  countDifferences,
  countsInWords,
  countsJson,
  countsOf,
  saidCounts,
  type DatabaseCounts,
} from './counts.ts';
import { databaseJob, type DatabaseAt } from './database-job.ts';
import { freshName, importMark, leftoverPrefix } from './names.ts';

export type ImportSpec = Extract<SpecOf<'database'>, { do: 'import' }>;

/** Restores the fetched dump into a fresh database beside the live one, counts what is in it, and compares where it can. */
export async function runImport(step: PlannedStep, spec: ImportSpec, at: DatabaseAt): Promise<StepOutcome> {
  const { context, database } = at;
  const dump = requireOutput(context, step.id, spec.fetch);
  const fresh = freshName(database.name, context.token);
  // Read in the same way as in the snapshot of the dump, where there was one.
  const counted = countsOf(dump['counted']);
  const contents = counted?.contents.read ?? 'none';
  // A fresh database of its own: what a lost attempt left is dropped by the next.
  const job = await databaseJob(step, at, {
    scripts: ['remote/source-link.sh', 'database/postgres.sh', 'database/bring-dump.sh', 'database/import.sh'],
    args: [
      ...fetchedFrom(dump, at),
      // The first attempt refuses a dump that is not what was fetched; whoever retries has read that.
      context.attempt > 1 ? '1' : '0',
      ...connectionArgs(database),
      fresh,
      leftoverPrefix(database.name, context.run.id),
      textOf(dump, 'path'),
      textOf(dump, 'sha256'),
      database.benign.join('\n'),
      JSON.stringify(database.timestamps),
      importMark(fresh),
      scriptText('database/count.sql'),
      contents,
      String(numberOf(dump, 'databaseBytes')),
    ],
  });
  if (job.kind === 'ended') return job.outcome;
  const counts = saidCounts(job.said, contents);
  const differences = counted === undefined ? [] : countDifferences(counted, counts);
  if (differences.length > 0) {
    const reason = `rows are not those of the dump's own snapshot: ${differences.slice(0, 5).join('; ')}`;
    return { kind: 'failed', error: new DrpError('postcondition-failed', { step: step.id, reason }) };
  }
  const strange = counted === undefined ? [] : contentDifferences(counted, counts);
  return imported(job, { fresh, dump, counts, compared: counted !== undefined, strange });
}

/** What is on record of an import that worked. */
function imported(
  { said, facts }: Extract<JobOutcome, { kind: 'worked' }>,
  found: {
    readonly fresh: string;
    readonly dump: Readonly<Record<string, Json>>;
    readonly counts: DatabaseCounts;
    readonly compared: boolean;
    /** Tables whose rows are as many as in the dump, and read otherwise. */
    readonly strange: readonly string[];
  },
): StepOutcome {
  const { fresh, dump, counts, compared, strange } = found;
  const { fetchedAgain } = facts;
  const benign = said.flatMap(({ word, rest }) => {
    const match = word === 'benign' ? /^(\d+) (.*)$/.exec(rest) : null;
    return match === null ? [] : [{ pattern: match[2] ?? '', count: Number(match[1]) }];
  });
  const messages = said.filter(({ word }) => word === 'message').map(({ rest }) => rest);
  return {
    kind: 'done',
    output: {
      database: fresh,
      bytes: factNumber(facts, 'bytes'),
      ...countsJson(counts),
      takenAt: textOf(dump, 'takenAt'),
      sha256: textOf(dump, 'sha256'),
      compared,
      strange,
      benign,
      messages,
    },
    lines: [
      ...(fetchedAgain === undefined
        ? []
        : [`the dump beside the database was not what was fetched (${fetchedAgain}): the same one was fetched again`]),
      `${counts.tables} tables (${countsInWords(counts)}), ${formatSize(factNumber(facts, 'bytes'))}, newest ${counts.newest === '' ? 'not watched' : counts.newest}`,
      ...(compared ? ['rows of every table equal those of the snapshot the dump was made from'] : []),
      ...(compared ? contentLines(counts, strange) : []),
      ...benign.map(({ pattern, count }) => `harmless by the runbook, ${count}×: ${pattern}`),
      ...messages.map((message) => `message: ${message}`),
    ],
  };
}

/** Where the fetched dump came from: the arguments of `link_up` and its path there; '' where nobody wrote it down. */
function fetchedFrom(dump: Readonly<Record<string, Json>>, { context, database }: DatabaseAt): readonly string[] {
  const { from } = dump;
  const place = typeof from === 'object' && from !== null && !Array.isArray(from) ? (from as typeof dump) : {};
  const host = textOf(place, 'host');
  if (host === '') return ['', '', '', '', '', '', '', ''];
  return [...sourceRoute(context.world, host, database.host), textOf(place, 'path')];
}
