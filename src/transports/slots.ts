/** Lets at most `limit` holders in at once; the others wait in the order they came. */
export interface Slots {
  /** Resolves with the function that gives the slot back; rejects with the signal's reason. */
  enter(signal?: AbortSignal): Promise<() => void>;
  /** How many are in. */
  inside(): number;
  /** From now on at most so many: those who are in stay, and the next one comes when few enough are left. Never widens. */
  narrow(limit: number): void;
}

/** A fresh set of `limit` slots. */
export function createSlots(limit: number): Slots {
  let most = limit;
  let held = 0;
  const waiting: (() => void)[] = [];
  const leave = (): void => {
    held -= 1;
    if (held >= most) return;
    const next = waiting.shift();
    if (next === undefined) return;
    held += 1;
    next();
  };
  const once = (): (() => void) => {
    let inside = true;
    return () => {
      if (inside) leave();
      inside = false;
    };
  };
  return {
    enter: async (signal) => {
      signal?.throwIfAborted();
      if (held < most) {
        held += 1;
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
    inside: () => held,
    narrow: (to) => {
      most = Math.min(most, to);
    },
  };
}
