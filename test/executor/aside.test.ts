import { expect, test } from '@jest/globals';
import { auditWhole } from '../../src/cli/audit-whole.ts';
import { createExecutor } from '../../src/executor/create-executor.ts';
import { sixWords } from '../../src/gates/six-words.ts';
import type { Word } from '../../src/gates/word.ts';
import { exportRun } from '../../src/journal/export.ts';
import { createMemoryJournal } from '../../src/journal/memory-journal.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { planDigest } from '../../src/plan/resolve.ts';
import { fakeDeps, fakePlan, fakeStep, FakeWorld, Script } from './fake-world.ts';

function asidePlan(): Plan {
  const lane = (id: string, phase: string) => [{ name: 'main', steps: [fakeStep(id, phase)] }];
  const plan = fakePlan({
    fencing: lane('fence', 'fencing'),
    restoration: lane('copy', 'restoration'),
    verification: [],
    information: [],
    switchover: lane('switch-dns', 'switchover'),
    confirmation: [],
  });
  const strict = { roles: ['authoriser' as const], strength: 'ssh-key' as const, notTheStarter: true };
  const gates = {
    ...plan.gates,
    declaration: { ...plan.gates['declaration']!, ...strict, attested: true },
    switchover: { ...plan.gates['switchover']!, ...strict, approvals: 2, breakGlass: true },
  };
  return { ...plan, gates, digest: planDigest({ ...plan, gates }) };
}

test('gates passed over the phone and by break-glass leave a review each, and their record verifies', async () => {
  const journal = createMemoryJournal();
  const executor = createExecutor(fakeDeps(new FakeWorld(), journal));
  const plan = asidePlan();
  const starter = { person: 'otto', identity: { strength: 'os-user', osUser: 'otto' } } as const;
  const run = await executor.begin({ plan, mode: 'real', starter });
  const words = new Script();
  const aside = (gate: string, digest: string): Partial<Word> => {
    const attested = { person: 'anne', words: sixWords(digest), number: '+33180000000', witness: 'a colleague' };
    if (gate === 'declaration') return { attested };
    return gate === 'switchover' ? { breakGlass: true, reason: 'nobody answers' } : {};
  };
  const end = await executor.drive(run, {
    signal: new AbortController().signal,
    words,
    onUpdate: () => undefined,
    whenOnlyPeople: 'park',
    onWaiting: (waiting) => {
      for (const { subject, statementDigest: digest } of waiting)
        if (digest !== undefined)
          words.say({ verb: 'approve', run, subject, statementDigest: digest, ...aside(subject, digest) });
    },
  });
  expect(end).toEqual({ kind: 'ended', outcome: 'completed' });
  const events = await journal.read(run);
  const reviews = events.flatMap((event) => (event.type === 'obligation.opened' ? [event.data] : []));
  expect(reviews.map(({ kind }) => kind)).toEqual(['review', 'review']);
  expect(reviews[0]?.text).toContain(
    'approved by anne over the phone (+33180000000), attested by otto with a colleague',
  );
  expect(reviews[1]?.text).toContain('passed by otto alone (break-glass): nobody answers');
  const text = await exportRun(journal, run, { exportedAt: '2026-11-21T05:00:00.000Z', version: '0' });
  const verdict = auditWhole(Buffer.from(text), {});
  expect(verdict.problems).toEqual([]);
  expect(verdict.checks.map(({ state }) => state)).toEqual(['holds', 'holds', 'holds']);
});
