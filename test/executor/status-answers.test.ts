import { expect, test } from '@jest/globals';
import { possibleNow } from '../../src/cli/waiting-now.ts';
import { createExecutor } from '../../src/executor/create-executor.ts';
import { createMemoryJournal } from '../../src/journal/memory-journal.ts';
import { runSummary } from '../../src/views/run-summary.ts';
import { statusText, type StatusView } from '../../src/views/status-text.ts';
import { createStyle } from '../../src/views/style.ts';
import { approving, fakeDeps, fakePlan, fakeStep, FakeWorld, Script } from './fake-world.ts';

/** A run of an activation, begun, where nobody can tell how these steps ended. */
async function begunRun(inDoubt: readonly string[]) {
  const plan = fakePlan({
    fencing: [],
    restoration: [{ name: 'files', steps: [fakeStep('copy-files', 'restoration')] }],
    verification: [],
    information: [],
    switchover: [{ name: 'main', steps: [fakeStep('switch-dns', 'switchover')] }],
    confirmation: [{ name: 'main', steps: [fakeStep('confirm', 'confirmation')] }],
    'switch-back': [{ name: 'main', steps: [fakeStep('dns-back', 'switch-back')] }],
  });
  const world = new FakeWorld();
  for (const step of inDoubt) world.behaviours.set(step, () => ({ kind: 'in-doubt', reason: 'nobody can tell' }));
  const journal = createMemoryJournal();
  const executor = createExecutor(fakeDeps(world, journal));
  const starter = { person: 'otto', identity: { strength: 'os-user', osUser: 'otto' } } as const;
  const run = await executor.begin({ plan, mode: 'real', starter });
  return {
    run,
    /** Says these words, and approves what opens but the gates where users stand in between. */
    drive: async (...spoken: readonly Parameters<Script['say']>[0][]): Promise<void> => {
      const words = new Script();
      for (const word of spoken) words.say(word);
      const which = (subject: string): boolean => !['switch-back', 'unserved'].includes(subject);
      await executor.drive(run, approving(run, { words, which }));
    },
    possible: async () => possibleNow(await journal.read(run)),
    status: async (more: Partial<StatusView>): Promise<string> => {
      const summary = runSummary(await journal.read(run))!;
      const view = { nowMs: Date.parse(summary.lastAt), width: 80, style: createStyle(false), journal: 'memory:' };
      return statusText(summary, { ...view, ...more });
    },
  };
}

test('a status names only answers that would be taken: none for a step whose phase was left, reopen at the unserved gate', async () => {
  const { run, drive, possible, status } = await begunRun(['confirm', 'dns-back']);
  const shown = async (): Promise<string> => status({ answers: (await possible()).answers! });

  await drive();
  expect(await shown()).toContain(`answer with: drp decide mark-done|retry confirm --run ${run}`);

  await drive({ verb: 'decide', decision: 'switch-back', run, subject: 'confirmation' });
  expect(await shown()).toContain('at gate switch-back');
  expect(await shown()).not.toContain('confirm --run');

  await drive({ verb: 'abort', run });
  expect(await shown()).toContain(`or: drp decide reopen unserved --run ${run} --reason TEXT`);
});

test('a status says when users may be sent back, and with which command; before the switchover it does not', async () => {
  const { run, drive, possible, status } = await begunRun(['confirm']);
  expect((await possible()).switchBackFrom).toEqual([]);
  await drive();
  const { switchBackFrom } = await possible();
  expect(switchBackFrom).toEqual(['confirmation']);
  expect(await status({ switchBackFrom })).toContain(`drp decide switch-back confirmation --run ${run} --reason TEXT`);
  expect(await status({})).not.toContain('Also possible');
});
