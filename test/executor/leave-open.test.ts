import { expect, test } from '@jest/globals';
import { createExecutor } from '../../src/executor/create-executor.ts';
import { createMemoryJournal } from '../../src/journal/memory-journal.ts';
import type { StepKind } from '../../src/steps/step-kind.ts';
import { approving, fakeDeps, fakePlan, fakeStep, FakeWorld, Script } from './fake-world.ts';

const plan = fakePlan({
  fencing: [{ name: 'main', steps: [fakeStep('fence', 'fencing')] }],
  restoration: [{ name: 'main', steps: [fakeStep('copy', 'restoration')] }],
  switchover: [{ name: 'main', steps: [fakeStep('dns', 'switchover')] }],
});

/** A run that is aborted at the gate before the switchover, or goes on to its end; the steps that were told to leave. */
async function leftBy(aborted: boolean): Promise<readonly string[]> {
  const world = new FakeWorld();
  const left: string[] = [];
  const kind: StepKind = {
    ...world.kind(),
    leave: (spec) => {
      left.push(spec.id);
      // What it cannot close holds nobody up.
      return spec.id === 'fence' ? Promise.reject(new Error('out of reach')) : Promise.resolve();
    },
  };
  const executor = createExecutor(fakeDeps(world, createMemoryJournal(), { kinds: new Map([['command', kind]]) }));
  const starter = { person: 'otto', identity: { strength: 'os-user', osUser: 'otto' } } as const;
  const run = await executor.begin({ plan, mode: 'real', starter });
  const words = new Script();
  await executor.drive(run, approving(run, { words, which: (subject) => !aborted || subject !== 'switchover' }));
  if (aborted) words.say({ verb: 'abort', run });
  const end = await executor.drive(run, approving(run, { words }));
  expect(end).toEqual({ kind: 'ended', outcome: aborted ? 'aborted' : 'completed' });
  return left;
}

test('a run that is left closes what its steps kept open for those that will not come; one that completes has used it', async () => {
  expect(await leftBy(true)).toEqual(['fence', 'copy']);
  expect(await leftBy(false)).toEqual([]);
});
