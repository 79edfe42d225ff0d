import { expect, test } from '@jest/globals';
import { possibleNow } from '../../src/cli/waiting-now.ts';
import { createExecutor } from '../../src/executor/create-executor.ts';
import { createMemoryJournal } from '../../src/journal/memory-journal.ts';
import { runSummary } from '../../src/views/run-summary.ts';
import { statusText } from '../../src/views/status-text.ts';
import { createStyle } from '../../src/views/style.ts';
import { fakeDeps, fakePlan, fakeStep, FakeWorld, Script } from './fake-world.ts';

test('a status names only answers that would be taken: none for a step whose phase was left, reopen at the unserved gate', async () => {
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
  for (const step of ['confirm', 'dns-back']) {
    world.behaviours.set(step, () => ({ kind: 'in-doubt', reason: 'nobody can tell' }));
  }
  const journal = createMemoryJournal();
  const executor = createExecutor(fakeDeps(world, journal));
  const starter = { person: 'otto', identity: { strength: 'os-user', osUser: 'otto' } } as const;
  const run = await executor.begin({ plan, mode: 'real', starter });
  const drive = async (...spoken: readonly Parameters<Script['say']>[0][]): Promise<void> => {
    const words = new Script();
    for (const word of spoken) words.say(word);
    const approved = new Set<string>();
    await executor.drive(run, {
      signal: new AbortController().signal,
      words,
      onUpdate: () => undefined,
      whenOnlyPeople: 'park',
      onWaiting: ([one]) => {
        if (one?.statementDigest === undefined || approved.has(one.statementDigest)) return;
        if (['switch-back', 'unserved'].includes(one.subject)) return;
        approved.add(one.statementDigest);
        words.say({ verb: 'approve', run, subject: one.subject, statementDigest: one.statementDigest });
      },
    });
  };
  const status = async (): Promise<string> => {
    const events = await journal.read(run);
    const { answers } = possibleNow(events);
    const summary = runSummary(events)!;
    const nowMs = Date.parse(summary.lastAt);
    return statusText(summary, { nowMs, width: 80, style: createStyle(false), journal: 'memory:', answers: answers! });
  };

  await drive();
  expect(await status()).toContain(`answer with: drp decide mark-done|retry confirm --run ${run}`);

  await drive({ verb: 'decide', decision: 'switch-back', run, subject: 'confirmation' });
  expect(await status()).toContain('at gate switch-back');
  expect(await status()).not.toContain('confirm --run');

  await drive({ verb: 'abort', run });
  expect(await status()).toContain(`or: drp decide reopen unserved --run ${run} --reason TEXT`);
});
