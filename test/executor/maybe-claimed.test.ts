import { describe, expect, test } from '@jest/globals';
import { DrpError } from '../../src/base/errors.ts';
import type { Event } from '../../src/events/event.ts';
import { createExecutor } from '../../src/executor/create-executor.ts';
import type { ExecutorDeps } from '../../src/executor/deps.ts';
import { maybeClaimed } from '../../src/executor/maybe-claimed.ts';
import type { Journal } from '../../src/journal/journal.ts';
import { createMemoryJournal } from '../../src/journal/memory-journal.ts';
import type { Plan } from '../../src/plan/plan.ts';
import type { ClaimHolder, Claims } from '../../src/transports/claims.ts';
import { approving, fakeDeps, fakePlan, fakeStep, FakeWorld, Script } from './fake-world.ts';

const plan = fakePlan({
  fencing: [{ name: 'main', steps: [fakeStep('fence', 'fencing', { hosts: ['limburg'] })] }],
  restoration: [{ name: 'main', steps: [fakeStep('copy', 'restoration')] }],
  switchover: [{ name: 'main', steps: [fakeStep('dns', 'switchover')] }],
});

class Killed extends Error {}

/** The journal of a driver that is dead from the moment it would put on record that this host was claimed. */
function dyingAtClaimOf(host: string, journal: Journal): Journal {
  let dead = false;
  return {
    ...journal,
    append: (lease, head, drafts) => {
      dead ||= drafts.some(({ type, data }) => type === 'claim.taken' && (data as { host?: string }).host === host);
      return dead ? Promise.reject(new Killed('dead')) : journal.append(lease, head, drafts);
    },
  };
}

/** Hosts whose claims are as claims.sh keeps them; `away` can neither be asked nor told. */
function hostsWithClaims() {
  const held = new Map<string, ClaimHolder>();
  const away = new Set<string>();
  const act =
    <T>(on: (host: string, run: string, epoch: number) => T) =>
    (host: string, { run, epoch }: ClaimHolder): Promise<T> => {
      if (away.has(host))
        return Promise.reject(new DrpError('host-unreachable', { host, address: 'x', port: 22, reason: 'test' }));
      const holder = held.get(host);
      if (holder !== undefined && (holder.run !== run || holder.epoch > epoch))
        return Promise.reject(new DrpError('claim-lost', { site: 'x', host, holder: holder.run, epoch: holder.epoch }));
      return Promise.resolve(on(host, run, epoch));
    };
  const claims: Claims = {
    read: (host) =>
      away.has(host)
        ? Promise.reject(new DrpError('host-unreachable', { host, address: 'x', port: 22, reason: 'test' }))
        : Promise.resolve(held.get(host)),
    take: act((host, run, epoch) => void held.set(host, { run, epoch })),
    release: act((host) => void held.delete(host)),
  };
  return { held, away, claims };
}

function stage() {
  const world = new FakeWorld();
  const journal = createMemoryJournal();
  const hosts = hostsWithClaims();
  const executorOn = (on: Journal, claims: Claims = hosts.claims) => {
    const deps = fakeDeps(world, on);
    const reach: ExecutorDeps['reach'] = (of) => ({ ...deps.reach(of), claims });
    return createExecutor({ ...deps, reach });
  };
  const starter = { person: 'otto', identity: { strength: 'os-user', osUser: 'otto' } } as const;
  const begin = () => executorOn(journal).begin({ plan, mode: 'real', starter });
  const dieAt = async (run: string, host: string): Promise<void> => {
    const options = { ...approving(run), whenOnlyPeople: 'listen' as const };
    await expect(executorOn(dyingAtClaimOf(host, journal)).drive(run, options)).rejects.toThrow(Killed);
  };
  const abort = async (run: string) => {
    const words = new Script();
    words.say({ verb: 'abort', run });
    const { onWaiting, ...rest } = approving(run, { words });
    return await executorOn(journal).drive(run, { ...rest, onWaiting, whenOnlyPeople: 'listen' });
  };
  const events = (run: string): Promise<readonly Event[]> => journal.read(run);
  return { world, journal, hosts, executorOn, begin, dieAt, abort, events };
}

const owed = (events: readonly Event[]): readonly string[] =>
  events.flatMap((event) => (event.type === 'obligation.opened' ? [event.data.text] : []));

