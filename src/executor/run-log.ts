import { heldConfig, type MachineConfig } from '../../machines/expand.ts';
import { DrpError, isDrpError } from '../base/errors.ts';
import type { Draft, Event, Json } from '../events/event.ts';
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
  /**
   * Durable when it resolves. Throws what the journal throws; then nothing was appended. `then` is shown the run behind these
   * drafts and may add what is already decided there, in the same commit; on a full disk that is left out.
   */
  append(drafts: readonly Draft[], then?: (next: Run) => readonly Draft[]): Promise<void>;
  /** A fact that nothing waits for: it goes with the next commit, or with one of its own within a second. */
  note(draft: Draft): void;
  /** What was noted is durable when it resolves. Throws what the journal throws. */
  flush(): Promise<void>;
}

/** What is only noted waits for another commit this long, ms. */
const noteMs = 1_000;

/**
 * Reads and folds a run; `known` are its first events, read and checked by this process before the lease was taken. `redact`
 * sees every draft before it is hashed and stored. Throws journal-broken, journal-diverges, run-not-found.
 */
export async function openRunLog(
  journal: Journal,
  lease: Lease,
  hooks: {
    readonly known: readonly Event[];
    readonly onEvent: (event: Event) => void;
    readonly redact: (draft: Draft) => Draft;
  },
): Promise<RunLog> {
  const { known } = hooks;
  const events = [...known, ...(await journal.read(lease.run, known.at(-1)?.seq ?? 0))];
  let run = foldAll(lease.run, journal.url, events);
  const began = events[0] as Extract<Event, { type: 'run.began' }>;
  let head = headOf(events);
  // One append after the other: an effect may note a fact while the loop notes another.
  let last: Promise<void> = Promise.resolve();
  let notes: readonly Draft[] = [];
  let timer: NodeJS.Timeout | undefined;
  const store = async (
    drafts: readonly Draft[],
    then: ((next: Run) => readonly Draft[]) | undefined,
  ): Promise<void> => {
    const noted = notes.map(hooks.redact);
    notes = [];
    clearTimeout(timer);
    const asked = drafts.map(hooks.redact);
    const more = then === undefined ? [] : then(behind(run, head, [...noted, ...asked])).map(hooks.redact);
    const whole = [...noted, ...asked, ...more];
    if (whole.length === 0) return;
    const stored = await journal.append(lease, head, whole).catch((thrown: unknown) => {
      // What has happened goes before what would begin, and before what nobody waits for.
      if (!isDrpError(thrown, 'journal-full') || asked.length === 0 || asked.length === whole.length) throw thrown;
      return journal.append(lease, head, asked);
    });
    for (const event of stored) {
      run = fold(run, event);
      events.push(event);
    }
    head = headOf(events);
    stored.forEach(hooks.onEvent);
  };
  const append: RunLog['append'] = (drafts, then) => {
    const appended = last.then(() => store(drafts, then));
    last = appended.catch(() => undefined);
    return appended;
  };
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
    append,
    note: (draft) => {
      notes = [...notes, draft];
      // Whoever appends next is told what is wrong with the journal; a note alone stops nobody.
      if (notes.length === 1) timer = setTimeout(() => void append([]).catch(() => undefined), noteMs).unref();
    },
    flush: () => append([]),
  };
}

/** The run as it will be behind these drafts: their places are known, and only those count here. */
function behind(run: Run, head: Head, drafts: readonly Draft[]): Run {
  const at = new Date(0).toISOString();
  return drafts.reduce<Run>((next, draft, index) => {
    const seq = head.seq + 1 + index;
    return fold(next, { ...draft, seq, run: '', at, prev: '', hash: '' } as Event);
  }, run);
}

/** All events of a run as a Run. Throws run-not-found where there is none. */
export function foldAll(id: string, journal: string, events: readonly Event[]): Run {
  const run = events.reduce<Run | undefined>(fold, undefined);
  if (run === undefined) throw new DrpError('run-not-found', { run: id, journal });
  return run;
}

/** The same events; the machine in the first is the one that other runs of the same plan hold, where there is one. */
export function withHeldMachine(events: readonly Event[]): readonly Event[] {
  const [first] = events;
  if (first?.type !== 'run.began') return events;
  const machine = heldConfig(first.data.machine as unknown as MachineConfig) as unknown as Json;
  return events.with(0, { ...first, data: { ...first.data, machine } });
}

function headOf(events: readonly Event[]): Head {
  const last = events.at(-1);
  return last === undefined ? genesis : { seq: last.seq, hash: last.hash };
}
