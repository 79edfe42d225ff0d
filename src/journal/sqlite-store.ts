import type { Clock } from '../base/clock.ts';
import { DrpError, isDrpError } from '../base/errors.ts';
import type { Draft, Driver, Event } from '../events/event.ts';
import { genesis, linkAll } from './chain.ts';
import type { Head, Lease, RunRow, StoredLine } from './journal.ts';
import { isClaiming, toEvents, toRecalled } from './rules.ts';
import type { Row, SqliteDatabase } from './sqlite-database.ts';

/** A row of table run. */
export interface StoredRun {
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

const linesAfter = 'SELECT line, hash FROM event WHERE run = ? AND seq > ? ORDER BY seq';

/** Many lines as one text, since a row each takes longer than reading them; without progress that nobody looks at any more. */
const linesAtOnce = `SELECT group_concat(line, ',') AS lines FROM (
  SELECT substr(line, 1, length(line) - 1) || ',"hash":"' || hash || '"}' AS line FROM event
  WHERE run = ? AND seq > ? AND seq <= ?
    AND (seq > ? OR substr(CAST(line AS BLOB), -25) <> CAST('"type":"step.progressed"}' AS BLOB))
  ORDER BY seq)`;
const recallBatch = 10_000;
/** Progress among the last events of a run is what is under way. */
const progressKept = 1_000;

const insertEvent = 'INSERT INTO event (run, seq, line, prev, hash) VALUES (?, ?, ?, ?, ?)';

const allRuns = 'SELECT * FROM run WHERE ? IS NULL OR site = ? ORDER BY began_at DESC, rowid DESC';

export type Store = ReturnType<typeof createStore>;

/** The statements, by what they are for. Those that write are called inside a transaction. */
export function createStore(database: SqliteDatabase, url: string, clock: Clock) {
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
    // Both columns are TEXT NOT NULL in a STRICT table: a row is the line it holds.
    database.all(linesAfter, run, afterSeq) as unknown as readonly StoredLine[];

  return {
    url,
    find,
    get,
    head,
    end,
    stored,
    claimant: (site: string, mode: string): StoredRun | undefined =>
      toRun(database.get('SELECT * FROM run WHERE site = ? AND mode = ? AND claims = 1', site, mode)),
    insert: (
      request: Pick<StoredRun, 'run' | 'site' | 'procedure' | 'mode'>,
      driver: Driver,
      { beganAt = clock.nowIso(), claims = isClaiming(request.mode) }: { beganAt?: string; claims?: boolean } = {},
    ): void =>
      database.run(
        'INSERT INTO run (run, site, procedure, mode, began_at, claims, finished, held, epoch, driver) VALUES (?, ?, ?, ?, ?, ?, 0, 1, 1, ?)',
        ...[request.run, request.site, request.procedure, request.mode, beganAt],
        ...[claims ? 1 : 0, JSON.stringify(driver)],
      ),
    hold: (run: string, epoch: number, driver: Driver): void =>
      database.run('UPDATE run SET held = 1, epoch = ?, driver = ? WHERE run = ?', epoch, JSON.stringify(driver), run),
    release: ({ run, epoch }: Lease): void =>
      database.run('UPDATE run SET held = 0 WHERE run = ? AND epoch = ?', run, epoch),
    checkLease: ({ run, epoch }: Lease): void => {
      // Not the whole row: this is asked at each append.
      const row = database.get('SELECT held, epoch FROM run WHERE run = ?', run);
      if (row === undefined) throw new DrpError('run-not-found', { run, journal: url });
      const found = Number(row['epoch']);
      if (row['held'] !== 1 || found !== epoch) throw new DrpError('lease-lost', { run, epoch, found });
    },
    copy: (run: string, lines: readonly StoredLine[]): void => {
      let prev = genesis.hash;
      for (const [index, { line, hash }] of lines.entries()) {
        database.run(insertEvent, run, index + 1, line, prev, hash);
        prev = hash;
      }
    },
    ...createWriter(database, clock, { head, end }),
    read: (run: string, afterSeq: number): readonly Event[] => {
      if (afterSeq === 0) return toEvents(run, stored(run));
      const before = database.get('SELECT hash FROM event WHERE run = ? AND seq = ?', run, afterSeq);
      if (before === undefined) return [];
      return toEvents(run, stored(run, afterSeq), { seq: afterSeq, hash: String(before['hash']) });
    },
    recall: (run: string): readonly Event[] =>
      toRecalled(run, textOf(database, run, head(run).seq), () => stored(run).map(({ line }) => line)),
    rows: (site: string | undefined): readonly RunRow[] =>
      database.all(allRuns, site ?? null, site ?? null).map((row) => toRow(row, database, head)),
  };
}

/** What appends events; called inside a transaction. */
function createWriter(
  database: SqliteDatabase,
  clock: Clock,
  { head, end }: { readonly head: (run: string) => Head; readonly end: (run: string) => void },
) {
  const write = (run: string, from: Head, drafts: readonly Draft[]): readonly Event[] => {
    const linked = linkAll(drafts, { run, head: from, at: clock.nowIso() });
    for (const { line, hash, event } of linked) {
      database.run(insertEvent, run, event.seq, line, event.prev, hash);
    }
    if (drafts.some((draft) => draft.type === 'run.ended')) end(run);
    return linked.map(({ event }) => event);
  };
  return {
    write,
    /** Right behind `from`, or not at all (journal-head-moved): the table refuses what does not continue the last event. */
    writeBehind: (run: string, from: Head, drafts: readonly Draft[]): readonly Event[] => {
      try {
        return write(run, from, drafts);
      } catch (thrown) {
        if (!isDrpError(thrown, 'journal-unwritable')) throw thrown;
        // Asked only now: at each append the question would take half as long as the writing.
        const found = head(run);
        if (found.seq === from.seq && found.hash === from.hash) throw thrown;
        throw new DrpError('journal-head-moved', { run, expected: from.seq, found: found.seq });
      }
    },
  };
}

/** Lines of a run up to `seq` for `toRecalled`. */
function textOf(database: SqliteDatabase, run: string, seq: number): string {
  const texts: string[] = [];
  for (let from = 0; from < seq; from += recallBatch) {
    const to = Math.min(seq, from + recallBatch);
    const text = database.get(linesAtOnce, run, from, to, seq - progressKept)?.['lines'];
    if (text !== null) texts.push(String(text));
  }
  return texts.join(',');
}

function toRow(row: Row, database: SqliteDatabase, head: (run: string) => Head): RunRow {
  const { run, site, procedure, mode, beganAt, finished } = toRun(row) as StoredRun;
  const last = database.get('SELECT line FROM event WHERE run = ? ORDER BY seq DESC LIMIT 1', run);
  return {
    run,
    site,
    procedure,
    mode,
    beganAt,
    finished,
    head: head(run),
    lastAt: instantOf(last?.['line']) ?? beganAt,
  };
}

function toRun(row: Row | undefined): StoredRun | undefined {
  if (row === undefined) return undefined;
  return {
    run: String(row['run']),
    site: String(row['site']),
    procedure: String(row['procedure']),
    mode: String(row['mode']),
    beganAt: String(row['began_at']),
    finished: row['finished'] === 1,
    held: row['held'] === 1,
    epoch: Number(row['epoch']),
    driver: JSON.parse(String(row['driver'])) as Driver,
  };
}

/** When a line was written; undefined where it cannot be told: a damaged line must not hide its run from the list. */
function instantOf(line: unknown): string | undefined {
  return /^\{"at":"([^"]*)"/.exec(String(line))?.[1];
}
