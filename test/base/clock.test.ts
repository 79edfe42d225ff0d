import { describe, expect, test } from '@jest/globals';
import { untilAborted } from '../../src/base/clock.ts';

const never = new Promise<never>(() => undefined);
const calledOff = new Error('called off');

describe('whoever waits until he is called off', () => {
  test('gets what he waited for, or what went wrong with it', async () => {
    const { signal } = new AbortController();
    expect(await untilAborted(Promise.resolve(3), signal)).toBe(3);
    expect(await untilAborted(Promise.resolve(3), undefined)).toBe(3);
    await expect(untilAborted(Promise.reject(new Error('broken')), signal)).rejects.toThrow('broken');
  });

  test('is let go with the reason, also where he was called off before', async () => {
    const controller = new AbortController();
    const waiting = untilAborted(never, controller.signal);
    controller.abort(calledOff);
    await expect(waiting).rejects.toBe(calledOff);
    await expect(untilAborted(never, controller.signal)).rejects.toBe(calledOff);
  });

  test('hears nothing of what goes wrong afterwards: no rejection is left to end the program', async () => {
    const unheard: unknown[] = [];
    const hear = (reason: unknown): void => void unheard.push(reason);
    process.on('unhandledRejection', hear);
    try {
      const late = Promise.withResolvers<never>();
      await expect(untilAborted(late.promise, AbortSignal.abort(calledOff))).rejects.toBe(calledOff);
      late.reject(new Error('later'));
      await new Promise((resolve) => setImmediate(resolve));
      expect(unheard).toEqual([]);
    } finally {
      process.removeListener('unhandledRejection', hear);
    }
  });
});
