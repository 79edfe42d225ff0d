import { kit } from './kit.ts';

/** What the machine needs to know of a step; everything else is the plan's. */
export interface MachineStep {
  readonly id: string;
  /** Automatic tries after the first. */
  readonly retries: number;
  readonly backoffMs: number;
  /** Longer than this is flagged as overdue, never killed. */
  readonly expectMs?: number;
  readonly skippable: boolean;
}

/**
 * The life of a step: running (on time → overdue) → done | backoff | failed | in-doubt → retry, skip, done by hand.
 * Stopping is an effect of its own, so that a crash in the middle of it is resumed like everything else.
 */
export function stepState(step: MachineStep, next: string) {
  const { id, retries, backoffMs, expectMs, skippable } = step;
  const forget = { type: 'forgetAttempts', params: { step: id } } as const;
  const decide = {
    [`${id}.retry`]: { target: 'running', actions: [forget] },
    [`${id}.mark-done`]: { target: 'done' },
    ...(skippable ? { [`${id}.skip`]: { target: 'skipped' } } : {}),
  };
  return kit.createStateConfig({
    meta: { step: id },
    initial: 'running',
    onDone: { target: next },
    states: {
      running: {
        entry: [{ type: 'countAttempt', params: { step: id } }],
        invoke: {
          id,
          src: 'step',
          input: { step: id },
          onDone: { target: 'done' },
          onError: [
            { guard: 'isInDoubt', target: 'in-doubt' },
            { guard: { type: 'mayRetry', params: { step: id, retries } }, target: 'backoff' },
            { target: 'failed' },
          ],
        },
        on: { [`${id}.cancel`]: { target: 'stopping' } },
        ...(expectMs === undefined
          ? {}
          : {
              initial: 'on-time',
              states: { 'on-time': { after: { [expectMs]: { target: 'overdue' } } }, overdue: {} },
            }),
      },
      backoff: { after: { [backoffMs]: { target: 'running' } }, on: { [`${id}.cancel`]: { target: 'failed' } } },
      stopping: {
        entry: [forget],
        invoke: {
          id: `stop:${id}`,
          src: 'stop',
          input: { step: id },
          onDone: { target: 'failed' },
          onError: { target: 'stop-failed' },
        },
      },
      'stop-failed': {
        tags: ['attention'],
        on: { [`${id}.cancel`]: { target: 'stopping' }, [`${id}.stopped`]: { target: 'failed' } },
      },
      failed: { tags: ['attention'], on: decide },
      'in-doubt': { tags: ['attention'], on: decide },
      done: { type: 'final', entry: [forget] },
      skipped: { type: 'final', entry: [forget] },
    },
  });
}
