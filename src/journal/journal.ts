import type { Draft, Driver, Event } from '../events/event.ts';

/** Place in a run's log: the last event seen. `seq` 0 and 64 zeros: before the first. */
export interface Head {
  readonly seq: number;
  readonly hash: string;
}

/** What a store keeps of an event: its exact line, and the SHA-256 (hex) of those bytes. */
export interface StoredLine {
  readonly line: string;
  readonly hash: string;
}

/** The right to append to one run; held by one driver at a time. */
export interface Lease {
  readonly run: string;
  readonly epoch: number;
  readonly driver: Driver;
  /** Who held it until now without giving it back, and whether that driver lives. */
  readonly before?: {
    readonly driver: Driver;
    readonly epoch: number;
    readonly liveness: 'alive' | 'dead' | 'unknown';
  };
}

/** A run that is brought into this store from a copy. */
export interface RunCopy {
  readonly run: string;
  readonly stored: readonly StoredLine[];
  /** Appended behind the copy: what says who adopted it, and why. */
  readonly drafts: readonly Draft[];
  /** Above every epoch the run may have had elsewhere. */
  readonly epoch: number;
}

export interface RunRow {
  readonly run: string;
  readonly site: string;
  readonly procedure: string;
  readonly mode: string;
  readonly beganAt: string;
  readonly head: Head;
  readonly lastAt: string;
  /** The run has ended (or never began) and claims nothing. */
  readonly finished: boolean;
}

/**
 * Where events live: one append-only log a run. SQLite by default; PostgreSQL slots in behind the same contract suite.
 * Appends are durable when they resolve (fsynced), or throw and nothing is there.
 */
export interface Journal {
  /** URL people can give to `--journal`. */
  readonly url: string;
  /**
   * Claims the site for a new run, atomically, and takes its lease. Throws run-exists, and site-claimed (with the holder's
   * details) where another unfinished run of the same mode class holds the site. A dry run claims nothing; a run that
   * wrote no event and whose driver is provably gone holds nothing.
   */
  begin(
    run: { readonly run: string; readonly site: string; readonly procedure: string; readonly mode: string },
    driver: Driver,
  ): Promise<Lease>;
  /**
   * Takes the lease of an existing run. Throws run-not-found, and lease-held while its driver lives (same boot, pid and
   * start time) or cannot be proven gone (another machine), unless `takeover` is given. The same driver gets it again.
   * The epoch rises by one each time, so the lease before is void.
   */
  lease(run: string, driver: Driver, options?: { readonly takeover?: boolean }): Promise<Lease>;
  /**
   * Continues a run from a copy of its lines: chain checked first, lines kept as they are, `drafts` appended behind them, site
   * claimed and lease taken (under `epoch`), all in one transaction. Throws journal-broken, run-exists, run-ended, site-claimed.
   */
  adopt(copy: RunCopy, driver: Driver): Promise<Lease>;
  /**
   * Keeps a run that has ended elsewhere, line for line: what a site's later runs build on. It claims nothing and is never
   * driven. Throws journal-broken, run-exists, run-not-ended.
   */
  keep(run: string, stored: readonly StoredLine[]): Promise<void>;
  /** Gives the lease back; the claim on the site stays until the run has ended. Idempotent. */
  release(lease: Lease): Promise<void>;
  /** Ends the run's claim on its site; appending `run.ended` does it too, in the same transaction. Idempotent. Throws lease-lost. */
  unclaim(lease: Lease): Promise<void>;
  /**
   * Appends in order, in one transaction (which other runs' appends of the same moment may share), if `head` is still the last event and the lease still holds.
   * Throws journal-head-moved, lease-lost, not-canonical, journal-busy, journal-full, journal-unwritable: nothing is
   * there then (after journal-unwritable read again before going on: a disk that fails may have kept it). On a full disk
   * a reserve lets outcomes and answers through; an `effect.started` is refused with journal-full. Returns the stored events.
   */
  append(lease: Lease, head: Head, drafts: readonly Draft[]): Promise<readonly Event[]>;
  /** Events after `afterSeq`, in order, each checked against its hash and predecessor. Throws journal-broken (good up to seq k). */
  read(run: string, afterSeq?: number): Promise<readonly Event[]>;
  /**
   * The events of a run as they lie there, parsed but not checked: quick, for showing where a run stands. Progress that later
   * events have overtaken may be left out. Never act on them. Throws journal-broken where one cannot be read at all.
   */
  recall(run: string): Promise<readonly Event[]>;
  /** The exact stored lines after `afterSeq`. */
  lines(run: string, afterSeq?: number): Promise<readonly string[]>;
  /** The exact stored lines with the hashes stored beside them, unchecked: for export and independent verification. */
  stored(run: string): Promise<readonly StoredLine[]>;
  /** Newest first. */
  runs(filter?: { readonly site?: string }): Promise<readonly RunRow[]>;
  /** Who holds the lease; undefined where nobody does or the driver is provably gone. */
  holder(run: string): Promise<Lease | undefined>;
  /** Unfinished run that claims the site. */
  claimant(site: string, mode: 'real' | 'dry-run' | 'drill'): Promise<string | undefined>;
  /**
   * Appends to a run without a driver (obligation.settled, note.added, lessons after its end), same guards. Throws
   * lease-held while a driver lives, event-not-beside for events that move the run.
   */
  appendBeside(run: string, drafts: readonly Draft[], driver: Driver): Promise<readonly Event[]>;
  close(): Promise<void>;
}
