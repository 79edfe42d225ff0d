import { DrpError } from '../../base/errors.ts';
import type { Database } from '../../runbook/schema/world.ts';
import { callHost, lastWords, shellArgv } from '../remote/read-host.ts';
import { scriptText } from '../remote/script-text.ts';
import type { StepContext } from '../step-kind.ts';

/** The four arguments of `pg_up`. */
export function connectionArgs(database: Database): readonly string[] {
  return [database.programs ?? '', database.address, String(database.port), database.user];
}

/** The database's password, for the secret of a job or a line of stdin; '' where none is needed. */
async function passwordOf(context: Pick<StepContext, 'secret'>, database: Database): Promise<string> {
  if (database.password === undefined) return '';
  return (await context.secret(database.password)).reveal().replace(/\r?\n$/, '');
}

/** `secret` of a job, where there is one. */
export async function secretOf(context: StepContext, database: Database): Promise<{ readonly secret?: string }> {
  const password = await passwordOf(context, database);
  return password === '' ? {} : { secret: password };
}

export interface SqlCall {
  /** Name of the database to connect to. */
  readonly database: string;
  readonly sql: string;
  /** psql variables: `:'name'` and `:"name"` in the text. */
  readonly variables?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
  /** The text changes something: checked against the run's claim. */
  readonly mutating?: boolean;
}

/**
 * Runs a short SQL text on the database's host, the password on stdin only; resolves with the lines it printed. Throws
 * database-unreachable where psql ended with an error, and what callHost throws.
 */
export async function runSql(
  context: Pick<StepContext, 'hosts' | 'signal' | 'redaction' | 'secret' | 'claim'>,
  database: Database,
  call: SqlCall,
): Promise<readonly string[]> {
  const variables = Object.entries(call.variables ?? {}).flatMap(([name, value]) => ['-v', `${name}=${value}`]);
  const args = [...connectionArgs(database), call.database, ...variables];
  const claim = call.mutating === true && context.claim !== undefined ? { claim: context.claim } : {};
  const result = await callHost(context, database.host, {
    argv: shellArgv(scriptText('database/read-sql.sh'), args),
    stdin: `${await passwordOf(context, database)}\n${call.sql}\n`,
    timeoutMs: call.timeoutMs ?? 60_000,
    ...claim,
  });
  if (result.exitCode !== 0) {
    throw new DrpError('database-unreachable', {
      host: database.host,
      database: call.database,
      reason: lastWords(result.stderr) || `psql ended with ${result.exitCode}`,
    });
  }
  return result.stdout.split('\n').filter((line) => line !== '');
}
