import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { DrpError, toError } from '../base/errors.ts';

/** Version of the tables, in `user_version`; the format of events is another number, in each run's first event. */
const schemaVersion = 1;

const schema = `
CREATE TABLE run (
  run TEXT PRIMARY KEY, site TEXT NOT NULL, procedure TEXT NOT NULL, mode TEXT NOT NULL, began_at TEXT NOT NULL,
  claims INTEGER NOT NULL, finished INTEGER NOT NULL,
  held INTEGER NOT NULL, epoch INTEGER NOT NULL, driver TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX one_claim_a_site ON run (site, mode) WHERE claims = 1;
CREATE TABLE event (
  run TEXT NOT NULL REFERENCES run (run), seq INTEGER NOT NULL, line TEXT NOT NULL, prev TEXT NOT NULL, hash TEXT NOT NULL,
  PRIMARY KEY (run, seq)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER event_is_never_changed BEFORE UPDATE ON event
BEGIN SELECT RAISE(ABORT, 'events are never changed'); END;
CREATE TRIGGER event_is_never_deleted BEFORE DELETE ON event
BEGIN SELECT RAISE(ABORT, 'events are never deleted'); END;
CREATE TRIGGER event_continues_the_last BEFORE INSERT ON event
WHEN NEW.seq <> 1 + coalesce((SELECT max(seq) FROM event WHERE run = NEW.run), 0)
  OR NEW.prev <> coalesce(
    (SELECT hash FROM event WHERE run = NEW.run ORDER BY seq DESC LIMIT 1), printf('%064d', 0))
BEGIN SELECT RAISE(ABORT, 'an event must continue the last one'); END;
CREATE TRIGGER run_is_never_deleted BEFORE DELETE ON run
BEGIN SELECT RAISE(ABORT, 'runs are never deleted'); END;
PRAGMA user_version = ${schemaVersion};`;

// Primary codes of sqlite.org/rescode.html; the extended code of a failed growth of the shared-memory file (a full disk too).
const busy = 5;
/**
 * SQLite's own wait grows to 100 ms between tries, and starves beside a process that writes without a pause; begun anew
 * this often, it asks at 0, 1, 3 and 8 ms.
 */
const patienceMs = 10;
/**
 * Pages after which the log is brought into the file and begun anew (SQLite's own: 1000). A log that is written over is made durable
 * in half the time of one that grows: 0.16 ms a commit instead of 0.29.
 */
const logPages = 64;
const full = 13;
const sharedMemorySize = 4874;

export type Row = Readonly<Record<string, unknown>>;

/** The few things the journal asks of SQLite; every error leaves as a DrpError. */
export interface SqliteDatabase {
  all(sql: string, ...values: readonly SQLInputValue[]): readonly Row[];
  get(sql: string, ...values: readonly SQLInputValue[]): Row | undefined;
  run(sql: string, ...values: readonly SQLInputValue[]): void;
  /** Runs `work` in one immediate transaction: all of it is durable on return, or none is there. */
  transaction<T>(work: () => T): T;
  /** Inside a transaction: takes back what `work` wrote where it throws, and nothing else. */
  part<T>(work: () => T): T;
  close(): void;
}

/**
 * Opens the file with write-ahead log and full synchronisation, and asserts both: a store that acknowledges what it can
 * lose is refused at every open, not only the first. Throws journal-foreign, journal-not-durable, journal-newer-format, journal-unwritable.
 */
