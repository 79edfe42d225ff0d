/**
 * What a bench is. To add one: a file `test/bench/benches/NAME.ts` that exports `bench`; it is found by its name.
 *
 *   export const bench: Bench = benchIn({
 *     name: 'files',
 *     about: 'copies of trees',
 *     onlyRoot: 'only root can mount a file system',         // left out: anybody can
 *     open: ({ folder }) => build(folder),                    // under `folder`, removed afterwards
 *     rows: async (context, world) => {
 *       await context.race({
 *         work: '60 000 small files, fresh',
 *         rounds: 5,
 *         ours: { name: 'drp', command: 'drp …', run: () => world.copy() },
 *         peers: [{ name: '`rsync -a`', limit: 0.8, command: 'rsync -a A/ B/', run: () => world.rsync() }],
 *       });
 *     },
 *   });
 *
 * `run` may resolve with the milliseconds it measured itself; else its whole time is taken. `prepare` is not measured.
 */
export interface Bench {
  readonly name: string;
  /** A few words: the heading of its part of docs/performance.md. */
  readonly about: string;
  rows(context: BenchContext): Promise<void>;
}

/** A bench in a world of its own: built before its rows, ended behind them. */
export function benchIn<W extends { end(): Promise<void> }>(bench: {
  readonly name: string;
  readonly about: string;
  /** Why only root can measure it; absent: anybody can. */
  readonly onlyRoot?: string;
  open(context: BenchContext): Promise<W>;
  rows(context: BenchContext, world: W): Promise<void>;
}): Bench {
  const { name, about, onlyRoot } = bench;
  return {
    name,
    about,
    rows: async (context) => {
      if (onlyRoot !== undefined && process.getuid?.() !== 0) {
        context.skip(about, onlyRoot);
        return;
      }
      const world = await bench.open(context);
      context.atEnd(() => world.end());
      await bench.rows(context, world);
    },
  };
}

/** One of those that do the same work in turn. */
export interface Side {
  readonly name: string;
  /** As one would type it, for the page. */
  readonly command: string;
  /** Before each turn, unmeasured: a fresh target, a clean journal. */
  prepare?(): Promise<void> | void;
  /** Does the work once, and makes sure it was done (throw otherwise). Resolves with ms where it measures itself. */
  run(): Promise<number | void>;
}

/** Somebody to be compared with. */
export interface Peer extends Side {
  /** Most that our time may be of this one's. */
  readonly limit: number;
}

export interface Race {
  readonly work: string;
  readonly ours: Side;
  readonly peers: readonly Peer[];
  /** Times each does it; `--rounds` changes it. */
  readonly rounds: number;
  /** One unmeasured turn first, for caches (default true). */
  readonly warmUp?: boolean;
}

/** A line of the result: our median time by theirs, in one run. */
export interface Row {
  readonly work: string;
  readonly against: string;
  readonly ratio: number;
  readonly limit: number;
  readonly n: number;
}

/** A row with what it was made of, for the page. */
export interface MeasuredRow extends Row {
  /** What the figure is, where it is no time: `MiB`. */
  readonly unit: string;
  readonly ours: Figures;
  readonly theirs: Figures;
  readonly commands: readonly [ours: string, theirs: string];
}

export interface Figures {
  readonly median: number;
  readonly least: number;
  readonly most: number;
  /** CPU of this process and its children, ms; undefined where it says nothing. */
  readonly cpuMs?: number;
}

/** A value, and what it is held against. */
export interface ValueRow {
  readonly work: string;
  readonly against: string;
  readonly value: number;
  readonly of: number;
  readonly unit: string;
  readonly command: string;
  readonly limit: number;
  readonly n: number;
}

export interface BenchContext {
  /** A folder of its own, passable by everybody, removed at the end. */
  readonly folder: string;
  readonly log: (line: string) => void;
  /** All sides in turn (A B C, B C A …), `rounds` times; one row a peer. */
  race(race: Race): Promise<void>;
  /** A row that is no race: a value that must stay below a limit, as a share of it. */
  value(row: ValueRow): void;
  /** Says loudly that this cannot be measured here, and why. */
  skip(work: string, why: string): void;
  atEnd(undo: () => Promise<unknown> | unknown): void;
}
