import { describe, expect, test } from '@jest/globals';
import { createExecutor } from '../../src/executor/create-executor.ts';
import type { DriveEnd, Executor } from '../../src/executor/executor.ts';
import { createMemoryJournal } from '../../src/journal/memory-journal.ts';
import { approving, fakeDeps, fakePlan, fakeStep, FakeWorld, Script } from './fake-world.ts';

type Parked = Extract<DriveEnd, { kind: 'parked' }>;

const lane = (name: string, ...steps: ReturnType<typeof fakeStep>[]) => ({ name, steps });
const plan = fakePlan({
  fencing: [lane('main', fakeStep('fence', 'fencing'))],
  restoration: [
    lane('files', fakeStep('copy-files', 'restoration')),
    lane('databases', fakeStep('import', 'restoration', { retries: 1 })),
  ],
  verification: [],
  information: [],
  switchover: [lane('main', fakeStep('switch-dns', 'switchover'))],
  confirmation: [],
});

function begin(executor: Executor): Promise<string> {
  return executor.begin({
    plan,
    mode: 'real',
    starter: { person: 'otto', identity: { strength: 'os-user', osUser: 'otto' } },
  });
}

/** Drives and approves whatever gate opens, as an operator would who reads every statement. */
async function driveApproving(
  executor: Executor,
  run: string,
  only: (gate: string) => boolean = () => true,
): Promise<DriveEnd> {
  return executor.drive(run, approving(run, { which: only }));
}

describe('a run', () => {
  test('walks every phase in order once its gates are approved, and ends completed', async () => {
    const world = new FakeWorld();
    const executor = createExecutor(fakeDeps(world, createMemoryJournal()));
    const run = await begin(executor);
    expect(await driveApproving(executor, run)).toEqual({ kind: 'ended', outcome: 'completed' });
    expect(world.effects[0]).toBe('fence');
    expect(world.effects.slice(1, 3).sort()).toEqual(['copy-files', 'import']);
    expect(world.effects[3]).toBe('switch-dns');
    expect(world.claim).toBeUndefined();
  });

  test('parks at a gate when nobody answers, names it, and goes on from there with a second drive', async () => {
    const world = new FakeWorld();
    const executor = createExecutor(fakeDeps(world, createMemoryJournal()));
    const run = await begin(executor);
    const parked = await driveApproving(executor, run, (gate) => gate === 'declaration');
    expect(parked.kind).toBe('parked');
    expect((parked as Parked).waiting[0]?.subject).toBe('restoration');
    expect(world.effects).toEqual(['fence']);
    expect(await driveApproving(executor, run)).toEqual({ kind: 'ended', outcome: 'completed' });
    expect(world.effects.filter((effect) => effect === 'fence')).toHaveLength(1);
  });

  test('retries a failed step as often as the runbook says, then waits for a person', async () => {
    const world = new FakeWorld();
    const { DrpError } = await import('../../src/base/errors.ts');
    let calls = 0;
    world.behaviours.set('import', () => {
      calls += 1;
      return { kind: 'failed', error: new DrpError('step-failed', { step: 'import', reason: 'no' }) };
    });
    const executor = createExecutor(fakeDeps(world, createMemoryJournal()));
    const run = await begin(executor);
    const end = await driveApproving(executor, run);
    expect(end.kind).toBe('parked');
    expect(calls).toBe(2);
    const [waiting] = (end as Parked).waiting;
    expect(waiting).toMatchObject({ subject: 'import', state: 'failed', kind: 'attention' });
    expect(waiting?.verbs).toEqual(expect.arrayContaining(['retry', 'mark-done']));
    expect(waiting?.verbs).not.toContain('skip');
  });

  test('an abort once fencing has begun asks an authoriser to sign that nobody serves', async () => {
    const world = new FakeWorld();
    const executor = createExecutor(fakeDeps(world, createMemoryJournal()));
    const run = await begin(executor);
    await driveApproving(executor, run, (gate) => gate === 'declaration');
    const words = new Script();
    words.say({ verb: 'abort', run });
    const end = await executor.drive(run, {
      signal: new AbortController().signal,
      words,
      onUpdate: () => undefined,
      onWaiting: () => undefined,
      whenOnlyPeople: 'park',
    });
    expect(words.answers[0]).toMatchObject({ kind: 'accepted' });
    expect((end as Parked).waiting[0]?.subject).toBe('unserved');
    expect(await driveApproving(executor, run)).toEqual({ kind: 'ended', outcome: 'aborted' });
  });

  test('a second answer to a gate hears who decided and when', async () => {
    const world = new FakeWorld();
    const journal = createMemoryJournal();
    const executor = createExecutor(fakeDeps(world, journal));
    const run = await begin(executor);
    const words = new Script();
    const end = executor.drive(run, {
      signal: new AbortController().signal,
      words,
      onUpdate: () => undefined,
      whenOnlyPeople: 'park',
      onWaiting: ([first]) => {
        if (first?.subject !== 'declaration') return;
        words.say({ verb: 'approve', run, subject: 'declaration', statementDigest: first.statementDigest! });
        words.say({ verb: 'approve', run, subject: 'declaration', statementDigest: first.statementDigest! });
      },
    });
    await end;
    expect(words.answers.map((answer) => answer.kind)).toEqual(['accepted', 'refused']);
    const events = await journal.read(run);
    expect(events.filter((event) => event.type === 'gate.decided')).toHaveLength(1);
    expect(events.filter((event) => event.type === 'word.refused')).toHaveLength(1);
  });
});
