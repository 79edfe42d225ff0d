import { expect, test } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DrpError } from '../../src/base/errors.ts';
import { createExecutor } from '../../src/executor/create-executor.ts';
import { createAnswerCheck } from '../../src/gates/answer-check.ts';
import { createSpoolWordSource, sendWord } from '../../src/gates/spool.ts';
import { currentOsUser } from '../../src/journal/driver.ts';
import { exportRun } from '../../src/journal/export.ts';
import { openSqliteJournal } from '../../src/journal/sqlite-journal.ts';
import { verifyExport } from '../../src/journal/verify.ts';
import { planDigest } from '../../src/plan/resolve.ts';
import { fakeDeps, fakePlan, fakeStep, FakeWorld } from '../executor/fake-world.ts';
import { wordOf } from '../gates/fixtures.ts';

test('a whole run with answers by the spool, refusals, a failure and decisions verifies independently', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'drp-record-'));
  const journal = openSqliteJournal({ path: join(folder, 'journal.sqlite') });
  try {
    const world = new FakeWorld();
    let calls = 0;
    world.behaviours.set('copy-files', () => {
      calls += 1;
      if (calls > 1) return { kind: 'done', output: { files: 3 }, lines: ['3 files'] };
      return { kind: 'failed', error: new DrpError('step-failed', { step: 'copy-files', reason: 'no room' }) };
    });
    const executor = createExecutor(fakeDeps(world, journal));
    const run = await executor.begin({ plan: planOfMe(), mode: 'real', starter: { person: 'otto', identity: me() } });
    const spool = join(folder, 'spool', run);
    const words = createSpoolWordSource(spool);
    const sent = new Set<string>();
    const say = async (word: Parameters<typeof wordOf>[0]): Promise<void> => {
      await sendWord(spool, wordOf({ run, reason: 'seen', ...word }), { timeoutMs: 5_000 });
    };
    const talk: Promise<void>[] = [];
    const end = await executor.drive(run, {
      signal: new AbortController().signal,
      words,
      onUpdate: () => undefined,
      whenOnlyPeople: 'listen',
      onWaiting: ([first]) => {
        const key = `${first?.subject} ${first?.state} ${first?.statementDigest}`;
        if (first === undefined || sent.has(key)) return;
        sent.add(key);
        const { subject, statementDigest } = first;
        if (statementDigest === undefined) return void talk.push(say({ verb: 'decide', subject, decision: 'retry' }));
        talk.push(say({ subject, statementDigest: 'unseen' }).then(() => say({ subject, statementDigest })));
      },
    });
    await Promise.all(talk);
    expect(end).toEqual({ kind: 'ended', outcome: 'completed' });
    const text = await exportRun(journal, run, { exportedAt: '2026-11-21T05:00:00.000Z', version: '0.1.0' });
    const verdict = verifyExport(Buffer.from(text), { checkAnswer: createAnswerCheck() });
    expect(verdict.problems).toEqual([]);
    expect(verdict.answers.map(({ subject, decision }) => `${decision} ${subject}`)).toEqual([
      ...['approve declaration', 'approve restoration', 'retry copy-files', 'approve switchover'],
    ]);
    const refused = (await journal.read(run)).filter(({ type }) => type === 'word.refused');
    expect(refused).toHaveLength(3);
    expect(await journal.claimant('gravelines', 'real')).toBeUndefined();
  } finally {
    await journal.close();
    rmSync(folder, { recursive: true });
  }
});

function me() {
  return { strength: 'os-user' as const, osUser: currentOsUser() };
}

function planOfMe() {
  const { digest: _, ...plan } = fakePlan({
    fencing: [{ name: 'main', steps: [fakeStep('fence', 'fencing')] }],
    restoration: [{ name: 'files', steps: [fakeStep('copy-files', 'restoration')] }],
    verification: [],
    information: [],
    switchover: [{ name: 'main', steps: [fakeStep('switch-dns', 'switchover')] }],
    confirmation: [],
  });
  const otto = { name: 'Otto', roles: ['operator' as const], osUser: currentOsUser(), keys: [] };
  const content = { ...plan, world: { ...plan.world, people: { otto } } };
  return { ...content, digest: planDigest(content) };
}
