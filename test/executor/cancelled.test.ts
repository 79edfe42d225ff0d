import { expect, test } from '@jest/globals';
import { DrpError } from '../../src/base/errors.ts';
import { createExecutor } from '../../src/executor/create-executor.ts';
import { createMemoryJournal } from '../../src/journal/memory-journal.ts';
import { runSummary, stuckSteps } from '../../src/views/run-summary.ts';
import { fakeDeps, fakePlan, fakeStep, FakeWorld, Script } from './fake-world.ts';

test('a step that was cancelled says who stopped it and why, not why an earlier attempt failed', async () => {
  const world = new FakeWorld();
  const journal = createMemoryJournal();
  const executor = createExecutor(fakeDeps(world, journal));
  const plan = fakePlan({ fencing: [{ name: 'main', steps: [fakeStep('fence', 'fencing')] }] });
  const starter = { person: 'otto', identity: { strength: 'os-user', osUser: 'otto' } } as const;
  const run = await executor.begin({ plan, mode: 'real', starter });
  const words = new Script();
  let attempts = 0;
  world.behaviours.set('fence', () => {
    attempts += 1;
    if (attempts === 1) {
      return { kind: 'failed', error: new DrpError('step-failed', { step: 'fence', reason: 'no power' }) };
    }
    words.say({ verb: 'decide', decision: 'cancel', run, subject: 'fence', reason: 'too slow' });
    return new Promise(() => undefined);
  });
  let retried = false;
  const end = await executor.drive(run, {
    signal: new AbortController().signal,
    words,
    onUpdate: () => undefined,
    whenOnlyPeople: 'park',
    onWaiting: ([first]) => {
      if (first?.kind === 'gate') {
        words.say({ verb: 'approve', run, subject: first.subject, statementDigest: first.statementDigest! });
      } else if (first?.state === 'failed' && !retried) {
        retried = true;
        words.say({ verb: 'decide', decision: 'retry', run, subject: 'fence' });
      }
    },
  });
  expect(end).toMatchObject({ waiting: [{ subject: 'fence', state: 'failed', reason: 'stopped by otto: too slow' }] });
  const summary = runSummary(await journal.read(run))!;
  expect(stuckSteps(summary).map(({ reason }) => reason)).toEqual(['stopped by otto: too slow']);
});
