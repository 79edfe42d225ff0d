import type { Event } from '../events/event.ts';
import type { Journal } from '../journal/journal.ts';

/**
 * The same journal for a verb that only shows: each run is parsed once, as it lies there, and its chain is not verified. Never
 * act, sign or decide on what it reads.
 */
export function forShowing(journal: Journal): Journal {
  const known = new Map<string, Promise<readonly Event[]>>();
  return {
    ...journal,
    read: async (run, afterSeq = 0) => {
      const reading = known.get(run) ?? journal.recall(run);
      known.set(run, reading);
      return afterSeq === 0 ? await reading : (await reading).slice(afterSeq);
    },
  };
}
