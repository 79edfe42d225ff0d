import { isDrpError, toError } from '../base/errors.ts';
import type { Runbook } from '../runbook/schema/runbook.ts';
import type { Database } from '../runbook/schema/world.ts';
import { runSql } from '../steps/database/connection.ts';
import { isOutOfReach } from '../steps/remote/reachability.ts';
import type { CheckContext, Finding, Probe } from './check.ts';
import { findingFor } from './finding-for.ts';
import { needsOf } from './host/needs.ts';
import { isBehind, parseServer, replicationFinding, stateQuestion, type ServerState } from './replication.ts';
import { secretFinding } from './secret-finding.ts';
import { lostOnTheWay } from './without-lost.ts';

const answerMs = 30_000;
const secondLookMs = 2_000;

/** Database servers as the host of each reaches them: do they answer, do versions fit, does replication run. */
export function databaseProbes(runbook: Runbook): readonly Probe[] {
  return Object.keys(runbook.databases).map((name) => ({
    id: 'database',
    subject: name,
    run: (context) => lookAtDatabase(context, name),
  }));
}

/** Told by host.key and host.identity, once for everything on that host. */
const hostFaults: ReadonlySet<string> = new Set(['host-key-mismatch', 'host-key-not-pinned', 'identity-mismatch']);

async function lookAtDatabase(context: CheckContext, name: string): Promise<readonly Finding[]> {
  const { runbook, signal, lost } = context;
  const database = runbook.databases[name];
  if (database === undefined) return [];
  const say = findingFor('database.reachable', name);
  const gone = lostOnTheWay(runbook, database.host, lost);
  if (gone !== undefined) return [say.skipped(`datacentre ${gone} is taken as lost`)];
  try {
    const needs = { lagMs: needsOf(runbook, database.host).limits.lagMs, ...runbook.checks?.databases[name] };
    const state = await readSettled(context, database, needs.lagMs);
    const where = `${database.address}:${database.port} from ${database.host}`;
    return [
      say.ok(`PostgreSQL ${spell(state.version)} at ${where}`),
      replicationFinding(name, state, needs),
      ...(await versionFindings(context, { name, database, state })),
    ];
  } catch (thrown) {
    signal.throwIfAborted();
    if (isDrpError(thrown, 'secret-unreadable')) return [secretFinding('database.secret', name, thrown)];
    if (isOutOfReach(thrown)) return [say.skipped(`${database.host} itself cannot be reached`)];
    if (isDrpError(thrown) && hostFaults.has(thrown.code))
      return [say.skipped(`nobody knows whether it is ${database.host} that answers there`)];
    const advice = `On ${database.host}: psql -h ${database.address} -p ${database.port} -U ${database.user} postgres.`;
    return [say.fail(toError(thrown).message, { threshold: 'it takes logins', advice })];
  }
}

async function readServer(context: CheckContext, database: Database): Promise<ServerState> {
  const sql = { database: 'postgres', sql: stateQuestion, timeoutMs: answerMs };
  return parseServer(await runSql(context, database, sql));
}

/** What is behind is looked at twice: the first change after a quiet hour is on its way, and no lag. */
async function readSettled(context: CheckContext, database: Database, limitMs: number): Promise<ServerState> {
  const state = await readServer(context, database);
  if (!isBehind(state, limitMs)) return state;
  await context.clock.sleep(secondLookMs, context.signal);
  return await readServer(context, database);
}

/** A dump goes into the same major version or a newer one; on the return it goes the other way. */
async function versionFindings(
  context: CheckContext,
  at: { readonly name: string; readonly database: Database; readonly state: ServerState },
): Promise<readonly Finding[]> {
  const { runbook, signal, lost } = context;
  if (runbook.hosts[at.database.host]?.role !== 'recovery') return [];
  const findings: Finding[] = [];
  for (const [other, source] of Object.entries(runbook.databases)) {
    if (runbook.hosts[source.host]?.role !== 'production' || source.name !== at.database.name) continue;
    if (lostOnTheWay(runbook, source.host, lost) !== undefined) continue;
    try {
      const { version } = await readServer(context, source);
      findings.push(compareMajors({ name: at.name, other }, at.state.version, version));
    } catch {
      // It is named by its own probe; what cannot be compared is not judged here.
      signal.throwIfAborted();
    }
  }
  return findings;
}

/** Pure. */
export function compareMajors(
  { name, other }: { readonly name: string; readonly other: string },
  target: number,
  source: number,
): Finding {
  const say = findingFor('database.version', name);
  const [here, there] = [Math.floor(target / 10_000), Math.floor(source / 10_000)];
  const threshold = `the same as ${other}: ${spell(source)}`;
  if (here === there) return say.ok(`PostgreSQL ${spell(target)}`, { threshold });
  if (here < there) {
    const advice = `Bring ${name} to PostgreSQL ${there}: a dump of ${there} does not go into ${here}.`;
    return say.fail(`PostgreSQL ${spell(target)} is older`, { threshold, advice });
  }
  const advice = `Users can be taken in, and not brought back: a dump of ${here} does not go into ${there}. Bring ${other} to PostgreSQL ${here}.`;
  return say.warn(`PostgreSQL ${spell(target)} is newer`, { threshold, advice });
}

function spell(version: number): string {
  return `${Math.floor(version / 10_000)}.${version % 10_000}`;
}
