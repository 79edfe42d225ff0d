import { formatDuration, formatSize } from '../base/duration.ts';
import type { Finding } from './check.ts';
import { findingFor } from './finding-for.ts';

// Replication of PostgreSQL, as the server asked sees it.

/** A primary with nothing to send is heard of every half wal_sender_timeout, 30 s where nothing is set. */
const silenceMs = 120_000;

/** What a PostgreSQL server says of itself. */
export interface ServerState {
  /** `server_version_num`: 150004 is 15.4. */
  readonly version: number;
  readonly standby: boolean;
  /** Of a standby: how the stream from its primary is; undefined: there is none. */
  readonly receiver?: string;
  /** Of a standby: when its primary was last heard of; only for roles with pg_monitor. */
  readonly heardMs?: number;
  /** Of a standby: age of the last change it has. */
  readonly lagMs?: number;
  /** Of a standby: what it has received and not replayed yet; undefined where nothing was ever streamed. */
  readonly waitingBytes?: number;
  /** Of a standby: somebody paused its replay. */
  readonly paused: boolean;
  /** Of a standby: it can take the log from an archive. */
  readonly archive: boolean;
  /** Of a standby: the slot it uses on its primary. */
  readonly slot?: string;
  /** Of a primary: its standbys, with the state of each. */
  readonly standbys: readonly { readonly name: string; readonly state: string }[];
  /** Physical slots nobody reads from. */
  readonly idleSlots: readonly string[];
  /** Physical slots whose standby can never catch up: the log it needs is gone. */
  readonly lostSlots: readonly string[];
}

/** What the runbook says a server must be. */
export interface ReplicationNeeds {
  readonly lagMs: number;
  /** It must be a standby. */
  readonly standby?: boolean | undefined;
  /** So many standbys must follow it. */
  readonly standbys?: number | undefined;
}

/**
 * Asks for a server's state. Columns of the receiver and of standbys are empty for roles without pg_monitor: then only that
 * they are there is known. `wal_status` came with PostgreSQL 13.
 */
export const stateQuestion = `
select 'version', current_setting('server_version_num');
select 'standby', pg_is_in_recovery();
select 'receiver', coalesce(status, 'there'), round(extract(epoch from now() - last_msg_receipt_time) * 1000) from pg_stat_wal_receiver;
select 'lag', round(extract(epoch from now() - pg_last_xact_replay_timestamp()) * 1000),
  pg_wal_lsn_diff(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()) where pg_is_in_recovery();
select 'paused' where case when pg_is_in_recovery() then pg_is_wal_replay_paused() else false end;
select 'archive' where coalesce(current_setting('restore_command', true), '') <> '';
select 'slot', current_setting('primary_slot_name', true) where coalesce(current_setting('primary_slot_name', true), '') <> '';
select 'follower', coalesce(nullif(application_name, ''), 'standby'), coalesce(state, 'there') from pg_stat_replication;
select 'idle', slot_name, coalesce(to_jsonb(slots) ->> 'wal_status', '') from pg_replication_slots slots where slot_type = 'physical' and not active;
`;

/** The rows of the question, `|` between columns. Pure. */
export function parseServer(lines: readonly string[]): ServerState {
  const rows = lines.map((line) => line.split('|'));
  const row = (word: string): readonly string[] | undefined => rows.find(([one]) => one === word);
  const number = (text: string | undefined): number | undefined =>
    text === undefined || text === '' ? undefined : Number(text);
  const [, receiver, heard] = row('receiver') ?? [];
  const [, lag, waiting] = row('lag') ?? [];
  const [, slot] = row('slot') ?? [];
  const [heardMs, lagMs, waitingBytes] = [number(heard), number(lag), number(waiting)];
  const idle = rows.flatMap(([word, name = '', status = '']) => (word === 'idle' ? [{ name, status }] : []));
  return {
    version: Number(row('version')?.[1] ?? 0),
    standby: row('standby')?.[1] === 't',
    ...(receiver === undefined ? {} : { receiver }),
    ...(heardMs === undefined ? {} : { heardMs }),
    ...(lagMs === undefined ? {} : { lagMs }),
    // Replay of a standby that was restarted may be ahead of what it received since.
    ...(waitingBytes === undefined ? {} : { waitingBytes: Math.max(0, waitingBytes) }),
    paused: row('paused') !== undefined,
    archive: row('archive') !== undefined,
    ...(slot === undefined ? {} : { slot }),
    standbys: rows.flatMap(([word, name = '', state = '']) => (word === 'follower' ? [{ name, state }] : [])),
    idleSlots: idle.map(({ name }) => name),
    lostSlots: idle.filter(({ status }) => status === 'lost').map(({ name }) => name),
  };
}

/** Whether a standby has to catch up by more than it may; after a quiet hour the first change looks so for a moment. Pure. */
export function isBehind({ standby, waitingBytes = 0, lagMs = 0 }: ServerState, limitMs: number): boolean {
  return standby && waitingBytes > 0 && lagMs > limitMs;
}

/** Replication as this server sees it. Pure. */
export function replicationFinding(name: string, state: ServerState, needs: ReplicationNeeds): Finding {
  const say = findingFor('database.replication', name);
  if (state.standby) return standbyFinding(name, state, needs);
  if (needs.standby === true) {
    const advice = `Somebody promoted it, or it was made anew: see that users do not write here too, then make it a standby again (pg_rewind, pg_basebackup).`;
    return say.fail('no standby: it takes writes itself', { threshold: 'a standby', advice });
  }
  return primaryFinding(name, state, needs);
}

