import { DrpError } from '../base/errors.ts';
import type { Draft, Event } from '../events/event.ts';
import { genesis } from '../journal/chain.ts';
import type { Head, Journal, Lease } from '../journal/journal.ts';
import { frozenPlan } from '../plan/frozen-plan.ts';
import type { Plan } from '../plan/plan.ts';
import { fold, type Run } from './fold.ts';

/** The log of one run while this driver appends to it: every append is folded at once, so `run` is never behind. */
export interface RunLog {
  readonly run: Run;
  readonly events: readonly Event[];
  readonly head: Head;
  readonly plan: Plan;
  readonly began: Extract<Event, { type: 'run.began' }>;
  /** Durable when it resolves. Throws what the journal throws; then nothing was appended. */
  append(drafts: readonly Draft[]): Promise<void>;
}

/**
 * Reads and folds a run. `redact` sees every draft before it is hashed and stored. Throws journal-broken, journal-diverges, run-not-found.
 */
export async function openRunLog(
  journal: Journal,
  lease: Lease,
  hooks: { readonly onEvent: (event: Event) => void; readonly redact: (draft: Draft) => Draft },
): Promise<RunLog> {
  const events = [...(await journal.read(lease.run))];
  let run = foldAll(lease.run, journal.url, events);
  const began = events[0] as Extract<Event, { type: 'run.began' }>;
  let head = headOf(events);
  // One append after the other: an effect may note a fact while the loop notes another.
  let last: Promise<void> = Promise.resolve();
  return {
    get run() {
      return run;
    },
    events,
    get head() {
      return head;
    },
    plan: frozenPlan(began),
    began,
    append: (drafts) => {
      const appended = last.then(async () => {
        const stored = await journal.append(lease, head, drafts.map(hooks.redact));
        for (const event of stored) {
          run = fold(run, event);
          events.push(event);
        }
        head = headOf(events);
        stored.forEach(hooks.onEvent);
      });
      last = appended.catch(() => undefined);
      return appended;
    },
  };
}

/** All events of a run as a Run. Throws run-not-found where there is none. */
export function foldAll(id: string, journal: string, events: readonly Event[]): Run {
  const run = events.reduce<Run | undefined>(fold, undefined);
  if (run === undefined) throw new DrpError('run-not-found', { run: id, journal });
  return run;
}

function headOf(events: readonly Event[]): Head {
  const last = events.at(-1);
  return last === undefined ? genesis : { seq: last.seq, hash: last.hash };
}
