import { isDrpError } from '../base/errors.ts';
import type { Event } from '../events/event.ts';
import type { Waiting } from '../executor/executor.ts';
import type { Journal } from '../journal/journal.ts';

/** A run's events and what waits in it for a person, from the journal alone. Throws journal-broken, journal-diverges, run-not-found. */
export async function waitingNow(
  journal: Journal,
  run: string,
): Promise<{ readonly events: readonly Event[]; readonly waiting: readonly Waiting[] }> {
  const [{ foldAll }, { waitingOf }] = await Promise.all([
    import('../executor/run-log.ts'),
    import('../executor/waiting.ts'),
  ]);
  const events = await journal.read(run);
  const folded = foldAll(run, journal.url, events);
  return { events, waiting: folded.snapshot.status === 'active' ? waitingOf(folded, events) : [] };
}

/** Phases from which users may be sent back now. None where the record cannot be followed: a status must not fail on that. */
export async function switchBackNow(run: string, url: string, events: readonly Event[]): Promise<readonly string[]> {
  const [{ foldAll }, { switchBackFrom }] = await Promise.all([
    import('../executor/run-log.ts'),
    import('../executor/waiting.ts'),
  ]);
  try {
    return switchBackFrom(foldAll(run, url, events));
  } catch (error) {
    if (isDrpError(error, 'journal-diverges')) return [];
    throw error;
  }
}