function primaryFinding(name: string, state: ServerState, { standbys: wanted = 0 }: ReplicationNeeds): Finding {
  const say = findingFor('database.replication', name);
  const { standbys, idleSlots, lostSlots } = state;
  const behind = standbys.filter((one) => one.state !== 'streaming' && one.state !== 'there');
  const count = standbys.length === 1 ? '1 standby follows' : `${String(standbys.length)} standbys follow`;
  const threshold =
    wanted > 0 ? `${String(wanted)} must follow, every slot in use` : 'every standby and every slot in use';
  const metrics = [{ name: 'standbys', value: standbys.length, ...(wanted > 0 ? { fail: wanted } : {}) }];
  if (lostSlots.length > 0) {
    const found = `slot ${lostSlots.join(', ')} has lost its place: the log its standby needs is gone`;
    const advice = `Make the standby anew (pg_basebackup); then select pg_drop_replication_slot('${lostSlots[0] ?? ''}'), and think of max_slot_wal_keep_size.`;
    return say.fail(found, { threshold, metrics, advice });
  }
  if (idleSlots.length > 0) {
    const found = `nobody reads from slot ${idleSlots.join(', ')}: its standby is gone, and WAL piles up`;
    const advice = `Bring the standby back, or drop the slot before the disk is full: select pg_drop_replication_slot('${idleSlots[0] ?? ''}').`;
    return say.fail(found, { threshold, metrics, advice });
  }
  if (standbys.length < wanted) {
    const advice = 'Look at the log of the standby that is not there, and at pg_hba.conf and the network between them.';
    return say.fail(standbys.length === 0 ? 'no standby follows' : `only ${count}`, { threshold, metrics, advice });
  }
  if (behind.length > 0) {
    const found = behind.map((one) => `standby ${one.name} is in state ${one.state}`).join(', ');
    return say.warn(found, { threshold, metrics, advice: 'Look at it with: select * from pg_stat_replication.' });
  }
  return say.ok(standbys.length === 0 ? 'a primary without standbys' : count, { threshold, metrics });
}

function standbyFinding(name: string, state: ServerState, { lagMs: limitMs }: ReplicationNeeds): Finding {
  const say = findingFor('database.replication', name);
  const { receiver, lagMs, heardMs, waitingBytes, paused } = state;
  const threshold = `at most ${formatDuration(limitMs)} behind`;
  const metrics = [
    ...(lagMs === undefined ? [] : [{ name: 'lag_ms', value: lagMs, fail: limitMs }]),
    ...(waitingBytes === undefined ? [] : [{ name: 'waiting_bytes', value: waitingBytes }]),
  ];
  const words = { threshold, metrics };
  const age = lagMs === undefined ? '' : `, its last change is ${formatDuration(lagMs)} old`;
  if (paused) {
    const advice = 'If nobody needs it to stand still any more, on the standby: select pg_wal_replay_resume().';
    return say.fail(`a standby whose replay is paused${age}`, { ...words, advice });
  }
  if (receiver === undefined && state.archive) return fromArchive(name, state, limitMs);
  if (receiver === undefined || (receiver !== 'streaming' && receiver !== 'there')) {
    const found = receiver === undefined ? 'a standby that receives nothing' : `a standby in state ${receiver}`;
    const slot = state.slot === undefined ? '' : ` its slot ${state.slot} may be gone there;`;
    const advice = `Look at the log of the standby, and at its primary:${slot} select * from pg_stat_replication, pg_replication_slots.`;
    return say.fail(`${found}${age}`, { ...words, advice });
  }
  if (heardMs !== undefined && heardMs > Math.max(limitMs, silenceMs)) {
    const advice = 'Look at the primary, and at the network between them: the line stands, and nothing comes.';
    return say.fail(`a standby that heard nothing for ${formatDuration(heardMs)}`, { ...words, advice });
  }
  const advice = 'See what replay waits for, on the standby: select * from pg_stat_activity, and its disks.';
  if (isBehind(state, limitMs)) {
    return say.fail(`a standby with ${formatSize(waitingBytes ?? 0)} to catch up on${age}`, { ...words, advice });
  }
  // A primary nobody writes to sends nothing: an old last change is no fault where all that came was replayed.
  if (waitingBytes === undefined && lagMs !== undefined && lagMs > limitMs) {
    return say.warn(`a standby that streams${age}: its primary may be idle`, { ...words, advice });
  }
  return say.ok(`a standby that streams${age}`, words);
}

/** Nothing but the age of its last change tells how a standby is that takes whole files of the log. */
function fromArchive(name: string, { lagMs }: ServerState, limitMs: number): Finding {
  const say = findingFor('database.replication', name);
  const threshold = `at most ${formatDuration(limitMs)} behind`;
  const advice = `See that the primary archives (select * from pg_stat_archiver there, archive_timeout) and that restore_command finds it. A slower rhythm is told by: lag.`;
  if (lagMs === undefined)
    return say.unknown('a standby that took nothing from the archive yet', { threshold, advice });
  const words = { threshold, metrics: [{ name: 'lag_ms', value: lagMs, fail: limitMs }] };
  const found = `a standby fed from an archive, its last change is ${formatDuration(lagMs)} old`;
  return lagMs > limitMs ? say.fail(found, { ...words, advice }) : say.ok(found, words);
}
