import { systemClock, type Clock } from '../base/clock.ts';
import { DrpError, isDrpError } from '../base/errors.ts';
import type { Draft, Driver, Event } from '../events/event.ts';
import { genesis, linkAll, type StoredLine } from './chain.ts';
import { driverLiveness, isSameDriver, type Liveness } from './driver.ts';
import type { Head, Journal, Lease, RunRow } from './journal.ts';
import { checkBeside, isClaiming, leaseHeld, siteClaimed, toEvents } from './rules.ts';
import { openSqlite, type Row, type SqliteDatabase } from './sqlite-database.ts';
import { dropBallast, fileSystemTypeOf, keepBallast, preparePlace, type FileSystemType } from './sqlite-place.ts';

export interface SqliteJournalOptions {
  readonly path: string;
  readonly clock?: Clock;
  readonly liveness?: (driver: Driver) => Liveness;
  readonly fileSystemType?: FileSystemType;
  /** How long a write waits for another process's. */
  readonly busyTimeoutMs?: number;
}

/**
 * The default journal: one file, shared by any number of processes of one user on one machine. Who may append is decided
 * inside each write transaction (lease epoch, head), and the tables refuse forks, gaps and changes by themselves.
 *
 * A full disk: the reserve beside the file is given back and the append tried once more, so that what has happened is on
 * record; while the reserve cannot be put back, nothing new is started (`effect.started` → journal-full).
 */
export function openSqliteJournal(options: SqliteJournalOptions): Journal {
  const { path, clock = systemClock, liveness = driverLiveness } = options;
  preparePlace(path, options.fileSystemType ?? fileSystemTypeOf);
  const database = openSqlite(path, options.busyTimeoutMs ?? 5_000);
  keepBallast(path);
  const store = createStore(database, `sqlite:${path}`, clock);
  const durable = <T>(work: () => T): T => {
    try {
      return database.transaction(work);
    } catch (thrown) {
      if (!isDrpError(thrown, 'journal-full') || !dropBallast(path)) throw thrown;
      return database.transaction(work);
    }
  };
  const stateOf = (row: StoredRun): Liveness => (row.held ? liveness(row.driver) : 'dead');

  return {
    url: store.url,
    begin: async (request, driver) =>
      durable(() => {
        if (store.find(request.run) !== undefined)
          throw new DrpError('run-exists', { run: request.run, journal: store.url });
        const holder = isClaiming(request.mode) ? store.claimant(request.site, request.mode) : undefined;
        if (holder !== undefined) {
          const state = stateOf(holder);
          if (store.head(holder.run).seq > 0 || state !== 'dead') throw siteClaimed(holder, holder.driver, state);
          store.end(holder.run);
        }
        store.insert(request, driver);
        return { run: request.run, epoch: 1, driver };
      }),
    lease: async (run, driver, { takeover = false } = {}) =>
      durable(() => {
        const row = store.get(run);
        const state = stateOf(row);
        if (state !== 'dead' && !isSameDriver(row.driver, driver) && !takeover) throw leaseHeld(run, row.driver, state);
        const epoch = row.epoch + 1;
        store.hold(run, epoch, driver);
        return { run, epoch, driver };
      }),
    release: async (lease) => durable(() => store.release(lease)),
    unclaim: async (lease) =>
      durable(() => {
        if (store.get(lease.run).finished) return;
        store.checkLease(lease);
        store.end(lease.run);
      }),
    append: async (lease, head, drafts) => {
      if (drafts.some((draft) => draft.type === 'effect.started') && !keepBallast(path)) {
        throw new DrpError('journal-full', { path });
      }
      return durable(() => {
        store.checkLease(lease);
        const found = store.head(lease.run);
        if (found.seq !== head.seq || found.hash !== head.hash) {
          throw new DrpError('journal-head-moved', { run: lease.run, expected: head.seq, found: found.seq });
        }
        return store.write(lease.run, found, drafts);
      });
    },
    read: async (run, afterSeq = 0) => store.read(run, afterSeq),
    lines: async (run) => store.stored(run).map(({ line }) => line),
    stored: async (run) => store.stored(run),
    runs: async (filter = {}) => store.rows(filter.site),
    holder: async (run) => {
      const row = store.find(run);
      return row === undefined || stateOf(row) === 'dead' ? undefined : { run, epoch: row.epoch, driver: row.driver };
    },
    claimant: async (site, mode) => store.claimant(site, mode)?.run,
    appendBeside: async (run, drafts) =>
      durable(() => {
        checkBeside(run, drafts);
        const row = store.get(run);
        const state = stateOf(row);
        if (state !== 'dead') throw leaseHeld(run, row.driver, state);
        return store.write(run, store.head(run), drafts);
      }),
    close: async () => database.close(),
  };
}

