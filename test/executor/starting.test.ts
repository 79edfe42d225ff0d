import { describe, expect, test } from '@jest/globals';
import { DrpError } from '../../src/base/errors.ts';
import type { Draft } from '../../src/events/event.ts';
import { createExecutor } from '../../src/executor/create-executor.ts';
import type { Journal } from '../../src/journal/journal.ts';
import { createMemoryJournal } from '../../src/journal/memory-journal.ts';
import type { PlannedLane } from '../../src/plan/plan.ts';
import { approving, fakeDeps, fakePlan, fakeStep, FakeWorld } from './fake-world.ts';

const identity = { strength: 'os-user', osUser: 'otto' } as const;

/** A journal that remembers what was appended together, and may refuse it. */
function remembering(refuse: (drafts: readonly Draft[]) => boolean = () => false) {
  const journal = createMemoryJournal({ liveness: () => 'dead' });
  const together: string[][] = [];
  const watched: Journal = {
    ...journal,
    append: async (lease, head, drafts) => {
      if (refuse(drafts)) throw new DrpError('journal-full', { path: 'here' });
      const stored = await journal.append(lease, head, drafts);
      together.push(drafts.map((draft) => nameOf(draft)));
      return stored;
    },
  };
  return { journal: watched, together };
}

function nameOf(draft: Draft): string {
  if (draft.type === 'effect.started') return `started ${draft.data.id}`;
  if (draft.type === 'step.done') return `done ${draft.data.step}`;
  return draft.type === 'step.failed' ? `failed ${draft.data.step}` : draft.type;
}

async function drive(
  lanes: Readonly<Record<string, readonly PlannedLane[]>>,
  given: { readonly journal: Journal; readonly world?: FakeWorld },
): Promise<void> {
  const { journal, world = new FakeWorld() } = given;
  const plan = fakePlan({ ...none, ...lanes });
  const executor = createExecutor(fakeDeps(world, journal));
  const run = await executor.begin({ plan, mode: 'real', starter: { person: 'otto', identity } });
  await executor.drive(run, approving(run));
}

const lane = (name: string, phase: string, ids: readonly string[]): PlannedLane => ({
  name,
  steps: ids.map((id) => fakeStep(id, phase, { idempotent: true })),
});
const none = {
  fencing: [lane('main', 'fencing', ['fence'])],
  restoration: [lane('main', 'restoration', ['copy'])],
  verification: [],
  information: [],
  switchover: [lane('main', 'switchover', ['switch'])],
  confirmation: [lane('main', 'confirmation', ['confirm'])],
};
const holding = (together: readonly (readonly string[])[], name: string) =>
  together.find((names) => names.includes(name)) ?? [];

describe('the end of a step that already decides the next', () => {
  test('shares one commit with the start of the next', async () => {
    const { journal, together } = remembering();
    await drive({ restoration: [lane('main', 'restoration', ['one', 'two', 'three'])] }, { journal });
    expect(holding(together, 'done one')).toEqual(['done one', 'started two']);
    expect(holding(together, 'done two')).toEqual(['done two', 'started three']);
  });

  test('stands alone before a gate', async () => {
    const { journal, together } = remembering();
    await drive({ restoration: [lane('main', 'restoration', ['one'])] }, { journal });
    expect(holding(together, 'done fence')).toEqual(['done fence']);
    expect(holding(together, 'done one')).toEqual(['done one']);
  });

  test('stands alone where lanes part', async () => {
    const { journal, together } = remembering();
    const lanes = [lane('a', 'verification', ['left']), lane('b', 'verification', ['right'])];
    await drive({ restoration: [lane('main', 'restoration', ['one'])], verification: lanes }, { journal });
    expect(holding(together, 'done one')).toEqual(['done one']);
    expect(holding(together, 'started left')).toEqual(['started left', 'started right']);
  });

  test('is kept on a full disk that refuses starts', async () => {
    let full = false;
    const { journal, together } = remembering(
      (drafts) => full && drafts.some((draft) => draft.type === 'effect.started'),
    );
    const world = new FakeWorld();
    world.behaviours.set('one', () => {
      full = true;
      return { kind: 'done', output: {}, lines: [] };
    });
    const driven = drive({ restoration: [lane('main', 'restoration', ['one', 'two'])] }, { journal, world });
    await expect(driven).rejects.toThrow(expect.objectContaining({ code: 'journal-full' }));
    expect(holding(together, 'done one')).toEqual(['done one']);
    expect(world.effects).not.toContain('two');
  });
});

test('a step that failed says so alone: whether it is tried again is decided later', async () => {
  const { journal, together } = remembering();
  const world = new FakeWorld();
  const error = new DrpError('step-failed', { step: 'one', reason: 'no' });
  world.behaviours.set('one', () => ({ kind: 'failed', error }));
  await drive({ restoration: [lane('main', 'restoration', ['one', 'two'])] }, { journal, world });
  expect(holding(together, 'failed one')).toEqual(['failed one']);
});
