import type { MachineConfig } from '../../machines/expand.ts';
import type { Event } from '../events/event.ts';
import { acceptedIn, answersAmong, lastState, switchBackAmong } from '../executor/accepted.ts';
import type { Waiting } from '../executor/executor.ts';
import { answersOnPaper, isOnPaper } from '../executor/on-paper.ts';
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

export interface PossibleNow {
  /** Phases from which users may be sent back. */
  readonly switchBackFrom: readonly string[];
  /** What may be said, by step, gate or phase. Absent where the record cannot be followed. */
  readonly answers?: ReadonlyMap<string, readonly string[]>;
}

/** What people may say in the state the record was left in. Nothing where there is none: a status must not fail on that. */
export function possibleNow(events: readonly Event[]): PossibleNow {
  const [began] = events;
  const state = lastState(events);
  if (began?.type !== 'run.began' || state === undefined) return { switchBackFrom: [] };
  const accepted = acceptedIn(began.data.machine as unknown as MachineConfig, state);
  const answers = answersAmong(accepted);
  return {
    switchBackFrom: switchBackAmong(accepted),
    answers: isOnPaper(events) ? answersOnPaper(answers) : answers,
  };
}
