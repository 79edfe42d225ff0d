import { systemClock, type Clock } from '../base/clock.ts';
import { DrpError } from '../base/errors.ts';
import type { Draft, Driver, Event } from '../events/event.ts';
import { genesis, linkAll, type StoredLine } from './chain.ts';
import { driverLiveness, isSameDriver, type Liveness } from './driver.ts';
import type { Head, Journal, Lease, RunRow } from './journal.ts';
import { checkBeside, isClaiming, leaseHeld, siteClaimed, toEvents } from './rules.ts';

interface MemoryRun {
  readonly run: string;
  readonly site: string;
  readonly procedure: string;
  readonly mode: string;
  readonly beganAt: string;
  readonly entries: (StoredLine & { readonly at: string })[];
  claims: boolean;
  finished: boolean;
  held: boolean;
  epoch: number;
  driver: Driver;
}

/** A journal that lasts as long as its process: for tests and rehearsals. Same contract as the stores on disk. */
export function createMemoryJournal(
  options: { readonly clock?: Clock; readonly liveness?: (driver: Driver) => Liveness } = {},
): Journal {
  const clock = options.clock ?? systemClock;
  const liveness = options.liveness ?? driverLiveness;
  const runs = new Map<string, MemoryRun>();
  const url = 'memory:';

  const find = (run: string): MemoryRun => {
    const found = runs.get(run);
    if (found === undefined) throw new DrpError('run-not-found', { run, journal: url });
    return found;
  };
  const checkLease = (lease: Lease): MemoryRun => {
    const row = find(lease.run);
    if (!row.held || row.epoch !== lease.epoch) {
      throw new DrpError('lease-lost', { run: lease.run, epoch: lease.epoch, found: row.epoch });
    }
    return row;
  };
  const write = (row: MemoryRun, drafts: readonly Draft[]): readonly Event[] => {
    const at = clock.nowIso();
    const linked = linkAll(row.run, headOf(row), at, drafts);
    for (const { line, hash } of linked) row.entries.push({ line, hash, at });
    if (drafts.some((draft) => draft.type === 'run.ended')) end(row);
    return linked.map(({ event }) => event);
  };

  return {
    url,
    begin: async (request, driver) => {
      if (runs.has(request.run)) throw new DrpError('run-exists', { run: request.run, journal: url });
      for (const other of runs.values()) {
        if (!other.claims || other.site !== request.site || other.mode !== request.mode) continue;
        const state = other.held ? liveness(other.driver) : 'dead';
        if (other.entries.length > 0 || state !== 'dead') throw siteClaimed(other, other.driver, state);
        end(other);
      }
      const claims = isClaiming(request.mode);
      const life = { claims, finished: false, held: true, epoch: 1, driver };
      runs.set(request.run, { ...request, beganAt: clock.nowIso(), entries: [], ...life });
      return { run: request.run, epoch: 1, driver };
    },
    lease: async (run, driver, { takeover = false } = {}) => {
      const row = find(run);
      if (row.held && !isSameDriver(row.driver, driver) && !takeover) {
        const state = liveness(row.driver);
        if (state !== 'dead') throw leaseHeld(run, row.driver, state);
      }
      row.held = true;
      row.epoch += 1;
      row.driver = driver;
      return { run, epoch: row.epoch, driver };
    },
    release: async (lease) => {
      const row = find(lease.run);
      if (row.epoch === lease.epoch) row.held = false;
    },
    unclaim: async (lease) => {
      const row = find(lease.run);
      if (!row.finished) end(checkLease(lease));
    },
    append: async (lease, head, drafts) => {
      const row = checkLease(lease);
      const found = headOf(row);
      if (found.seq !== head.seq || found.hash !== head.hash) {
        throw new DrpError('journal-head-moved', { run: lease.run, expected: head.seq, found: found.seq });
      }
      return write(row, drafts);
    },
    read: async (run, afterSeq = 0) => {
      const row = runs.get(run);
      return row === undefined ? [] : toEvents(run, row.entries).slice(afterSeq);
    },
    lines: async (run) => (runs.get(run)?.entries ?? []).map(({ line }) => line),
    stored: async (run) => (runs.get(run)?.entries ?? []).map(({ line, hash }) => ({ line, hash })),
    runs: async (filter = {}) =>
      [...runs.values()]
        .filter((row) => filter.site === undefined || row.site === filter.site)
        .map(toRow)
        .reverse(),
    holder: async (run) => {
      const row = runs.get(run);
      if (row === undefined || !row.held || liveness(row.driver) === 'dead') return undefined;
      return { run, epoch: row.epoch, driver: row.driver };
    },
    claimant: async (site, mode) =>
      [...runs.values()].find((row) => row.claims && row.site === site && row.mode === mode)?.run,
    appendBeside: async (run, drafts) => {
      const row = find(run);
      checkBeside(run, drafts);
      const state = row.held ? liveness(row.driver) : 'dead';
      if (state !== 'dead') throw leaseHeld(run, row.driver, state);
      return write(row, drafts);
    },
    close: async () => undefined,
  };
}

function headOf(row: MemoryRun): Head {
  const last = row.entries.at(-1);
  return last === undefined ? genesis : { seq: row.entries.length, hash: last.hash };
}

function end(row: MemoryRun): void {
  row.claims = false;
  row.finished = true;
}

function toRow(row: MemoryRun): RunRow {
  const { run, site, procedure, mode, beganAt, finished } = row;
  return {
    run,
    site,
    procedure,
    mode,
    beganAt,
    finished,
    head: headOf(row),
    lastAt: row.entries.at(-1)?.at ?? beganAt,
  };
}
