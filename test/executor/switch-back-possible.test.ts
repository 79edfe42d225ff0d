import { expect, test } from '@jest/globals';
import { possibleNow } from '../../src/cli/waiting-now.ts';
import { createExecutor } from '../../src/executor/create-executor.ts';
import { createMemoryJournal } from '../../src/journal/memory-journal.ts';
import { runSummary } from '../../src/views/run-summary.ts';
import { statusText } from '../../src/views/status-text.ts';
import { createStyle } from '../../src/views/style.ts';
import { fakeDeps, fakePlan, fakeStep, FakeWorld, Script } from './fake-world.ts';

test('a status says when users may be sent back, and with which command; before the switchover it does not', async () => {
  const plan = fakePlan({
    fencing: [],
    restoration: [{ name: 'files', steps: [fakeStep('copy-files', 'restoration')] }],
    verification: [],
    information: [],
    switchover: [{ name: 'main', steps: [fakeStep('switch-dns', 'switchover')] }],
    confirmation: [{ name: 'main', steps: [fakeStep('confirm', 'confirmation')] }],
  });
  const world = new FakeWorld();
  world.behaviours.set('confirm', () => ({ kind: 'in-doubt', reason: 'nobody can tell' }));
  const journal = createMemoryJournal();
  const executor = createExecutor(fakeDeps(world, journal));
  const starter = { person: 'otto', identity: { strength: 'os-user', osUser: 'otto' } } as const;
  const run = await executor.begin({ plan, mode: 'real', starter });
  const seen = async () => {
    const events = await journal.read(run);
    return possibleNow(events).switchBackFrom;
  };
  expect(await seen()).toEqual([]);
  const words = new Script();
  const approved = new Set<string>();
  await executor.drive(run, {
    signal: new AbortController().signal,
    words,
    onUpdate: () => undefined,
    whenOnlyPeople: 'park',
    onWaiting: ([one]) => {
      if (one?.statementDigest === undefined || approved.has(one.statementDigest)) return;
      approved.add(one.statementDigest);
      words.say({ verb: 'approve', run, subject: one.subject, statementDigest: one.statementDigest });
    },
  });
  expect(await seen()).toEqual(['confirmation']);
  const summary = runSummary(await journal.read(run))!;
  const view = { nowMs: Date.parse(summary.lastAt), width: 80, style: createStyle(false), journal: 'memory:' };
  const text = statusText(summary, { ...view, switchBackFrom: await seen() });
  expect(text).toContain(`drp decide switch-back confirmation --run ${run} --reason TEXT`);
  expect(statusText(summary, view)).not.toContain('Also possible');
});
