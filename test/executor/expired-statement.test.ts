import { expect, test } from '@jest/globals';
import { systemClock, type Clock } from '../../src/base/clock.ts';
import { createExecutor } from '../../src/executor/create-executor.ts';
import type { DriveEnd, Waiting } from '../../src/executor/executor.ts';
import { createMemoryJournal } from '../../src/journal/memory-journal.ts';
import { fakeDeps, fakePlan, fakeStep, FakeWorld, Script } from './fake-world.ts';

const plan = fakePlan({ fencing: [{ name: 'main', steps: [fakeStep('fence', 'fencing')] }] });

/** A run at its first gate, and the hours that have passed since. */
async function atDeclaration() {
  const time = { hours: 0 };
  const nowMs = () => systemClock.nowMs() + time.hours * 3_600_000;
  const clock: Clock = { ...systemClock, nowMs, nowIso: () => new Date(nowMs()).toISOString() };
  const executor = createExecutor(fakeDeps(new FakeWorld(), createMemoryJournal(), { clock }));
  const starter = { person: 'otto', identity: { strength: 'os-user', osUser: 'otto' } } as const;
  const run = await executor.begin({ plan, mode: 'real', starter });
  const words = new Script();
  const drive = async (onWaiting: (waiting: readonly Waiting[]) => void = () => undefined): Promise<Waiting> => {
    const end: DriveEnd = await executor.drive(run, {
      signal: new AbortController().signal,
      words,
      onUpdate: () => undefined,
      onWaiting,
      whenOnlyPeople: 'park',
    });
    if (end.kind !== 'parked') throw new Error(`it is ${end.kind}`);
    return end.waiting[0]!;
  };
  const approve = (statementDigest: string) =>
    words.say({ verb: 'approve', run, subject: 'declaration', statementDigest });
  return { time, drive, approve, words };
}

test('a statement that expired while the run was parked is shown anew by resume, and can be approved', async () => {
  const { time, drive, approve, words } = await atDeclaration();
  const old = await drive();
  time.hours = 2;
  const shown = await drive();
  expect(shown.subject).toBe('declaration');
  expect(shown.statementDigest).not.toBe(old.statementDigest);
  approve(shown.statementDigest!);
  expect((await drive()).subject).toBe('restoration');
  expect(words.answers).toMatchObject([{ kind: 'accepted' }]);
});

test('an approval of a statement that has expired is refused, and the gate is shown anew at once', async () => {
  const { time, drive, approve, words } = await atDeclaration();
  const digests: string[] = [];
  const next = await drive(([first]) => {
    const digest = first?.subject === 'declaration' ? first.statementDigest : undefined;
    if (digest === undefined || digests.includes(digest)) return;
    // The first one is answered too late, the one that follows in time.
    if (digests.push(digest) === 1) time.hours = 2;
    approve(digest);
  });
  expect(words.answers).toMatchObject([{ kind: 'refused', code: 'approval-expired' }, { kind: 'accepted' }]);
  expect(digests).toHaveLength(2);
  expect(next.subject).toBe('restoration');
});
