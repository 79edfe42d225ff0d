import { isDrpError, toError } from '../../base/errors.ts';
import type { Json } from '../../events/event.ts';
import type { Database } from '../../runbook/schema/world.ts';
import { runSql } from '../database/connection.ts';
import type { RunFacts, StepContext } from '../step-kind.ts';

interface Result {
  readonly holds: boolean;
  readonly text: string;
  readonly publicBarred?: boolean;
}

const rolesIn = "rolname = any(string_to_array(:'roles', ','))";

/** Roles that may still log in and connect, and how many sessions they have; nothing where the database is not there. */
const openSql = `
select 'role', rolname from pg_roles, pg_database
 where datname = :'name' and ${rolesIn} and rolcanlogin and has_database_privilege(rolname, datname, 'CONNECT');
select 'sessions', count(*) from pg_stat_activity
 where datname = :'name' and usename = any(string_to_array(:'roles', ',')) having count(*) > 0;`;

/**
 * Bars the application's roles from a database: by NOLOGIN where this login may change roles, else by taking the right
 * to connect. Their sessions are ended, and both are read back.
 */
export async function barDatabase(context: StepContext, database: Database): Promise<Result> {
  if (database.applicationRoles.length === 0)
    return { holds: false, text: 'no applicationRoles are named in the runbook' };
  const variables = { name: database.name, roles: database.applicationRoles.join(',') };
  const ask = (sql: string, mutating: boolean): Promise<readonly string[]> =>
    runSql(context, database, { database: 'postgres', sql, variables, mutating });
  let by = 'they may not log in';
  let publicBarred = false;
  try {
    await ask(
      `select format('alter role %I nologin', rolname) from pg_roles where ${rolesIn} and rolcanlogin \\gexec`,
      true,
    );
  } catch (thrown) {
    if (!isDrpError(thrown, 'database-unreachable')) throw thrown;
    by = 'they may not connect to it';
    const open = await ask(
      "select 1 from pg_database where datname = :'name' and has_database_privilege('public', datname, 'CONNECT');",
      false,
    );
    await ask(
      `begin; select format('revoke connect on database %I from public', datname) from pg_database where datname = :'name' \\gexec
       select format('revoke connect on database %I from %I', :'name', rolname) from pg_roles where ${rolesIn} \\gexec
       commit;`,
      true,
    );
    publicBarred = open.length > 0;
  }
  let ended = '';
  try {
    await ask(
      "select pg_terminate_backend(pid) from pg_stat_activity where datname = :'name' and usename = any(string_to_array(:'roles', ','));",
      true,
    );
  } catch (thrown) {
    context.signal.throwIfAborted();
    ended = `; their sessions could not be ended: ${toError(thrown).message}`;
  }
  const open = await untilEmpty(context, () => ask(openSql, false));
  const roles = database.applicationRoles.join(', ');
  if (open.length === 0) return { holds: true, text: `${roles}: ${by}, no session is left`, publicBarred };
  return { holds: false, text: `${roles}: still open (${open.join(', ')})${ended}`, publicBarred };
}

/** Lets the application's roles in again, by whichever way they were barred. */
export async function openDatabase(context: StepContext, database: Database, name: string): Promise<Result> {
  const variables = { name: database.name, roles: database.applicationRoles.join(',') };
  const ask = (sql: string, mutating: boolean): Promise<readonly string[]> =>
    runSql(context, database, { database: 'postgres', sql, variables, mutating });
  const roles = database.applicationRoles.join(', ');
  const barred = await ask(`select rolname from pg_roles where ${rolesIn} and not rolcanlogin;`, false);
  if (barred.length > 0) {
    await ask(
      `select format('alter role %I login', rolname) from pg_roles where ${rolesIn} and not rolcanlogin \\gexec`,
      true,
    );
  }
  const there = await ask("select 1 from pg_database where datname = :'name';", false);
  if (there.length > 0) {
    const also = publicWasBarred(context.facts, name)
      ? "select format('grant connect on database %I to public', datname) from pg_database where datname = :'name' \\gexec\n"
      : '';
    await ask(
      `${also}select format('grant connect on database %I to %I', :'name', rolname) from pg_roles
        where ${rolesIn} and not has_database_privilege(rolname, :'name', 'CONNECT') \\gexec`,
      true,
    );
  }
  const still = await ask(
    `select rolname from pg_roles, pg_database where datname = :'name' and ${rolesIn} and not (rolcanlogin and has_database_privilege(rolname, datname, 'CONNECT'));`,
    false,
  );
  if (still.length > 0) return { holds: false, text: `still barred: ${still.join(', ')}` };
  return { holds: true, text: `${roles}: may connect again` };
}

/** A backend takes a moment to go. */
async function untilEmpty(context: StepContext, ask: () => Promise<readonly string[]>): Promise<readonly string[]> {
  for (let tries = 0; ; tries += 1) {
    const lines = await ask();
    if (lines.length === 0 || tries >= 5) return lines.map((line) => line.replace('|', ' '));
    await context.clock.sleep(500, context.signal);
  }
}

/** True where some fence of this run or of the last activation took PUBLIC's right to connect to this database. */
function publicWasBarred(facts: RunFacts, database: string): boolean {
  const outputs = [...Object.values(facts.outputs), ...Object.values(facts.activation?.outputs ?? {})];
  return outputs.some((output) =>
    waysOf(output).some(
      (way) => isRecord(way) && way['way'] === `database ${database}` && way['publicBarred'] === true,
    ),
  );
}

function waysOf(output: Json): readonly Json[] {
  const ways = isRecord(output) ? output['ways'] : undefined;
  return Array.isArray(ways) ? (ways as readonly Json[]) : [];
}

function isRecord(value: Json | undefined): value is Readonly<Record<string, Json>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
