import { expect, test } from '@jest/globals';
import { preemptDrill } from '../../src/cli/preempt-drill.ts';
import type { DriveOptions, Executor } from '../../src/executor/executor.ts';
import type { Journal } from '../../src/journal/journal.ts';

/** Drives a drill of which this much is on record until it waits for a person; resolves with whether it was left there. */
async function leftAtItsGate(types: readonly string[]): Promise<boolean> {
  const journal = {
    claimant: () => Promise.resolve('drill-1'),
    read: () => Promise.resolve(types.map((type) => ({ type }))),
  } as unknown as Journal;
  let left = false;
  const executor = {
    drive: async (_run: string, { signal, onWaiting }: DriveOptions) => {
      onWaiting([{ kind: 'gate' } as never], 1);
      await new Promise((resolve) => setImmediate(resolve));
      expect(signal.aborted).toBe(false);
      onWaiting([{ kind: 'gate' } as never], 0);
      await new Promise((resolve) => setImmediate(resolve));
      left = signal.aborted;
      return { kind: 'detached', reason: 'left' };
    },
  } as unknown as Executor;
  const io = { stderr: { write: () => true }, style: { attention: (text: string) => text } } as never;
  await preemptDrill(io, { journal, executor, site: 'gravelines' });
  return left;
}

test('a drill that has given way already is left at its clean-up gate: the real run is not held up by it', async () => {
  expect(await leftAtItsGate(['run.began', 'run.preempted', 'driver.detached', 'driver.attached'])).toBe(true);
});

test('a drill that has not given way yet is not left before it has', async () => {
  expect(await leftAtItsGate(['run.began', 'driver.attached'])).toBe(false);
});