describe('a driver that died between taking a claim and noting it', () => {
  test.each(['gravelines', 'limburg'])('leaves none on %s once its run is aborted', async (host) => {
    const { hosts, begin, dieAt, abort, events } = stage();
    const run = await begin();
    await dieAt(run, host);
    expect(hosts.held.has(host)).toBe(true);
    expect(await abort(run)).toEqual({ kind: 'ended', outcome: 'aborted' });
    expect([...hosts.held.keys()]).toEqual([]);
    const freed = (await events(run)).flatMap((event) => (event.type === 'claim.released' ? [event.data.host] : []));
    expect(freed).toContain(host);
    expect(owed(await events(run))).toEqual([]);
  });

  test('is named where the host cannot be asked at the end, and the next run of the site frees it', async () => {
    const { hosts, begin, dieAt, abort, events, executorOn, journal } = stage();
    const run = await begin();
    await dieAt(run, 'limburg');
    hosts.away.add('limburg');
    expect(await abort(run)).toEqual({ kind: 'ended', outcome: 'aborted' });
    expect(owed(await events(run))).toEqual(["the claim of this run may still lie on host 'limburg'"]);
    hosts.away.clear();
    const next = await begin();
    expect(await executorOn(journal).drive(next, approving(next))).toEqual({ kind: 'ended', outcome: 'completed' });
    const settled = (await events(next)).flatMap((event) =>
      event.type === 'obligation.settled' ? [event.data.id] : [],
    );
    expect(settled).toEqual([`${run}.claim.limburg`]);
  });

  test('costs nothing where another run holds the host by then', async () => {
    const { hosts, begin, dieAt, abort, events } = stage();
    const run = await begin();
    await dieAt(run, 'limburg');
    hosts.held.set('limburg', { run: 'other-run', epoch: 1 });
    expect(await abort(run)).toEqual({ kind: 'ended', outcome: 'aborted' });
    expect(hosts.held.get('limburg')).toEqual({ run: 'other-run', epoch: 1 });
    expect(owed(await events(run))).toEqual([]);
  });
});

test('a claim whose taking was called off is waited for at the end of the run, and given back', async () => {
  const { hosts, begin, executorOn, journal, events } = stage();
  const run = await begin();
  const words = new Script();
  let heard = (): void => undefined;
  const aborting = new Promise<void>((resolve) => (heard = resolve));
  // The host takes it only once the run is on its way out, whatever becomes of who asked.
  const take: Claims['take'] = async (host, claim) => {
    words.say({ verb: 'abort', run });
    await aborting;
    await hosts.claims.take(host, claim);
  };
  const executor = executorOn(journal, { ...hosts.claims, take });
  const options = approving(run, { words });
  const end = await executor.drive(run, {
    ...options,
    whenOnlyPeople: 'listen',
    onUpdate: (update) => {
      if (update.kind === 'event' && update.event.type === 'gate.decided' && update.event.data.gate === 'unserved')
        setTimeout(heard, 20);
    },
  });
  expect(end).toEqual({ kind: 'ended', outcome: 'aborted' });
  expect([...hosts.held.keys()]).toEqual([]);
  expect(owed(await events(run))).toEqual([]);
});

describe('hosts that may be claimed', () => {
  const of = (...events: readonly (readonly [type: string, data?: object])[]) =>
    maybeClaimed({
      plan: plan as Plan,
      began: { data: { mode: 'real' } },
      events: events.map(([type, data = {}]) => ({ type, data })),
    } as never);
  const fence = { key: '4.fence', id: 'fence', step: 'fence', source: 'step' };
  const attached = ['driver.attached', {}] as const;
  const started = ['effect.started', fence] as const;
  const recoveryTaken = ['claim.taken', { host: 'gravelines' }] as const;

  test('are those of a step whose driver did not see its end', () => {
    expect(of(attached, started)).toEqual(['gravelines']);
    expect(of(attached, started, recoveryTaken)).toEqual(['limburg']);
    expect(of(attached, started, recoveryTaken, attached, ['step.done', fence])).toEqual(['limburg']);
  });

  test('are none where its end is on record: unless contact was lost, the driver noted what it had taken', () => {
    expect(of(attached, started, recoveryTaken, ['step.failed', { ...fence, code: 'host-unreachable' }])).toEqual([]);
    expect(of(attached, started, recoveryTaken, ['step.done', fence])).toEqual([]);
    expect(of(attached, started, ['step.failed', { ...fence, code: 'connection-lost' }])).toEqual(['gravelines']);
  });

  test('are none of what is done on paper', () => {
    expect(of(['driver.attached', { onPaper: true }], started)).toEqual([]);
  });
});
