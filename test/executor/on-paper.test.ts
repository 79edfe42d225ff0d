import { describe, expect, test } from '@jest/globals';
import { possibleNow } from '../../src/cli/waiting-now.ts';
import type { Event } from '../../src/events/event.ts';
import { createExecutor } from '../../src/executor/create-executor.ts';
import type { DriveOptions } from '../../src/executor/executor.ts';
import { owedOnPaper } from '../../src/executor/on-paper.ts';
import { foldAll } from '../../src/executor/run-log.ts';
import { createMemoryJournal } from '../../src/journal/memory-journal.ts';
import { fakeDeps, fakePlan, fakeStep, FakeWorld, Script } from './fake-world.ts';

const plan = fakePlan({
  fencing: [{ name: 'main', steps: [fakeStep('fence', 'fencing')] }],
  restoration: [{ name: 'main', steps: [fakeStep('copy', 'restoration')] }],
  switchover: [{ name: 'main', steps: [fakeStep('dns', 'switchover')] }],
});
const starter = { person: 'otto', identity: { strength: 'os-user', osUser: 'otto' } } as const;

/** A run begun on paper; what waits is answered by `answer`, as often as it waits. */
async function onPaper(answer: (subject: string, state: string) => boolean) {
  const world = new FakeWorld();
  const journal = createMemoryJournal();
  const executor = createExecutor(fakeDeps(world, journal));
  const run = await executor.begin({ plan, mode: 'real', starter });
  const script = new Script();
  const options = (): DriveOptions => ({
    signal: new AbortController().signal,
    words: script,
    onUpdate: () => undefined,
    onWaiting: (waiting) => {
      for (const one of waiting) {
        if (!answer(one.subject, one.state)) continue;
        if (one.kind === 'gate') {
          const digest = one.statementDigest;
          script.say({
            verb: 'approve',
            run,
            subject: one.subject,
            ...(digest === undefined ? {} : { statementDigest: digest }),
          });
        } else {
          script.say({ verb: 'decide', decision: 'mark-done', run, subject: one.subject, evidence: 'seen' });
        }
      }
    },
    whenOnlyPeople: 'park',
  });
  const drive = (more: Partial<DriveOptions> = {}) => executor.drive(run, { ...options(), ...more });
  const events = (): Promise<readonly Event[]> => journal.read(run);
  return { world, drive, events, script };
}

describe('a run that is brought in from paper', () => {
  test('starts nothing: every step waits until somebody attests it, and the record says that none was run', async () => {
    const { world, drive, events } = await onPaper(() => true);
    expect(await drive({ onPaper: true })).toEqual({ kind: 'ended', outcome: 'completed' });
    expect(world.effects).toEqual([]);
    expect(world.claim).toBeUndefined();
    const told = await events();
    const started = told.flatMap((event) =>
      event.type === 'effect.started' && event.data.source === 'step' ? [event.data] : [],
    );
    expect(started.map(({ id, commands }) => [id, commands])).toEqual([
      ['fence', []],
      ['copy', []],
      ['dns', []],
    ]);
    expect(told.flatMap((event) => (event.type === 'decision.made' ? [event.data.subject] : []))).toEqual([
      'fence',
      'copy',
      'dns',
    ]);
    expect(told.some((event) => event.type === 'step.done')).toBe(false);
  });

  test('stays on paper whoever drives it later: a plain resume starts nothing either', async () => {
    let steps = false;
    const { world, drive, events } = await onPaper((subject) => subject !== 'fence' || steps);
    expect(await drive({ onPaper: true })).toMatchObject({ kind: 'parked' });
    steps = true;
    expect(await drive()).toEqual({ kind: 'ended', outcome: 'completed' });
    expect(world.effects).toEqual([]);
    const attached = (await events()).flatMap((event) =>
      event.type === 'driver.attached' ? [event.data.onPaper] : [],
    );
    expect(attached).toEqual([true, true]);
    // Also where a later driver, of another version, did not say so again.
    const silent = (await events()).map((event, at, all) =>
      event.type === 'driver.attached' && all.slice(0, at).some(({ type }) => type === 'driver.attached')
        ? { ...event, data: { ...event.data, onPaper: undefined } }
        : event,
    );
    expect(foldAll('', '', silent as readonly Event[]).onPaper).toBe(true);
  });

  test('offers no retry, neither to who drives it nor in a status: what is never started is not tried again', async () => {
    const { drive, events } = await onPaper((subject) => subject !== 'fence');
    const parked = await drive({ onPaper: true });
    expect(parked).toMatchObject({ kind: 'parked', waiting: [{ subject: 'fence', verbs: ['mark-done'] }] });
    expect(possibleNow(await events()).answers?.get('fence')).toEqual(['mark-done']);
  });

  test('what cannot be seen stops only where it must still hold: the switchover, not what later steps undo', async () => {
    const { world, drive, events, script } = await onPaper(() => true);
    world.verifies = (step) => (step === 'copy' ? 'gone again' : step === 'dns' ? 'points elsewhere' : undefined);
    expect(await drive({ onPaper: true })).toMatchObject({
      kind: 'parked',
      waiting: [{ subject: 'dns', state: 'in-doubt' }],
    });
    const copied = (await events()).find((event) => event.type === 'decision.made' && event.data.subject === 'copy');
    expect(copied).toMatchObject({
      data: { evidence: expect.stringContaining('as found when it was attested') as unknown as string },
    });
    expect(script.answers.at(-1)).toMatchObject({ kind: 'refused', code: 'postcondition-failed' });
  });
});

describe('fencing that is attested', () => {
  const fence = fakeStep('fence', 'fencing', {
    spec: { kind: 'fence', id: 'fence', do: 'fence', side: 'production', ways: [], pause: [] } as never,
  });
  const about = { run: 'aaaa-bbbb', seq: 12 };

  test('and is not to be seen is owed by the site: split writes are possible', () => {
    expect(owedOnPaper(fence, { ...about, against: 'from outside: 192.0.2.1 answers 200' })).toEqual([
      {
        type: 'obligation.opened',
        by: 'drp',
        data: {
          id: 'aaaa-bbbb.12.fence',
          kind: 'fencing',
          step: 'fence',
          text: 'production was fenced by hand, and that is not to be seen: split writes possible (from outside: 192.0.2.1 answers 200)',
        },
      },
    ]);
  });

  test('and holds owes nothing; nor does another step that is not to be seen any more', () => {
    expect(owedOnPaper(fence, { ...about, against: undefined })).toEqual([]);
    expect(owedOnPaper(fakeStep('copy', 'restoration'), { ...about, against: 'gone again' })).toEqual([]);
    expect(owedOnPaper(undefined, { ...about, against: 'x' })).toEqual([]);
  });
});
