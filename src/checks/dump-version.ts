import { toError } from '../base/errors.ts';
import { chooseBackups } from '../plan/backups.ts';
import type { Runbook } from '../runbook/schema/runbook.ts';
import { runSql } from '../steps/database/connection.ts';
import { callHost } from '../steps/remote/read-host.ts';
import { surveyPatienceMs } from './backups/surveys.ts';
import type { CheckContext, Finding, Probe } from './check.ts';
import { findingFor } from './finding-for.ts';
import { stepsOf } from './host/needs.ts';
import { lostOnTheWay } from './without-lost.ts';

const readMs = 30_000;
/** The header of a custom-format dump: versions and name of the database stand in its first bytes. */
const headerBytes = '512';

/** Whether the newest dump goes into the server it would be imported into: also where the server it is from is gone. */
export function dumpVersionProbes(runbook: Runbook): readonly Probe[] {
  const pairs = stepsOf(runbook).flatMap((step) =>
    step.kind === 'database' && step.do === 'fetch' && 'backup' in step.from
      ? [{ name: step.database, backup: step.from.backup }]
      : [],
  );
  return pairs.map(({ name, backup }) => ({
    id: 'database.dump',
    subject: name,
    patienceMs: surveyPatienceMs,
    run: async (context) => await lookAtDump(context, name, backup),
  }));
}

/** Versions in the first bytes of a dump: of the server it was made from, and of the pg_dump that made it. Pure. */
export function dumpVersions(header: string): { readonly server?: string; readonly dump?: string } {
  if (!header.startsWith('PGDMP')) return {};
  // Before every text of the header stands its length, whose last bytes are zero.
  const [server, dump] = [...header.matchAll(/\0(\d{1,2}\.\d{1,2})(?![\d.])/g)].map((match) => match[1]);
  return { ...(server === undefined ? {} : { server }), ...(dump === undefined ? {} : { dump }) };
}

async function lookAtDump(context: CheckContext, name: string, backup: string): Promise<readonly Finding[]> {
  const { runbook, signal, lost } = context;
  const database = runbook.databases[name];
  const say = findingFor('database.dump', name);
  if (database === undefined) return [];
  const gone = lostOnTheWay(runbook, database.host, lost);
  if (gone !== undefined) return [say.skipped(`datacentre ${gone} is taken as lost`)];
  const surveys = (await context.surveys.all(signal)).filter((one) => one.backup === backup);
  const { choices } = chooseBackups({ world: runbook, surveys, lost, sinceAt: context.clock.nowIso() });
  const chosen = choices.find((one) => one.backup === backup)?.chosen;
  if (chosen === undefined) return [say.skipped(`no fit dump of ${backup} was found`)];
  try {
    const argv = ['head', '-c', headerBytes, chosen.path] as const;
    const { stdout } = await callHost({ hosts: context.hosts, signal }, chosen.host, { argv, timeoutMs: readMs });
    const { server: from, dump } = dumpVersions(stdout);
    const client = await clientFinding(context, name, dump);
    const sql = { database: 'postgres', sql: 'show server_version;', timeoutMs: readMs };
    const [said = ''] = await runSql(context, database, sql);
    const server = said.split(' ')[0] ?? '';
    if (from === undefined)
      return [say.skipped(`the dump of ${chosen.takenAt} does not say what it is from`), ...client];
    const threshold = `a dump of PostgreSQL ${from} goes into ${from.split('.')[0] ?? ''} or newer`;
    if (Number.parseInt(server, 10) >= Number.parseInt(from, 10))
      return [say.ok(`PostgreSQL ${server}`, { threshold }), ...client];
    const advice = `Bring ${name} to PostgreSQL ${from.split('.')[0] ?? ''}: the import would be refused.`;
    return [say.fail(`PostgreSQL ${server} is older`, { threshold, advice }), ...client];
  } catch (thrown) {
    signal.throwIfAborted();
    // Hosts and servers that do not answer are named by their own probes.
    return [say.skipped(toError(thrown).message)];
  }
}

/** A pg_restore that is older than the pg_dump may not know its format; what does not tell its version is not judged. */
async function clientFinding(
  context: CheckContext,
  name: string,
  dump: string | undefined,
): Promise<readonly Finding[]> {
  const database = context.runbook.databases[name];
  if (database === undefined || dump === undefined) return [];
  const program = database.programs === undefined ? 'pg_restore' : `${database.programs}/pg_restore`;
  const call = { argv: [program, '--version'] as const, timeoutMs: readMs };
  const { stdout } = await callHost({ hosts: context.hosts, signal: context.signal }, database.host, call);
  const client = /\d+\.\d+/.exec(stdout)?.[0];
  if (client === undefined) return [];
  const say = findingFor('database.client', name);
  const threshold = `pg_dump ${dump} made the newest dump`;
  if (Number.parseInt(client, 10) >= Number.parseInt(dump, 10)) return [say.ok(`pg_restore ${client}`, { threshold })];
  const advice = `Install the client programs of PostgreSQL ${dump.split('.')[0] ?? ''} on ${database.host}: an older pg_restore may not read the dump.`;
  return [say.fail(`pg_restore ${client} on ${database.host} is older`, { threshold, advice })];
}
