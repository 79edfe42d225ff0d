/** What a campaign is told. Everything random comes from `random`, so the seed of a failure replays it. */
export interface CampaignOptions {
  /** The form that runs with the tests: the same checks, fewer cases. */
  readonly short: boolean;
  readonly seed: number;
  readonly random: () => number;
  /** Part i of n, for long campaigns spread over several calls. */
  readonly shard: { readonly index: number; readonly of: number };
  readonly log: (line: string) => void;
}

/** One case that did not hold: enough to find it again. */
export interface Failure {
  readonly case: string;
  readonly why: string;
}

export interface CampaignResult {
  readonly cases: number;
  readonly failures: readonly Failure[];
  /** Figures of the campaign: cuts, kills, bytes … */
  readonly figures: Readonly<Record<string, number | string>>;
  /** Why nothing could be tried here; it is never taken for a pass. */
  readonly skipped?: string;
}

export interface Campaign {
  readonly name: string;
  /** What it promises, in one sentence. */
  readonly promise: string;
  run(options: CampaignOptions): Promise<CampaignResult>;
}

/** A small generator with a seed (mulberry32, public domain): the same seed gives the same campaign on every machine. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** An integer from 0 to below `limit`. */
export function below(random: () => number, limit: number): number {
  return Math.floor(random() * limit);
}

/** One of the list. */
export function pick<T>(random: () => number, list: readonly T[]): T {
  const found = list[below(random, list.length)];
  if (found === undefined) throw new Error('nothing to pick from');
  return found;
}
