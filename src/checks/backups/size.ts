/** Sizes of a source's copies, newest first; -1: not measured. */
export interface MeasuredCopy {
  readonly bytes: number;
  readonly files: number;
}

/** How the newest copy compares with those before it. */
export interface SizeVerdict {
  readonly kind: 'alone' | 'as-before' | 'shrunken' | 'grown';
  /** Of the copy before it (shrunken) or of the usual size (grown), in percent. */
  readonly percent: number;
  readonly of: 'bytes' | 'files';
}

/** Under this share of the one before it, a copy has shrunk: the restoration would refuse it. */
export const shrunkenPercent = 80;
/** Above this share of the usual size, something has been poured in, or encrypted. */
export const grownPercent = 200;

/** Bytes and files alike: a tree that lost many small files keeps its size. Pure. */
export function judgeSize(copies: readonly MeasuredCopy[]): SizeVerdict {
  const [newest, before, ...older] = copies.filter(({ bytes }) => bytes >= 0);
  if (newest === undefined || before === undefined) return { kind: 'alone', percent: 100, of: 'bytes' };
  const shares = (['bytes', 'files'] as const).map((of) => ({ of, percent: share(newest[of], before[of]) }));
  const least = shares.reduce((a, b) => (b.percent < a.percent ? b : a));
  if (least.percent < shrunkenPercent) return { kind: 'shrunken', ...least };
  const usual = (['bytes', 'files'] as const).map((of) => ({
    of,
    percent: share(newest[of], median([before, ...older].map((copy) => copy[of]))),
  }));
  const most = usual.reduce((a, b) => (b.percent > a.percent ? b : a));
  return most.percent > grownPercent ? { kind: 'grown', ...most } : { kind: 'as-before', ...least };
}

const share = (now: number, then: number): number => (then <= 0 ? 100 : Math.floor((now * 100) / then));

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
}
