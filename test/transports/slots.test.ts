import { describe, expect, test } from '@jest/globals';
import { createSlots } from '../../src/transports/slots.ts';

describe('slots', () => {
  test('let no more in than their limit, the others in the order they came', async () => {
    const slots = createSlots(2);
    const order: number[] = [];
    const enter = async (number: number): Promise<() => void> => {
      const leave = await slots.enter();
      order.push(number);
      return leave;
    };
    const leaves = await Promise.all([enter(1), enter(2)]);
    const third = enter(3);
    const fourth = enter(4);
    await Promise.resolve();
    expect(order).toEqual([1, 2]);
    leaves[0]?.();
    leaves[0]?.();
    await third;
    expect(order).toEqual([1, 2, 3]);
    leaves[1]?.();
    await fourth;
    expect(order).toEqual([1, 2, 3, 4]);
  });

  test('forget a waiting one that gave up', async () => {
    const slots = createSlots(1);
    const leave = await slots.enter();
    const abort = new AbortController();
    const waiting = slots.enter(abort.signal);
    abort.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    leave();
    (await slots.enter())();
    await expect(slots.enter(abort.signal)).rejects.toThrow('enough');
  });
});
