/** Lets at most `limit` holders in at once; the others wait in the order they came. */
export interface Slots {
  /** Resolves with the function that gives the slot back; rejects with the signal's reason. */
  enter(signal?: AbortSignal): Promise<() => void>;
}

/** A fresh set of `limit` slots. */
export function createSlots(limit: number): Slots {
  let free = limit;
  const waiting: (() => void)[] = [];
  const leave = (): void => {
    const next = waiting.shift();
    if (next === undefined) free += 1;
    else next();
  };
  const once = (): (() => void) => {
    let held = true;
    return () => {
      if (held) leave();
      held = false;
    };
  };
  return {
    enter: async (signal) => {
      signal?.throwIfAborted();
      if (free > 0) {
        free -= 1;
        return once();
      }
      await new Promise<void>((resolve, reject) => {
        const grant = (): void => {
          signal?.removeEventListener('abort', give);
          resolve();
        };
        const give = (): void => {
          waiting.splice(waiting.indexOf(grant), 1);
          reject(signal?.reason as Error);
        };
        waiting.push(grant);
        signal?.addEventListener('abort', give, { once: true });
      });
      return once();
    },
  };
}
