import { describe, expect, test } from '@jest/globals';
import { createExecutor } from '../../src/executor/create-executor.ts';
import type { Executor } from '../../src/executor/executor.ts';
import type { Journal } from '../../src/journal/journal.ts';
import { createMemoryJournal } from '../../src/journal/memory-journal.ts';
import { approving, fakeDeps, fakePlan, fakeStep, FakeWorld } from './fake-world.ts';

const steps = ['fence', 'copy-files', 'import', 'tell', 'switch-dns', 'confirm'];
const plan = fakePlan({
  fencing: [{ name: 'main', steps: [fakeStep('fence', 'fencing')] }],
  restoration: [
    { name: 'files', steps: [fakeStep('copy-files', 'restoration')] },
    { name: 'databases', steps: [fakeStep('import', 'restoration')] },
  ],
  verification: [],
  information: [{ name: 'main', steps: [fakeStep('tell', 'information')] }],
  switchover: [{ name: 'main', steps: [fakeStep('switch-dns', 'switchover')] }],
  confirmation: [{ name: 'main', steps: [fakeStep('confirm', 'confirmation')] }],
});

class Crash extends Error {}

/** A journal that dies at its nth append, before or after it is durable. */
function crashingJournal(
  journal: Journal,
  at: number,
  when: 'before' | 'after',
): { journal: Journal; appends: () => number } {
  let appends = 0;
  return {
    appends: () => appends,
    journal: {
      ...journal,
      append: async (lease, head, drafts) => {
        appends += 1;
        if (appends > at) throw new Crash('dead');
        if (appends === at && when === 'before') throw new Crash('dead');
        const stored = await journal.append(lease, head, drafts);
        if (appends === at) throw new Crash('dead');
        return stored;
      },
    },
  };
}

async function approveAll(executor: Executor, run: string): Promise<string> {
  const end = await executor.drive(run, { ...approving(run), whenOnlyPeople: 'listen' });
  return end.kind === 'ended' ? end.outcome : end.kind;
}

async function survive(at: number, when: 'before' | 'after'): Promise<{ crashed: boolean; effects: string[] }> {
  const world = new FakeWorld();
  const journal = createMemoryJournal();
  const run = await createExecutor(fakeDeps(world, journal)).begin({
    plan,
    mode: 'real',
    starter: { person: 'otto', identity: { strength: 'os-user', osUser: 'otto' } },
  });
  const dying = crashingJournal(journal, at, when);
  let crashed = false;
  try {
    await approveAll(createExecutor(fakeDeps(world, dying.journal)), run);
  } catch (error) {
    if (!(error instanceof Crash)) throw error;
    crashed = true;
  }
  const outcome = crashed ? await approveAll(createExecutor(fakeDeps(world, journal)), run) : 'completed';
  expect([at, when, outcome]).toEqual([at, when, 'completed']);
  return { crashed, effects: world.effects };
}

describe('a crash at every append of a run', () => {
  test.each(['before', 'after'] as const)(
    '%s it is durable ends like an undisturbed run, no step lost, none twice',
    async (when) => {
      let at = 1;
      for (; at < 200; at += 1) {
        const { crashed, effects } = await survive(at, when);
        expect([...effects].sort()).toEqual([...steps].sort());
        if (!crashed) break;
      }
      expect(at).toBeGreaterThan(20);
      expect(at).toBeLessThan(200);
    },
  );
});
