const megabyte = 1024 * 1024;

/** A way of copying that is cut: the tree that leads to it, and how the line is while it is copied. */
export interface CutShape {
  readonly name: 'rsync' | 'archive' | 'streams' | 'straight' | 'window';
  /** Path → size. */
  readonly files: Readonly<Record<string, number>>;
  /** Each way of the line. */
  readonly delayMs: number;
  /** Of the way to the source, each way: a copy takes seconds, so that instants within it can be hit. */
  readonly bytesPerSecond: number;
  /** Words of the step's lines by which it is seen that this way was really taken. */
  readonly taken: RegExp;
  /** tar and what comes straight from the line are written under final names, in the hidden tree alone: there a cut file may stand until rsync finds it by size or time. */
  readonly cutFilesInStaging: boolean;
  /** Beside the content of a file, in bytes: headers and padding of an archive, or its line in a list. */
  readonly besideFileBytes: number;
  /** What a probe sends to measure the line. */
  readonly lookBytes: number;
  /** Connections at once: each has bytes under way. */
  readonly connections: number;
  /** What a killed rsync cannot keep: the largest file it may have been at. */
  readonly largestBytes: number;
}

const few = { big0: 4 * megabyte, big1: 600_000, big2: 600_000, big3: 600_000, small: 10_000, 'deep/er': 300_000 };
const many = Object.fromEntries(Array.from({ length: 2_400 }, (_, n) => [`d${String(n % 12)}/f${String(n)}`, 3_000]));
const folders = Object.fromEntries(
  ['a', 'b', 'c', 'd'].flatMap((folder) => [1, 2, 3].map((n) => [`top/${folder}/f${String(n)}`, 800_000])),
);

/** Every way of copying. The last one is cut in its frozen window, after an undisturbed pre-copy. */
const usual = {
  delayMs: 0,
  bytesPerSecond: 3 * megabyte,
  cutFilesInStaging: false,
  besideFileBytes: 150,
  lookBytes: 0,
  connections: 1,
};
export const cutShapes: readonly CutShape[] = [
  { ...usual, name: 'rsync', files: few, taken: /sent whole/, largestBytes: few.big0 },
  {
    ...usual,
    name: 'archive',
    files: many,
    taken: /one archive/,
    largestBytes: 3_000,
    cutFilesInStaging: true,
    besideFileBytes: 2_200,
  },
  {
    ...usual,
    name: 'streams',
    files: folders,
    taken: /\d streams/,
    largestBytes: 3 * 800_000,
    delayMs: 20,
    connections: 4,
  },
  {
    ...usual,
    name: 'straight',
    files: { huge: 68 * megabyte, small: 10_000 },
    taken: /straight from the line/,
    bytesPerSecond: 20 * megabyte,
    cutFilesInStaging: true,
    largestBytes: 68 * megabyte,
    // A probe looks at the line up to three times where a tree is that large.
    lookBytes: 12 * megabyte,
  },
  { ...usual, name: 'window', files: few, taken: /only differences/, largestBytes: few.big0 },
];

export const bytesOf = (files: CutShape['files']): number => Object.values(files).reduce((sum, size) => sum + size, 0);
