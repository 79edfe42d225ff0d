import { isDrpError, toError, type ErrorCode } from '../base/errors.ts';

/** Appends that wait for the next commit. */
export interface AppendQueue {
  /** Runs `work` in the next commit: durable when it resolves; throws what `work` or the commit throws. */
  add<T>(work: () => T): Promise<T>;
  /** Commits what waits, now. Never throws: each of those who wait is told. */
  flush(): void;
}

interface Entry {
  readonly work: () => unknown;
  readonly resolve: (result: never) => void;
  readonly reject: (error: Error) => void;
}

/** How the store writes: `durable` is one commit, `part` one entry in it that may fail alone. */
interface Writing {
  readonly durable: <T>(work: () => T) => T;
  readonly part: <T>(work: () => T) => T;
}

/** What is wrong with one append, not with the store. */
const refusals: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'journal-head-moved',
  'lease-held',
  'lease-lost',
  'not-canonical',
  'run-not-found',
]);

type Outcome = { readonly result: unknown } | { readonly error: Error };

/**
 * What is appended in one turn of the event loop shares one commit. Whoever appends waits for that commit as for its own; one
 * whose append is refused (its lease, its head) is refused alone. A commit that fails as a whole is tried again entry by entry.
 */
export function createAppendQueue({ durable, part }: Writing): AppendQueue {
  let waiting: Entry[] = [];

  const alone = (entry: Entry): void => {
    const outcome = outcomeOf(() => durable(entry.work));
    settle(entry, outcome);
  };

  const together = (entries: readonly Entry[], one: (work: Entry['work']) => Outcome): Outcome =>
    outcomeOf(() => durable(() => entries.map(({ work }) => one(work))));

  const flush = (): void => {
    const entries = waiting;
    waiting = [];
    const [first] = entries;
    if (first === undefined) return;
    if (entries.length === 1) return alone(first);
    // Mostly none is refused, and to keep each apart takes as long as what it writes: that is for the second try.
    let tried = together(entries, (work) => ({ result: work() }));
    if ('error' in tried && isRefusal(tried.error)) tried = together(entries, (work) => refusedAlone(() => part(work)));
    // Nothing of it is there: each learns its own fate.
    if ('error' in tried) return entries.forEach(alone);
    const outcomes = tried.result as readonly Outcome[];
    for (const [index, entry] of entries.entries()) settle(entry, outcomes[index] ?? { error: new Error('not tried') });
  };

  return {
    add: (work) =>
      new Promise((resolve, reject) => {
        waiting.push({ work, resolve: resolve as (result: never) => void, reject });
        if (waiting.length === 1) setImmediate(flush);
      }),
    flush,
  };
}

function outcomeOf(act: () => unknown): Outcome {
  try {
    return { result: act() };
  } catch (thrown) {
    return { error: toError(thrown) };
  }
}

/** An entry that is refused leaves the others alone; what says that the store fails (a full disk) ends the whole commit. */
function refusedAlone(act: () => unknown): Outcome {
  const outcome = outcomeOf(act);
  if ('error' in outcome && !isRefusal(outcome.error)) throw outcome.error;
  return outcome;
}

function isRefusal(error: Error): boolean {
  return isDrpError(error) && refusals.has(error.code);
}

function settle(entry: Entry, outcome: Outcome): void {
  if ('error' in outcome) entry.reject(outcome.error);
  else entry.resolve(outcome.result as never);
}
