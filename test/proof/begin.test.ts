import { expect, test } from '@jest/globals';
import { createExecutor } from '../../src/executor/create-executor.ts';
import { createMemoryJournal } from '../../src/journal/memory-journal.ts';
import { fakeDeps, FakeWorld } from '../executor/fake-world.ts';
import { alter, changed } from './gravelines.ts';

const starter = { person: 'otto', identity: { strength: 'os-user', osUser: 'otto' } } as const;

test.each(['real', 'dry-run'] as const)(
  'a plan that breaks a law never begins (%s): nothing is journalled, no site is claimed',
  async (mode) => {
    const journal = createMemoryJournal();
    const executor = createExecutor(fakeDeps(new FakeWorld(), journal));
    const unsafe = changed('activation', (phases) => {
      alter(phases, 'switch-database', { skippable: true });
    });
    await expect(executor.begin({ plan: unsafe, mode, starter })).rejects.toMatchObject({ code: 'plan-unsafe' });
    expect(await journal.runs()).toEqual([]);
  },
);

test('the first event of a run carries what was proven of its plan', async () => {
  const journal = createMemoryJournal();
  const executor = createExecutor(fakeDeps(new FakeWorld(), journal));
  const run = await executor.begin({ plan: changed('activation', () => undefined), mode: 'dry-run', starter });
  const [began] = await journal.read(run);
  expect(began?.data).toMatchObject({ proofDigest: expect.stringMatching(/^[0-9a-f]{64}$/) });
});
