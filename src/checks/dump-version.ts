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

/** Version of the server a dump was made from, out of the first bytes of the dump; undefined where there is none. Pure. */
export function dumpedFrom(header: string): string | undefined {
  if (!header.startsWith('PGDMP')) return undefined;
  // Before every text of the header stands its length, whose last bytes are zero.
  return /\0(\d{1,2}\.\d{1,2})(?![\d.])/.exec(header)?.[1];
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
    const from = dumpedFrom(stdout);
    const sql = { database: 'postgres', sql: 'show server_version;', timeoutMs: readMs };
    const [said = ''] = await runSql(context, database, sql);
    const server = said.split(' ')[0] ?? '';
    if (from === undefined) return [say.skipped(`the dump of ${chosen.takenAt} does not say what it is from`)];
    const threshold = `a dump of PostgreSQL ${from} goes into ${from.split('.')[0] ?? ''} or newer`;
    if (Number.parseInt(server, 10) >= Number.parseInt(from, 10))
      return [say.ok(`PostgreSQL ${server}`, { threshold })];
    const advice = `Bring ${name} to PostgreSQL ${from.split('.')[0] ?? ''}: the import would be refused.`;
    return [say.fail(`PostgreSQL ${server} is older`, { threshold, advice })];
  } catch (thrown) {
    signal.throwIfAborted();
    // Hosts and servers that do not answer are named by their own probes.
    return [say.skipped(toError(thrown).message)];
  }
}