export function openSqlite(
  path: string,
  { busyTimeoutMs, unchecked }: { readonly busyTimeoutMs: number; readonly unchecked: boolean },
): SqliteDatabase {
  const guard = <T>(act: () => T): T => {
    try {
      return act();
    } catch (thrown) {
      throw translate(thrown, path, busyTimeoutMs);
    }
  };
  const patiently = <T>(act: () => T): T => untilLetIn(act, busyTimeoutMs);
  const database = guard(() => new DatabaseSync(path, { timeout: Math.min(patienceMs, busyTimeoutMs) }));
  // Each text is compiled once: on an append that takes longer than what the statements do.
  const compiled = new Map<string, StatementSync>();
  const statement = (sql: string): StatementSync => {
    const known = compiled.get(sql) ?? database.prepare(sql);
    compiled.set(sql, known);
    return known;
  };
  const wrapped: SqliteDatabase = {
    all: (sql, ...values) => guard(() => patiently(() => statement(sql).all(...values))),
    get: (sql, ...values) => guard(() => patiently(() => statement(sql).get(...values))),
    run: (sql, ...values) => {
      guard(() => patiently(() => statement(sql).run(...values)));
    },
    transaction: (work) =>
      guard(() => {
        patiently(() => database.exec('BEGIN IMMEDIATE'));
        try {
          const result = work();
          database.exec('COMMIT');
          return result;
        } catch (thrown) {
          // A failed COMMIT may have rolled back by itself already.
          if (database.isTransaction) database.exec('ROLLBACK');
          throw thrown;
        }
      }),
    part: (work) => {
      statement('SAVEPOINT part').run();
      try {
        return work();
      } catch (thrown) {
        // An error of the whole transaction (a full disk) has ended it, and the part with it.
        if (database.isTransaction) statement('ROLLBACK TO part').run();
        throw thrown;
      } finally {
        if (database.isTransaction) statement('RELEASE part').run();
      }
    },
    close: () => {
      if (database.isOpen) database.close();
    },
  };
  try {
    refuseForeign(wrapped, path);
    assertDurable(wrapped, path);
    wrapped.get(`PRAGMA wal_autocheckpoint = ${logPages}`);
    upgrade(wrapped, database);
    if (!unchecked) refuseDamaged(wrapped, path);
    return wrapped;
  } catch (thrown) {
    wrapped.close();
    throw thrown;
  }
}

/** One statement, again until it is let in; what did not get the lock has changed nothing. */
function untilLetIn<T>(act: () => T, busyTimeoutMs: number): T {
  const giveUpAt = performance.now() + busyTimeoutMs;
  for (;;) {
    try {
      return act();
    } catch (thrown) {
      if (primaryCode(thrown) !== busy || performance.now() >= giveUpAt) throw thrown;
    }
  }
}

/** Before anything is written: a database of another program is left as it is. One statement, since a first open may be under way. */
function refuseForeign(database: SqliteDatabase, path: string): void {
  const count =
    "SELECT count(*) AS found, sum(name IN ('run', 'event')) AS own FROM sqlite_schema WHERE type = 'table'";
  const { found, own } = database.get(count) ?? {};
  if (found !== 0 && own !== 2) throw new DrpError('journal-foreign', { path, what: 'a database of another program' });
}

function assertDurable(database: SqliteDatabase, path: string): void {
  const expected = { journal_mode: ['WAL', 'wal'], synchronous: ['FULL', '2'], fullfsync: ['ON', '1'] } as const;
  for (const [pragma, [value, reads]] of Object.entries(expected)) {
    database.get(`PRAGMA ${pragma} = ${value}`);
    const found = String(Object.values(database.get(`PRAGMA ${pragma}`) ?? {})[0]);
    if (found !== reads) throw new DrpError('journal-not-durable', { path, pragma, found });
  }
}

function upgrade(database: SqliteDatabase, raw: DatabaseSync): void {
  const version = (): number => Number(database.get('PRAGMA user_version')?.['user_version']);
  if (version() === 0) {
    // Asked again inside: two first opens at the same moment make one schema.
    database.transaction(() => {
      if (version() === 0) raw.exec(schema);
    });
  }
  if (version() > schemaVersion) throw new DrpError('journal-newer-format', { what: `tables of version ${version()}` });
}

function refuseDamaged(database: SqliteDatabase, path: string): void {
  const verdict = String(database.get('PRAGMA quick_check(1)')?.['quick_check']);
  if (verdict !== 'ok') throw new DrpError('journal-unwritable', { path, reason: `the file is damaged: ${verdict}` });
}

function translate(thrown: unknown, path: string, afterMs: number): unknown {
  if (thrown instanceof DrpError) return thrown;
  const error = toError(thrown);
  const extended = extendedCode(error);
  const primary = primaryCode(error);
  if (primary === full || extended === sharedMemorySize)
    return new DrpError('journal-full', { path }, { cause: thrown });
  if (primary === busy) return new DrpError('journal-busy', { path, afterMs }, { cause: thrown });
  return new DrpError('journal-unwritable', { path, reason: error.message }, { cause: thrown });
}

function extendedCode(thrown: unknown): number {
  const error = toError(thrown);
  return 'errcode' in error && typeof error.errcode === 'number' ? error.errcode : 0;
}

const primaryCode = (thrown: unknown): number => extendedCode(thrown) & 0xff;
