import { parentPort, workerData } from 'node:worker_threads';
import type { Failure } from './campaign.ts';
import { caseLimitMs, fuzzCaseOf, type FuzzKind } from './fuzz-cases.ts';

/** A range of cases in a thread of its own, so that a case that never ends can be named and ended. */
export interface FuzzWork {
  readonly kind: FuzzKind;
  readonly seed: number;
  readonly from: number;
  readonly to: number;
  /** Holds the number of the case under way. */
  readonly at: SharedArrayBuffer;
}

const { kind, seed, from, to, at } = workerData as FuzzWork;
const current = new Int32Array(at);
const check = await fuzzCaseOf(kind);
let slowestMs = 0;

for (let index = from; index < to; index += 1) {
  current[0] = index;
  const fail = (why: string): void => {
    parentPort?.postMessage({ failure: { case: `${kind} ${index}`, why } satisfies Failure });
  };
  // Other work on the machine may hold one try up: only what is slow three times is slow.
  let ms = Infinity;
  for (let tries = 0; tries < 3 && ms > caseLimitMs; tries += 1) {
    const startedMs = performance.now();
    try {
      const why = check(seed, index);
      if (why !== undefined && tries === 0) fail(why);
    } catch (thrown) {
      if (tries === 0) fail(thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown));
    }
    ms = Math.min(ms, performance.now() - startedMs);
  }
  if (ms > caseLimitMs) fail(`it took ${Math.round(ms)} ms`);
  slowestMs = Math.max(slowestMs, ms);
}
parentPort?.postMessage({ slowestMs });
