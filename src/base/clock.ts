import { setTimeout as delay } from 'node:timers/promises';
import { toError } from './errors.ts';

/** Time as drp sees it; tests bring their own. Instants are ISO UTC strings with milliseconds. */
export interface Clock {
  /** Milliseconds since 1970 (wall clock: may jump; order comes from sequence numbers, never from here). */
  nowMs(): number;
  nowIso(): string;
  /** Resolves after `ms`, or rejects with the signal's reason. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The clock of this machine. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  nowIso: () => new Date(Date.now()).toISOString(),
  sleep: async (ms, signal) => {
    await delay(ms, undefined, signal === undefined ? {} : { signal });
  },
};

/** A wait always ends: with what was waited for, or with how long it was in vain. */
export type WaitResult<T> =
  { readonly kind: 'met'; readonly value: T } | { readonly kind: 'timed-out'; readonly afterMs: number };

/**
 * Asks `probe` every `everyMs` until it answers something, for at most `timeoutMs`. `firstMs`: the first pause, doubled from then on
 * up to `everyMs`, for what mostly comes at once.
 */
export async function waitFor<T>(
  probe: () => Promise<T | undefined>,
  options: {
    readonly everyMs: number;
    readonly firstMs?: number;
    readonly timeoutMs: number;
    readonly clock: Clock;
    readonly signal?: AbortSignal;
  },
): Promise<WaitResult<T>> {
  const startedMs = options.clock.nowMs();
  let pauseMs = options.firstMs ?? options.everyMs;
  for (;;) {
    const value = await probe();
    if (value !== undefined) return { kind: 'met', value };
    const afterMs = options.clock.nowMs() - startedMs;
    if (afterMs >= options.timeoutMs) return { kind: 'timed-out', afterMs };
    await options.clock.sleep(Math.min(pauseMs, options.everyMs), options.signal);
    pauseMs *= 2;
  }
}

/**
 * As `ending` ends; rejects with the signal's reason where that comes first. Only this caller stops waiting: what it waited for goes
 * on, and how it ends is nobody's trouble.
 */
export async function untilAborted<T>(ending: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return await ending;
  const aborted = Promise.withResolvers<never>();
  const stop = (): void => aborted.reject(toError(signal.reason));
  if (signal.aborted) stop();
  else signal.addEventListener('abort', stop, { once: true });
  try {
    return await Promise.race([ending, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
