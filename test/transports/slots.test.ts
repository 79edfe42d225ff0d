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

  test('that were narrowed let the next one in when few enough are left, and are never widened again', async () => {
    const slots = createSlots(3);
    const leaves = [await slots.enter(), await slots.enter(), await slots.enter()];
    slots.narrow(1);
    slots.narrow(2);
    let inside = 0;
    const fourth = slots.enter().then((leave) => ((inside += 1), leave));
    leaves[0]?.();
    leaves[1]?.();
    await Promise.resolve();
    expect(inside).toBe(0);
    leaves[2]?.();
    const leave = await fourth;
    const fifth = slots.enter().then((last) => ((inside += 1), last));
    await Promise.resolve();
    expect(inside).toBe(1);
    leave();
    (await fifth)();
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
