import { systemClock, type Clock } from '../base/clock.ts';
import { DrpError } from '../base/errors.ts';
import type { Draft, Driver, Event } from '../events/event.ts';
import { genesis, linkAll } from './chain.ts';
import { driverLiveness, isSameDriver, type Liveness } from './driver.ts';
import type { Head, Journal, Lease, RunRow, StoredLine } from './journal.ts';
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
  toEvents,
  toRecalled,
} from './rules.ts';

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

/** What the parts of the journal share. */
interface Parts {
  readonly clock: Clock;
  readonly runs: Map<string, MemoryRun>;
  readonly liveness: (driver: Driver) => Liveness;
}

const url = 'memory:';

/** A journal that lasts as long as its process: for tests and rehearsals. Same contract as the stores on disk. */
export function createMemoryJournal(
  options: { readonly clock?: Clock; readonly liveness?: (driver: Driver) => Liveness } = {},
): Journal {
  const { clock = systemClock, liveness = driverLiveness } = options;
  const parts: Parts = { clock, liveness, runs: new Map() };
  return { url, ...claiming(parts), ...appending(parts), ...reading(parts), close: async () => undefined };
}

function claiming(parts: Parts): Pick<Journal, 'begin' | 'adopt' | 'keep' | 'lease' | 'release' | 'unclaim'> {
  const { clock, runs, liveness } = parts;
  return {
    begin: async (request, driver) => {
      if (runs.has(request.run)) throw new DrpError('run-exists', { run: request.run, journal: url });
      freeSite(parts, request);
      const claims = isClaiming(request.mode);
      const life = { claims, finished: false, held: true, epoch: 1, driver };
      runs.set(request.run, { ...request, beganAt: clock.nowIso(), entries: [], ...life });
      return { run: request.run, epoch: 1, driver };
    },
    adopt: async ({ run, stored, drafts, epoch }, driver) => {
      if (runs.has(run)) throw new DrpError('run-exists', { run, journal: url });
      const copied = copiedRun(run, stored);
      refuseEnded(run, copied);
      const { head, site, procedure, mode, beganAt } = copied;
      const row = { site, procedure, mode, beganAt };
      freeSite(parts, row);
      const at = clock.nowIso();
      const added = linkAll(drafts, { run, head, at });
      const entries = [...stored, ...added].map(({ line, hash }) => ({ line, hash, at }));
      const life = { claims: isClaiming(row.mode), finished: false, held: true, epoch, driver };
      runs.set(run, { run, ...row, entries, ...life });
      return { run, epoch, driver };
    },
    keep: async (run, stored) => {
      if (runs.has(run)) throw new DrpError('run-exists', { run, journal: url });
      const copied = copiedRun(run, stored);
      refuseUnended(run, copied);
      const { site, procedure, mode, beganAt } = copied;
      const instants = toEvents(run, stored).map(({ at }) => at);
      const entries = stored.map(({ line, hash }, index) => ({ line, hash, at: instants[index] ?? beganAt }));
      const life = { claims: false, finished: true, held: false, epoch: 1, driver: nobody };
      runs.set(run, { run, site, procedure, mode, beganAt, entries, ...life });
    },
    lease: async (run, driver, { takeover = false } = {}) => {
      const row = find(parts, run);
      if (row.held && !isSameDriver(row.driver, driver) && !takeover) {
        const state = liveness(row.driver);
        if (state !== 'dead') throw leaseHeld(run, row.driver, state);
      }
      const before = overtaken(row, driver, row.held ? liveness(row.driver) : undefined);
      row.held = true;
      row.epoch += 1;
      row.driver = driver;
      return { run, epoch: row.epoch, driver, ...before };
    },
    release: async (lease) => {
      const row = find(parts, lease.run);
      if (row.epoch === lease.epoch) row.held = false;
    },
    unclaim: async (lease) => {
      const row = find(parts, lease.run);
      if (!row.finished) end(checkLease(parts, lease));
    },
  };
}

/** Throws site-claimed where a run holds the site; one that wrote nothing and whose driver is gone holds nothing. */
function freeSite({ runs, liveness }: Parts, wanted: { readonly site: string; readonly mode: string }): void {
  for (const other of runs.values()) {
    if (!other.claims || other.site !== wanted.site || other.mode !== wanted.mode) continue;
    const state = other.held ? liveness(other.driver) : 'dead';
    if (other.entries.length > 0 || state !== 'dead') throw siteClaimed(other, other.driver, state);
    end(other);
  }
}

function appending(parts: Parts): Pick<Journal, 'append' | 'appendBeside'> {
  const { clock, liveness } = parts;
  return {
    append: async (lease, head, drafts) => {
      const row = checkLease(parts, lease);
      const found = headOf(row);
      if (found.seq !== head.seq || found.hash !== head.hash) {
        throw new DrpError('journal-head-moved', { run: lease.run, expected: head.seq, found: found.seq });
      }
      return write(row, drafts, clock.nowIso());
    },
    appendBeside: async (run, drafts) => {
      const row = find(parts, run);
      checkBeside(run, drafts);
      const state = row.held ? liveness(row.driver) : 'dead';
      if (state !== 'dead') throw leaseHeld(run, row.driver, state);
      return write(row, drafts, clock.nowIso());
    },
  };
}

function reading({
  runs,
  liveness,
}: Parts): Pick<Journal, 'read' | 'recall' | 'lines' | 'stored' | 'runs' | 'holder' | 'claimant'> {
  return {
    read: async (run, afterSeq = 0) => {
      const row = runs.get(run);
      return row === undefined ? [] : toEvents(run, row.entries).slice(afterSeq);
    },
    recall: async (run) => {
      const entries = runs.get(run)?.entries ?? [];
      const text = entries.map(({ line, hash }) => `${line.slice(0, -1)},"hash":"${hash}"}`).join(',');
      return toRecalled(run, text, () => entries.map(({ line }) => line));
    },
    lines: async (run, afterSeq = 0) => (runs.get(run)?.entries ?? []).slice(afterSeq).map(({ line }) => line),
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
  };
}

function find({ runs }: Parts, run: string): MemoryRun {
  const found = runs.get(run);
  if (found === undefined) throw new DrpError('run-not-found', { run, journal: url });
  return found;
}

function checkLease(parts: Parts, lease: Lease): MemoryRun {
  const row = find(parts, lease.run);
  if (!row.held || row.epoch !== lease.epoch) {
    throw new DrpError('lease-lost', { run: lease.run, epoch: lease.epoch, found: row.epoch });
  }
  return row;
}

function write(row: MemoryRun, drafts: readonly Draft[], at: string): readonly Event[] {
  const linked = linkAll(drafts, { run: row.run, head: headOf(row), at });
  for (const { line, hash } of linked) row.entries.push({ line, hash, at });
  if (drafts.some((draft) => draft.type === 'run.ended')) end(row);
  return linked.map(({ event }) => event);
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
