import type { Database } from '../../runbook/schema/world.ts';
import { scriptText } from '../remote/script-text.ts';
import type { StepContext } from '../step-kind.ts';
import { runSql } from './connection.ts';
import { parseCounts, type DatabaseCounts } from './counts.ts';

/** What stands under a database's name now. */
export type LiveDatabase =
  { readonly kind: 'absent' } | { readonly kind: 'present'; readonly bytes: number; readonly counts: DatabaseCounts };

/** Reads what a database holds now: size, rows, newest instants. Counting large tables takes its time. */
export async function readLiveDatabase(context: StepContext, database: Database): Promise<LiveDatabase> {
  const [size] = await runSql(context, database, {
    database: 'postgres',
    sql: "select pg_database_size(datname) from pg_database where datname = :'name';",
    variables: { name: database.name },
  });
  if (size === undefined) return { kind: 'absent' };
  const lines = await runSql(context, database, {
    database: database.name,
    sql: scriptText('database/count.sql'),
    variables: { pairs: JSON.stringify(database.timestamps), contents: 'none' },
    timeoutMs: 600_000,
  });
  return { kind: 'present', bytes: Number(size), counts: parseCounts(lines) };
}
