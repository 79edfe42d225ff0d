import { DrpError } from '../../base/errors.ts';
import type { DrillTarget, Plan } from '../../plan/plan.ts';
import type { Database } from '../../runbook/schema/world.ts';
import { runSql } from '../database/connection.ts';
import { leftoverPrefix } from '../database/names.ts';
import { databaseOf } from '../remote/host-path.ts';
import { callHost, lastWords, shellArgv } from '../remote/read-host.ts';
import { scriptText } from '../remote/script-text.ts';
import type { StepContext } from '../step-kind.ts';

/** The isolated target of the plan. Throws internal: only drills have steps that ask. */
export function targetOf(plan: Pick<Plan, 'drill'>): DrillTarget {
  if (plan.drill === undefined) throw new DrpError('internal', { what: 'this plan is of no drill' });
  return plan.drill;
}

/** The isolated folder of a host. Throws internal. */
export function rootOf(context: Pick<StepContext, 'plan'>, host: string): string {
  const root = targetOf(context.plan).roots[host];
  if (root === undefined) throw new DrpError('internal', { what: `the drill has no folder on host '${host}'` });
  return root;
}

/** What stands where a drill's folder goes. `owner`: the run that made it, '' where nothing says. */
export type FolderState =
  | { readonly kind: 'free' }
  | { readonly kind: 'taken'; readonly owner: string; readonly bytes: number }
  | { readonly kind: 'link'; readonly path: string };

/** Looks at the isolated folder of a host, read-only. */
export async function lookAtFolder(context: StepContext, host: string): Promise<FolderState> {
  const result = await callHost(context, host, {
    argv: shellArgv(scriptText('remote/script-opening.sh', 'drill/look.sh'), [rootOf(context, host)]),
    timeoutMs: 120_000,
  });
  const lines = result.stdout.trim().split('\n');
  const link = lines.find((line) => line.startsWith('link '));
  if (link !== undefined) return { kind: 'link', path: link.slice(5) };
  const [word, owner = '-', kilobytes = '0'] = (lines.at(-1) ?? '').split(' ');
  if (word === 'free') return { kind: 'free' };
  if (word === 'taken') return { kind: 'taken', owner: owner === '-' ? '' : owner, bytes: Number(kilobytes) * 1024 };
  throw new DrpError('remote-refused', { host, reason: lastWords(result.stderr) });
}

/** A database under one of the names that drills use. `own`: this run made it. */
export interface FoundDatabase {
  readonly name: string;
  readonly bytes: number;
  readonly own: boolean;
}

const findSql = `select json_build_object('name', datname, 'bytes', pg_database_size(datname),
  'mark', coalesce(shobj_description(oid, 'pg_database'), ''))
from pg_database where datname = :'name' or starts_with(datname, :'fresh') or starts_with(datname, :'kept') order by datname;`;

/** Databases that a drill has made, or has begun to make, for a database of the runbook. Read-only. */
export async function findDatabases(context: StepContext, key: string): Promise<readonly FoundDatabase[]> {
  const database: Database = databaseOf(context.world, key);
  const { name } = database;
  const own = leftoverPrefix(name, context.run.id);
  const lines = await runSql(context, database, {
    database: 'postgres',
    sql: findSql,
    variables: { name, fresh: `${name}_drp_`, kept: `${name}_before_` },
  });
  return lines.map((line) => {
    const found = JSON.parse(line) as { readonly name: string; readonly bytes: number; readonly mark: string };
    // The fresh one has the run in its name; once it is switched in, in the mark of its import.
    const made = found.name.startsWith(own) || (found.name === name && found.mark.startsWith(`drp import ${own}`));
    return { name: found.name, bytes: found.bytes, own: made };
  });
}
