import { describe, expect, test } from '@jest/globals';
import type { Clock } from '../../src/base/clock.ts';
import { DrpError } from '../../src/base/errors.ts';
import { standardLimits } from '../../src/transports/connection-limits.ts';
import { createLoginLimits, type LoginLimits } from '../../src/transports/login-limits.ts';
import type { HostTarget } from '../../src/transports/transport.ts';

const target: HostTarget = {
  name: 'gravelines',
  address: '127.0.0.1',
  port: 22,
  user: 'drp',
  base: '/',
  hostKeys: [],
  identity: { file: '/x', text: 'x' },
  transport: 'ssh2',
};

/** Limits on a clock that only moves by sleeping; tells the pauses made. */
function limitsWithClock(): { readonly limits: LoginLimits; readonly pauses: number[] } {
  let nowMs = 0;
  const pauses: number[] = [];
  const clock: Clock = {
    nowMs: () => nowMs,
    nowIso: () => new Date(nowMs).toISOString(),
    sleep: async (ms) => {
      pauses.push(ms);
      nowMs += ms;
    },
  };
  return { limits: createLoginLimits({ limits: standardLimits, clock, random: () => 0.5 }), pauses };
}

const dropped = (): Promise<never> => Promise.reject(new DrpError('host-unreachable', { dropped: true }));
const silent = (): Promise<never> => Promise.reject(new DrpError('host-unreachable', {}));
const refused = (): Promise<never> => Promise.reject(new DrpError('login-refused', {}));

describe('logins of one host', () => {
  test('are tried three times where it hangs up, with growing pauses', async () => {
    const { limits, pauses } = limitsWithClock();
    let tries = 0;
    const login = (): Promise<never> => {
      tries += 1;
      return dropped();
    };
    await expect(limits.attempt(target, login)).rejects.toMatchObject({ code: 'host-unreachable' });
    expect(tries).toBe(3);
    expect(pauses).toEqual([1_000, 2_000]);
  });

  test('are tried once where it does not answer, and the next one waits', async () => {
    const { limits, pauses } = limitsWithClock();
    for (let round = 0; round < 8; round += 1) await expect(limits.attempt(target, silent)).rejects.toThrow();
    expect(pauses).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  });

  test('stop after three refusals until a person allows them again', async () => {
    const { limits } = limitsWithClock();
    for (let round = 0; round < 3; round += 1) await expect(limits.attempt(target, refused)).rejects.toThrow();
    const never = async (): Promise<void> => {
      throw new Error('must not be tried');
    };
    await expect(limits.attempt(target, never)).rejects.toMatchObject({ code: 'login-refused' });
    limits.forgive(target.name);
    expect(await limits.attempt(target, async () => 'in')).toBe('in');
  });

  test('that failed for want of a key on this side do not count', async () => {
    const { limits, pauses } = limitsWithClock();
    const keyless = (): Promise<never> => Promise.reject(new DrpError('login-refused', { asked: false }));
    for (let round = 0; round < 5; round += 1) await expect(limits.attempt(target, keyless)).rejects.toThrow();
    expect(await limits.attempt(target, async () => 'in')).toBe('in');
    expect(pauses).toEqual([]);
  });

  test('that succeed forget what failed before', async () => {
    const { limits, pauses } = limitsWithClock();
    await expect(limits.attempt(target, refused)).rejects.toThrow();
    await limits.attempt(target, async () => 'in');
    await expect(limits.attempt(target, refused)).rejects.toThrow();
    await limits.attempt(target, async () => 'in');
    expect(pauses).toEqual([1_000, 1_000]);
  });
});
