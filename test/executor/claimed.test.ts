import { describe, expect, test } from '@jest/globals';
import { DrpError } from '../../src/base/errors.ts';
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
  const none = () => Promise.resolve();
  const claims: Claims = {
    read: () =>
      host.away
        ? Promise.reject(new DrpError('connection-lost', { host: 'gravelines', reason: 'test' }))
        : Promise.resolve(host.holder),
    take: (_host, { run, epoch }) => {
      host.takes += 1;
      return Promise.resolve(void (host.holder = { run, epoch }));
    },
    raise: none,
    release: none,
  };
  const check = { site: 'gravelines', run: 'k3f9-2a7m', epoch: 1 };
  return { host, keeper: createClaimKeeper(claims, fakePlan({}), { check, earlier: [], record: none }) };
}

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
