import { formatDuration } from '../base/duration.ts';
import { isDrpError, toError } from '../base/errors.ts';
import type { Runbook } from '../runbook/schema/runbook.ts';
import type { Database } from '../runbook/schema/world.ts';
import { runSql } from '../steps/database/connection.ts';
import { isOutOfReach } from '../steps/remote/reachability.ts';
import type { CheckContext, Finding, Probe } from './check.ts';
import { findingFor } from './finding-for.ts';
import { needsOf } from './host/needs.ts';
import { secretFinding } from './secret-finding.ts';
import { lostOnTheWay } from './without-lost.ts';

/** What a PostgreSQL server says of itself. */
export interface ServerState {
  /** `server_version_num`: 150004 is 15.4. */
  readonly version: number;
  readonly standby: boolean;
  /** Of a standby: how the stream from its primary is; undefined: there is none. */
  readonly receiver?: string;
  /** Of a standby: age of the last change it has. */
  readonly lagMs?: number;
  /** Of a primary: its standbys, with the state of each. */
  readonly standbys: readonly { readonly name: string; readonly state: string }[];
  /** Physical slots nobody reads from. */
  readonly idleSlots: readonly string[];
}

const answerMs = 30_000;

/** Database servers as the host of each reaches them: do they answer, do versions fit, does replication run. */
export function databaseProbes(runbook: Runbook): readonly Probe[] {
  return Object.keys(runbook.databases).map((name) => ({
    id: 'database',
    subject: name,
    run: (context) => lookAtDatabase(context, name),
  }));
}

async function lookAtDatabase(context: CheckContext, name: string): Promise<readonly Finding[]> {
  const { runbook, signal, lost } = context;
  const database = runbook.databases[name];
  if (database === undefined) return [];
  const say = findingFor('database.reachable', name);
  const gone = lostOnTheWay(runbook, database.host, lost);
  if (gone !== undefined) return [say.skipped(`datacentre ${gone} is taken as lost`)];
  try {
    const state = await readServer(context, database);
    const where = `${database.address}:${database.port} from ${database.host}`;
    return [
      say.ok(`PostgreSQL ${spell(state.version)} at ${where}`),
      ...replicationFindings(name, state, needsOf(runbook, database.host).limits.lagMs),
      ...(await versionFindings(context, { name, database, state })),
    ];
  } catch (thrown) {
    signal.throwIfAborted();
    if (isDrpError(thrown, 'secret-unreadable')) return [secretFinding('database.secret', name, thrown)];
    if (isOutOfReach(thrown)) return [say.skipped(`${database.host} itself cannot be reached`)];
    const advice = `On ${database.host}: psql -h ${database.address} -p ${database.port} -U ${database.user} postgres.`;
    return [say.fail(toError(thrown).message, { threshold: 'it takes logins', advice })];
  }
}

// Columns of the receiver and of standbys are empty for roles without pg_monitor: then only that they are there is known.
const question = `
select 'version', current_setting('server_version_num');
select 'standby', pg_is_in_recovery();
select 'receiver', coalesce(status, 'there') from pg_stat_wal_receiver;
select 'lag', round(extract(epoch from now() - pg_last_xact_replay_timestamp()) * 1000) where pg_is_in_recovery();
select 'follower', coalesce(nullif(application_name, ''), 'standby'), coalesce(state, 'there') from pg_stat_replication;
select 'idle', slot_name from pg_replication_slots where slot_type = 'physical' and not active;
`;

async function readServer(context: CheckContext, database: Database): Promise<ServerState> {
  return parseServer(await runSql(context, database, { database: 'postgres', sql: question, timeoutMs: answerMs }));
}

/** The rows of the question, `|` between columns. Pure. */
export function parseServer(lines: readonly string[]): ServerState {
  const rows = lines.map((line) => line.split('|'));
  const first = (word: string): string | undefined => rows.find(([one]) => one === word)?.[1];
  const receiver = first('receiver');
  const lag = first('lag');
  return {
    version: Number(first('version') ?? 0),
    standby: first('standby') === 't',
    ...(receiver === undefined ? {} : { receiver }),
    ...(lag === undefined || lag === '' ? {} : { lagMs: Number(lag) }),
    standbys: rows.flatMap(([word, name = '', state = '']) => (word === 'follower' ? [{ name, state }] : [])),
    idleSlots: rows.flatMap(([word, name = '']) => (word === 'idle' ? [name] : [])),
  };
}

/** Replication as this server sees it. Pure. */
export function replicationFindings(name: string, state: ServerState, limitMs: number): readonly Finding[] {
  const say = findingFor('database.replication', name);
  if (state.standby) return [standby(name, state, limitMs)];
  const behind = state.standbys.filter((one) => one.state !== 'streaming' && one.state !== 'there');
  const threshold = 'every standby and every slot in use';
  const metrics = [{ name: 'standbys', value: state.standbys.length }];
  if (state.idleSlots.length > 0) {
    const found = `nobody reads from slot ${state.idleSlots.join(', ')}: its standby is gone, and WAL piles up`;
    const advice = `Bring the standby back, or drop the slot before the disk is full: select pg_drop_replication_slot('${state.idleSlots[0] ?? ''}').`;
    return [say.fail(found, { threshold, metrics, advice })];
  }
  if (behind.length > 0) {
    const found = behind.map((one) => `standby ${one.name} is in state ${one.state}`).join(', ');
    return [say.warn(found, { threshold, metrics, advice: 'Look at it with: select * from pg_stat_replication.' })];
  }
  const found = state.standbys.length === 0 ? 'a primary without standbys' : `${state.standbys.length} standbys follow`;
  return [say.ok(found, { threshold, metrics })];
}

function standby(name: string, { receiver, lagMs }: ServerState, limitMs: number): Finding {
  const say = findingFor('database.replication', name);
  const threshold = `at most ${formatDuration(limitMs)} behind`;
  const metrics = lagMs === undefined ? [] : [{ name: 'lag_ms', value: lagMs, fail: limitMs }];
  const behind = lagMs === undefined ? '' : `, its last change is ${formatDuration(lagMs)} old`;
  if (receiver === undefined || (receiver !== 'streaming' && receiver !== 'there')) {
    const found = receiver === undefined ? 'a standby that receives nothing' : `a standby in state ${receiver}`;
    const advice = 'Look at the log of the standby, and on its primary: select * from pg_stat_replication.';
    return say.fail(`${found}${behind}`, { threshold, metrics, advice });
  }
  // A primary nobody writes to sends nothing: an old last change alone is no fault while the stream stands.
  if (lagMs !== undefined && lagMs > limitMs) {
    const advice =
      'It streams, so its primary may be idle; else see what replay waits for: select * from pg_stat_activity.';
    return say.warn(`a standby that streams${behind}`, { threshold, metrics, advice });
  }
  return say.ok(`a standby that streams${behind}`, { threshold, metrics });
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