interface StoredRun {
  readonly run: string;
  readonly site: string;
  readonly procedure: string;
  readonly mode: string;
  readonly beganAt: string;
  readonly finished: boolean;
  readonly held: boolean;
  readonly epoch: number;
  readonly driver: Driver;
}

/** The statements, by what they are for. Those that write are called inside a transaction. */
function createStore(database: SqliteDatabase, url: string, clock: Clock) {
  const find = (run: string): StoredRun | undefined => toRun(database.get('SELECT * FROM run WHERE run = ?', run));
  const get = (run: string): StoredRun => {
    const row = find(run);
    if (row === undefined) throw new DrpError('run-not-found', { run, journal: url });
    return row;
  };
  const head = (run: string): Head => {
    const row = database.get('SELECT seq, hash FROM event WHERE run = ? ORDER BY seq DESC LIMIT 1', run);
    return row === undefined ? genesis : { seq: Number(row['seq']), hash: String(row['hash']) };
  };
  const end = (run: string): void => database.run('UPDATE run SET claims = 0, finished = 1 WHERE run = ?', run);
  const stored = (run: string, afterSeq = 0): readonly StoredLine[] =>
    database.all('SELECT line, hash FROM event WHERE run = ? AND seq > ? ORDER BY seq', run, afterSeq).map(toStored);

  return {
    url,
    find,
    get,
    head,
    end,
    stored,
    claimant: (site: string, mode: string): StoredRun | undefined =>
      toRun(database.get('SELECT * FROM run WHERE site = ? AND mode = ? AND claims = 1', site, mode)),
    insert: (request: Pick<StoredRun, 'run' | 'site' | 'procedure' | 'mode'>, driver: Driver): void =>
      database.run(
        'INSERT INTO run (run, site, procedure, mode, began_at, claims, finished, held, epoch, driver) VALUES (?, ?, ?, ?, ?, ?, 0, 1, 1, ?)',
        ...[request.run, request.site, request.procedure, request.mode, clock.nowIso()],
        ...[isClaiming(request.mode) ? 1 : 0, JSON.stringify(driver)],
      ),
    hold: (run: string, epoch: number, driver: Driver): void =>
      database.run('UPDATE run SET held = 1, epoch = ?, driver = ? WHERE run = ?', epoch, JSON.stringify(driver), run),
    release: ({ run, epoch }: Lease): void =>
      database.run('UPDATE run SET held = 0 WHERE run = ? AND epoch = ?', run, epoch),
    checkLease: ({ run, epoch }: Lease): void => {
      const row = get(run);
      if (!row.held || row.epoch !== epoch) throw new DrpError('lease-lost', { run, epoch, found: row.epoch });
    },
    write: (run: string, from: Head, drafts: readonly Draft[]): readonly Event[] => {
      const linked = linkAll(run, from, clock.nowIso(), drafts);
      for (const { line, hash, event } of linked) {
        const sql = 'INSERT INTO event (run, seq, line, prev, hash) VALUES (?, ?, ?, ?, ?)';
        database.run(sql, run, event.seq, line, event.prev, hash);
      }
      if (drafts.some((draft) => draft.type === 'run.ended')) end(run);
      return linked.map(({ event }) => event);
    },
    read: (run: string, afterSeq: number): readonly Event[] => {
      if (afterSeq === 0) return toEvents(run, stored(run));
      const before = database.get('SELECT hash FROM event WHERE run = ? AND seq = ?', run, afterSeq);
      if (before === undefined) return [];
      return toEvents(run, stored(run, afterSeq), { seq: afterSeq, hash: String(before['hash']) });
    },
    rows: (site: string | undefined): readonly RunRow[] =>
      database
        .all(
          'SELECT * FROM run WHERE ? IS NULL OR site = ? ORDER BY began_at DESC, rowid DESC',
          site ?? null,
          site ?? null,
        )
        .map((row) => {
          const run = toRun(row) as StoredRun;
          const last = database.get('SELECT line FROM event WHERE run = ? ORDER BY seq DESC LIMIT 1', run.run);
          const { run: id, site: place, procedure, mode, beganAt, finished } = run;
          const lastAt =
            last === undefined ? beganAt : String((JSON.parse(String(last['line'])) as { at: unknown }).at);
          return { run: id, site: place, procedure, mode, beganAt, finished, head: head(id), lastAt };
        }),
  };
}

function toRun(row: Row | undefined): StoredRun | undefined {
  if (row === undefined) return undefined;
  return {
    ...{ run: String(row['run']), site: String(row['site']), procedure: String(row['procedure']) },
    ...{ mode: String(row['mode']), beganAt: String(row['began_at']), finished: row['finished'] === 1 },
    ...{ held: row['held'] === 1, epoch: Number(row['epoch']), driver: JSON.parse(String(row['driver'])) as Driver },
  };
}

function toStored(row: Row): StoredLine {
  return { line: String(row['line']), hash: String(row['hash']) };
}
