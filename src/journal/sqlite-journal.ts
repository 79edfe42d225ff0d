import { systemClock, type Clock } from '../base/clock.ts';
import { DrpError, isDrpError } from '../base/errors.ts';
import type { Driver } from '../events/event.ts';
import { createAppendQueue, type AppendQueue } from './append-queue.ts';
import { driverLiveness, isSameDriver, type Liveness } from './driver.ts';
import type { Journal } from './journal.ts';
import {
  checkBeside,
  copiedRun,
  isClaiming,
  leaseHeld,
  nobody,
  overtaken,
  refuseEnded,
  refuseUnended,
  siteClaimed,
} from './rules.ts';
import { openSqlite } from './sqlite-database.ts';
import {
  dropBallast,
  fileSystemTypeOf,
  keepBallast,
  makePrivate,
  preparePlace,
  type FileSystemType,
} from './sqlite-place.ts';
import { createStore, type Store, type StoredRun } from './sqlite-store.ts';

export interface SqliteJournalOptions {
  readonly path: string;
  readonly clock?: Clock;
  readonly liveness?: (driver: Driver) => Liveness;
  readonly fileSystemType?: FileSystemType;
  /** How long a write waits for another process's. */
  readonly busyTimeoutMs?: number;
  /** The file is not looked through for damage at opening: for what only shows. */
  readonly unchecked?: boolean;
}

/** What the parts of the journal share. */
interface Parts {
  readonly store: Store;
  /** All of `work` on disk, or none of it; behind what was appended before. */
  readonly durable: <T>(work: () => T) => T;
  readonly queue: AppendQueue;
  readonly stateOf: (row: StoredRun) => Liveness;
  /** False while the disk is too full for the reserve. */
  readonly hasReserve: () => boolean;
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
  const { busyTimeoutMs = 5_000, unchecked = false } = options;
  preparePlace(path, { fileSystemType: options.fileSystemType ?? fileSystemTypeOf, onlyShown: unchecked });
  const database = openSqlite(path, { busyTimeoutMs, unchecked });
  makePrivate(path);
  keepBallast(path);
  const store = createStore(database, `sqlite:${path}`, clock);
  const commit = <T>(work: () => T): T => {
    try {
      return database.transaction(work);
    } catch (thrown) {
      if (!isDrpError(thrown, 'journal-full') || !dropBallast(path)) throw thrown;
      return database.transaction(work);
    }
  };
  const queue = createAppendQueue({ durable: commit, part: database.part });
  const parts: Parts = {
    store,
    queue,
    durable: (work) => {
      queue.flush();
      return commit(work);
    },
    stateOf: (row) => (row.held ? liveness(row.driver) : 'dead'),
    hasReserve: () => keepBallast(path),
  };
  const close = async (): Promise<void> => {
    queue.flush();
    database.close();
  };
  return { url: store.url, ...claiming(parts), ...appending(parts, path), ...reading(parts), close };
}

function claiming({
  store,
  durable,
  queue,
  stateOf,
}: Parts): Pick<Journal, 'begin' | 'adopt' | 'keep' | 'lease' | 'release' | 'unclaim'> {
  const freeSite = (site: string, mode: string): void => {
    const holder = isClaiming(mode) ? store.claimant(site, mode) : undefined;
    if (holder === undefined) return;
    const state = stateOf(holder);
    if (store.head(holder.run).seq > 0 || state !== 'dead') throw siteClaimed(holder, holder.driver, state);
    store.end(holder.run);
  };
  return {
    begin: async (request, driver) =>
      durable(() => {
        if (store.find(request.run) !== undefined)
          throw new DrpError('run-exists', { run: request.run, journal: store.url });
        freeSite(request.site, request.mode);
        store.insert(request, driver);
        return { run: request.run, epoch: 1, driver };
      }),
    adopt: async ({ run, stored, drafts, epoch }, driver) =>
      durable(() => {
        if (store.find(run) !== undefined) throw new DrpError('run-exists', { run, journal: store.url });
        const copied = copiedRun(run, stored);
        refuseEnded(run, copied);
        const { head, beganAt, site, procedure, mode } = copied;
        freeSite(site, mode);
        store.insert({ run, site, procedure, mode }, driver, { beganAt });
        store.copy(run, stored);
        store.write(run, head, drafts);
        store.hold(run, epoch, driver);
        return { run, epoch, driver };
      }),
    keep: async (run, stored) =>
      durable(() => {
        if (store.find(run) !== undefined) throw new DrpError('run-exists', { run, journal: store.url });
        const copied = copiedRun(run, stored);
        refuseUnended(run, copied);
        const { beganAt, site, procedure, mode } = copied;
        store.insert({ run, site, procedure, mode }, nobody, { beganAt, claims: false });
        store.copy(run, stored);
        store.end(run);
        store.release({ run, epoch: 1, driver: nobody });
      }),
    lease: async (run, driver, { takeover = false } = {}) =>
      queue.add(() => {
        const row = store.get(run);
        const state = stateOf(row);
        if (state !== 'dead' && !isSameDriver(row.driver, driver) && !takeover) throw leaseHeld(run, row.driver, state);
        const epoch = row.epoch + 1;
        store.hold(run, epoch, driver);
        return { run, epoch, driver, ...overtaken(row, driver, row.held ? state : undefined) };
      }),
    release: async (lease) => queue.add(() => store.release(lease)),
    unclaim: async (lease) =>
      queue.add(() => {
        if (store.get(lease.run).finished) return;
        store.checkLease(lease);
        store.end(lease.run);
      }),
  };
}

function appending(
  { store, durable, queue, stateOf, hasReserve }: Parts,
  path: string,
): Pick<Journal, 'append' | 'appendBeside'> {
  return {
    append: async (lease, head, drafts) => {
      if (drafts.some((draft) => draft.type === 'effect.started') && !hasReserve()) {
        throw new DrpError('journal-full', { path });
      }
      return queue.add(() => {
        store.checkLease(lease);
        return store.writeBehind(lease.run, head, drafts);
      });
    },
    appendBeside: async (run, drafts) =>
      durable(() => {
        checkBeside(run, drafts);
        const row = store.get(run);
        const state = stateOf(row);
        if (state !== 'dead') throw leaseHeld(run, row.driver, state);
        return store.write(run, store.head(run), drafts);
      }),
  };
}

function reading({
  store,
  stateOf,
}: Parts): Pick<Journal, 'read' | 'recall' | 'lines' | 'stored' | 'runs' | 'holder' | 'claimant'> {
  return {
    read: async (run, afterSeq = 0) => store.read(run, afterSeq),
    recall: async (run) => store.recall(run),
    lines: async (run, afterSeq = 0) => store.stored(run, afterSeq).map(({ line }) => line),
    stored: async (run) => store.stored(run),
    runs: async (filter = {}) => store.rows(filter.site),
    holder: async (run) => {
      const row = store.find(run);
      return row === undefined || stateOf(row) === 'dead' ? undefined : { run, epoch: row.epoch, driver: row.driver };
    },
    claimant: async (site, mode) => store.claimant(site, mode)?.run,
  };
}
