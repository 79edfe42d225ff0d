import { describe, expect, test } from '@jest/globals';
import { DrpError } from '../../src/base/errors.ts';
import type { Draft } from '../../src/events/event.ts';
import { createClaimKeeper } from '../../src/executor/claimed.ts';
import type { ClaimHolder, Claims } from '../../src/transports/claims.ts';
import { fakePlan } from './fake-world.ts';

const { signal } = new AbortController();

/** A recovery host whose claim others can change. */
function recoveryHost() {
  const host: { holder: ClaimHolder | undefined; away: boolean; takes: number } = {
    holder: undefined,
    away: false,
    takes: 0,
  };
  const claims: Claims = {
    read: () =>
      host.away
        ? Promise.reject(new DrpError('connection-lost', { host: 'gravelines', reason: 'test' }))
        : Promise.resolve(host.holder),
    take: (_host, { run, epoch }) => {
      const { holder } = host;
      if (holder !== undefined && holder.run !== run)
        return Promise.reject(
          new DrpError('claim-lost', { site: 'gravelines', host: 'gravelines', holder: holder.run }),
        );
      host.takes += 1;
      return Promise.resolve(void (host.holder = { run, epoch }));
    },
    release: (_host, { run, epoch }) => {
      if (host.holder?.run === run && host.holder.epoch <= epoch) host.holder = undefined;
      return Promise.resolve();
    },
  };
  const check = { site: 'gravelines', run: 'k3f9-2a7m', epoch: 1 };
  const leftBy = (run: string) => Promise.resolve(run === 'ended-run' ? { epoch: 3, settled: [settled] } : undefined);
  const drafts: Draft[] = [];
  const record = (draft: Draft) => Promise.resolve(void drafts.push(draft));
  return { host, drafts, keeper: createClaimKeeper(claims, fakePlan({}), { check, earlier: [], record, leftBy }) };
}

const settled = {
  type: 'obligation.settled',
  by: 'drp',
  data: { id: 'ended-run.claim.gravelines', person: 'drp', reason: '', identity: { strength: 'os-user', osUser: 'x' } },
} satisfies Draft;

describe('the claim of another run', () => {
  test('that has ended and could not tell the host is done away with, and what was owed for it is settled', async () => {
    const { host, drafts, keeper } = recoveryHost();
    host.holder = { run: 'ended-run', epoch: 3 };
    await keeper.ensure([], signal);
    expect(host.holder).toEqual({ run: 'k3f9-2a7m', epoch: 1 });
    expect(drafts.map(({ type }) => type)).toEqual(['claim.taken', 'obligation.settled']);
  });

  test('stays where that run may go on: here, or elsewhere under a higher epoch', async () => {
    for (const holder of [
      { run: 'other-run', epoch: 1 },
      { run: 'ended-run', epoch: 4 },
    ]) {
      const { host, keeper } = recoveryHost();
      host.holder = holder;
      await expect(keeper.ensure([], signal)).rejects.toMatchObject({ code: 'claim-lost' });
      expect(host.holder).toEqual(holder);
    }
  });
});

describe('a step that acts on no host, such as a change of DNS', () => {
  test('is refused to a driver that was overtaken since it took the claim', async () => {
    const { host, keeper } = recoveryHost();
    await keeper.ensure([], signal);
    await keeper.ensure([], signal);
    host.holder = { run: 'k3f9-2a7m', epoch: 2 };
    await expect(keeper.ensure([], signal)).rejects.toMatchObject({ code: 'claim-lost', details: { epoch: 2 } });
  });

  test('goes on where the recovery host, once claimed, cannot be asked', async () => {
    const { host, keeper } = recoveryHost();
    await keeper.ensure([], signal);
    host.away = true;
    await expect(keeper.ensure([], signal)).resolves.toBeUndefined();
  });

  test('takes the claim again where it was released, so that the host judges who may', async () => {
    const { host, keeper } = recoveryHost();
    await keeper.ensure([], signal);
    host.holder = undefined;
    await keeper.ensure([], signal);
    expect(host.takes).toBe(2);
  });
});
