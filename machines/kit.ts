import { assign, fromPromise, setup } from 'xstate';

/** Why an effect did not end well. `in-doubt`: it may have run, and nobody can tell. */
export interface EffectError {
  readonly kind: 'failed' | 'in-doubt';
}

/** Events that people cause. Those of XState itself (`xstate.…`) only the executor may speak. */
export type PersonEvent =
  | { readonly type: 'abort' }
  /** A real run takes the site from a drill: nobody says it, the driver sees it. */
  | { readonly type: 'preempt' }
  | {
      readonly type: `${string}.${
        | 'approve'
        | 'reject'
        | 'renew'
        | 'choose'
        | 'retry'
        | 'skip'
        | 'mark-done'
        | 'cancel'
        | 'stopped'
        | 'switch-back'
        | 'hold'
        | 'reopen'}`;
    };

export interface MachineContext {
  /** Attempts of steps that have not settled yet; forgotten when they do, which keeps the state space small. */
  readonly attempts: Readonly<Record<string, number>>;
}

/**
 * One setup for every machine: behaviour stands here by name, so a machine is pure JSON and can lie in the first event
 * of its run. Effects are declared for their types and never run by XState: the executor reads them as what is wanted.
 */
export const kit = setup({
  types: {
    context: {} as MachineContext,
    events: {} as PersonEvent,
    meta: {} as { readonly step?: string; readonly gate?: string; readonly work?: string },
    tags: {} as 'gate' | 'attention' | 'ending',
  },
  actors: {
    step: fromPromise<object, { step: string }>(never),
    evidence: fromPromise<object, { gate: string }>(never),
    /** Idempotent: afterwards nothing of this step (or, without one, of the run) still runs anywhere. */
    stop: fromPromise<object, { step?: string }>(never),
  },
  guards: {
    isInDoubt: ({ event }) => 'error' in event && (event.error as EffectError).kind === 'in-doubt',
    mayRetry: ({ context }, params: { step: string; retries: number }) =>
      (context.attempts[params.step] ?? 0) <= params.retries,
  },
  actions: {
    countAttempt: assign(({ context }, params: { step: string }) => ({
      attempts: { ...context.attempts, [params.step]: (context.attempts[params.step] ?? 0) + 1 },
    })),
    forgetAttempts: assign(({ context }, params: { step: string }) => {
      const { [params.step]: _, ...attempts } = context.attempts;
      return { attempts };
    }),
    forgetAll: assign({ attempts: {} }),
  },
});

export type Machine = ReturnType<typeof kit.createMachine>;

function never(): Promise<object> {
  return new Promise(() => undefined);
}
