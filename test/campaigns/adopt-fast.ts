import { DrpError, isDrpError } from '../../src/base/errors.ts';
import type { Event } from '../../src/events/event.ts';
import { createExecutor } from '../../src/executor/create-executor.ts';
import type { Executor } from '../../src/executor/executor.ts';
import type { Journal, StoredLine } from '../../src/journal/journal.ts';
import { createMemoryJournal } from '../../src/journal/memory-journal.ts';
import type { StepOutcome } from '../../src/steps/step-kind.ts';
import { approving, fakeDeps, fakePlan, fakeStep, FakeWorld } from '../executor/fake-world.ts';
import { below } from './campaign.ts';

export const steps = ['fence', 'copy-files', 'import', 'tell', 'switch-dns', 'confirm'];
const lane = (name: string, phase: string) => ({ name, steps: [fakeStep(name, phase, { retries: 1 })] });
export const plan = fakePlan({
  fencing: [lane('fence', 'fencing')],
  restoration: [lane('copy-files', 'restoration'), lane('import', 'restoration')],
  verification: [],
  information: [lane('tell', 'information')],
  switchover: [lane('switch-dns', 'switchover')],
  confirmation: [lane('confirm', 'confirmation')],
});
const identity = { strength: 'os-user', osUser: 'otto' } as const;

class Gone extends Error {}

/** A journal whose driver dies at its nth append, before or after it is durable; `at` 0: never. */
function dying(journal: Journal, at: number, when: 'before' | 'after'): Journal {
  let appends = 0;
  return {
    ...journal,
    append: async (lease, head, drafts) => {
      appends += 1;
      if (at > 0 && (appends > at || (appends === at && when === 'before'))) throw new Gone('gone');
      const stored = await journal.append(lease, head, drafts);
      if (appends === at) throw new Gone('gone');
      return stored;
    },
  };
}

/** Approves what opens and retries what waits, until the run ends. */
async function approveAll(executor: Executor, run: string): Promise<string> {
  const end = await executor.drive(run, {
    ...approving(run),
    signal: AbortSignal.timeout(60_000),
    whenOnlyPeople: 'listen',
  });
  return end.kind === 'ended' ? end.outcome : end.kind;
}

const isGone = (thrown: unknown): boolean => thrown instanceof Gone;

/** One history: a run dies, its copy lacks some events, another store goes on; perhaps that dies too and a third goes on. */
export interface History {
  readonly diesAt: number;
  readonly when: 'before' | 'after';
  /** Events missing at the end of the copy. */
  readonly behind: number;
  /** Where the adopting driver dies too; 0: it does not. */
  readonly diesAgainAt: number;
  readonly behindAgain: number;
  /** Steps whose first try fails: the lost end may hold a retry. */
  readonly failing: readonly string[];
  /** Whether the third store takes its copy from the first, not the second. */
  readonly fromFirst: boolean;
}

export function randomHistory(random: () => number): History {
  return {
    diesAt: 1 + below(random, 34),
    when: below(random, 2) === 0 ? 'before' : 'after',
    behind: below(random, 30),
    diesAgainAt: below(random, 2) === 0 ? 0 : 1 + below(random, 24),
    behindAgain: below(random, 20),
    failing: steps.filter(() => below(random, 4) === 0),
    fromFirst: below(random, 4) === 0,
  };
}

/** Plays a history in a world of its own; resolves with what did not hold. */
export async function playHistory(history: History): Promise<string | undefined> {
  const world = new FakeWorld();
  for (const step of history.failing) {
    // The outcome belongs to the job: who attaches to it later hears the same.
    let firstTry: string | undefined;
    world.behaviours.set(step, (token): StepOutcome => {
      firstTry ??= token;
      if (token !== firstTry) return { kind: 'done', output: { step }, lines: [] };
      return { kind: 'failed', error: new DrpError('step-failed', { step, reason: 'the first try fails' }) };
    });
  }
  const first = createMemoryJournal();
  const run = await createExecutor(fakeDeps(world, first)).begin({
    plan,
    mode: 'real',
    starter: { person: 'otto', identity },
  });
  const stores: Journal[] = [first];
  let outcome = await lives(world, dying(first, history.diesAt, history.when), run);
  if (outcome === 'gone') {
    const second = createMemoryJournal();
    stores.push(second);
    outcome = await goesOn(world, {
      from: first,
      to: second,
      behind: history.behind,
      run,
      diesAt: history.diesAgainAt,
    });
  }
  if (outcome === 'gone') {
    const third = createMemoryJournal();
    const from = history.fromFirst ? first : (stores[1] ?? first);
    stores.push(third);
    outcome = await goesOn(world, { from, to: third, behind: history.behindAgain, run, diesAt: 0 });
  }
  return outcome === 'completed' ? await judgeEnd(world, stores, run) : `the run ended as ${outcome}`;
}

async function lives(world: FakeWorld, journal: Journal, run: string): Promise<string> {
  try {
    return await approveAll(createExecutor(fakeDeps(world, journal)), run);
  } catch (thrown) {
    if (isGone(thrown)) return 'gone';
    throw thrown;
  }
}

async function goesOn(
  world: FakeWorld,
  work: {
    readonly from: Journal;
    readonly to: Journal;
    readonly behind: number;
    readonly run: string;
    readonly diesAt: number;
  },
): Promise<string> {
  const { from, to, behind, run, diesAt } = work;
  const all = await from.stored(run);
  const stored: readonly StoredLine[] = all.slice(0, Math.max(1, all.length - behind));
  const journal = dying(to, diesAt, 'after');
  const executor = createExecutor(fakeDeps(world, journal));
  const word = {
    verb: 'decide',
    decision: 'adopt',
    run,
    subject: '',
    reason: 'the laptop burnt',
    osUser: 'otto',
    path: 'terminal',
  } as const;
  try {
    await executor.adopt({ run, stored, word });
    return await approveAll(executor, run);
  } catch (thrown) {
    if (isGone(thrown)) return 'gone';
    // It died behind its last event: there is nothing to continue, and the copy is a record to keep.
    if (!isDrpError(thrown, 'run-ended')) throw thrown;
    await to.keep(run, stored);
    return 'completed';
  }
}

async function judgeEnd(world: FakeWorld, stores: readonly Journal[], run: string): Promise<string | undefined> {
  const last = stores.at(-1);
  const events: readonly Event[] = last === undefined ? [] : await last.read(run);
  const missing = steps.filter((step) => !world.effects.includes(step));
  if (missing.length > 0) return `lost: ${missing.join(', ')}`;
  const twice = steps.filter((step) => {
    const times = world.effects.filter((effect) => effect === step).length;
    return times > 1 + (world.behaviours.has(step) ? 1 : 0);
  });
  if (twice.length > 0) return `run twice: ${twice.join(', ')}`;
  if (world.claim !== undefined) return 'the claim was not given back';
  const done = steps.filter((step) => !events.some((event) => event.type === 'step.done' && event.data.step === step));
  return done.length > 0 ? `not on record as done: ${done.join(', ')}` : undefined;
}
