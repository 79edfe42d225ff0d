import { describe, expect, test } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { DrpError } from '../../src/base/errors.ts';
import type { Event } from '../../src/events/event.ts';
import { createExecutor } from '../../src/executor/create-executor.ts';
import { nothingBegan } from '../../src/executor/launch.ts';
import { createMemoryJournal } from '../../src/journal/memory-journal.ts';
import type { StepKind } from '../../src/steps/step-kind.ts';
import { approving, fakeDeps, fakePlan, fakeStep, FakeWorld, Script } from './fake-world.ts';

const plan = fakePlan({
  fencing: [{ name: 'main', steps: [fakeStep('fence', 'fencing')] }],
  restoration: [{ name: 'main', steps: [fakeStep('copy', 'restoration')] }],
  switchover: [{ name: 'main', steps: [fakeStep('dns', 'switchover')] }],
});

/** A run that was ordered while another holds the host; stopping asks the host, which answers whom it obeys. */
async function ordered() {
  const world = new FakeWorld();
  const journal = createMemoryJournal();
  const stopped: string[] = [];
  const kind: StepKind = {
    ...world.kind(),
    stop: (step, _spec, { claim }) => {
      stopped.push(step.id);
      const holder = world.claim?.run ?? 'nobody';
      if (holder === claim?.run) return Promise.resolve([]);
      return Promise.reject(new DrpError('claim-lost', { site: 'gravelines', host: 'gravelines', holder, epoch: 1 }));
    },
  };
  const kinds = new Map([['command' as const, kind]]);
  const deps = fakeDeps(world, journal, { kinds });
  // A host answers later than a word that lies there already is heard.
  const reach: typeof deps.reach = (of) => {
    const { claims, ...parts } = deps.reach(of);
    return { ...parts, claims: { ...claims, take: (...given) => delay(50).then(() => claims.take(...given)) } };
  };
  const executor = createExecutor({ ...deps, reach });
  const starter = { person: 'otto', identity: { strength: 'os-user', osUser: 'otto' } } as const;
  const run = await executor.begin({ plan, mode: 'real', starter });
  const abort = async () => {
    const words = new Script();
    words.say({ verb: 'abort', run });
    return await executor.drive(run, { ...approving(run), words, whenOnlyPeople: 'park' });
  };
  const events = (): Promise<readonly Event[]> => journal.read(run);
  return { world, run, executor, stopped, abort, events };
}

describe('a run whose very first claim was refused', () => {
  test('is left by abort alone: nothing was ever let loose, so nothing is stopped and nobody is asked', async () => {
    const { world, run, executor, stopped, abort, events } = await ordered();
    world.claim = { run: 'other-run', epoch: 1 };
    await expect(executor.drive(run, approving(run))).rejects.toMatchObject({ code: 'claim-lost' });
    expect((await events()).some(({ type }) => type === 'effect.started')).toBe(true);
    await abort();
    expect(await executor.drive(run, approving(run))).toEqual({ kind: 'ended', outcome: 'aborted' });
    expect({ stopped, effects: world.effects, claim: world.claim?.run }).toEqual({
      stopped: [],
      effects: [],
      claim: 'other-run',
    });
    expect((await events()).map(({ type }) => type)).not.toContain('stop.failed');
  });
});

test('nothing is said to have never begun of a record that may lack its end, nor of one that names a claim', () => {
  const told = (lineage: string, ...types: readonly string[]) =>
    nothingBegan({
      log: { run: { lineage }, began: { data: { mode: 'real' } }, events: types.map((type) => ({ type })) },
    } as unknown as Parameters<typeof nothingBegan>[0]);
  expect(told('', 'run.began', 'effect.started')).toBe(true);
  expect(told('', 'run.began', 'effect.started', 'claim.taken')).toBe(false);
  expect(told('k3', 'run.began', 'effect.started', 'run.adopted')).toBe(false);
});

test('once a claim was taken, what was started is stopped, and a host that obeys another says so', async () => {
  const { world, run, executor, stopped, abort, events } = await ordered();
  world.behaviours.set('copy', () => Promise.resolve({ kind: 'in-doubt', reason: 'nobody can tell' }));
  await executor.drive(run, approving(run));
  expect((await events()).some(({ type }) => type === 'claim.taken')).toBe(true);
  world.claim = { run: 'other-run', epoch: 1 };
  await abort();
  expect(stopped).toEqual(['copy']);
  expect((await events()).map(({ type }) => type)).toContain('stop.failed');
});
