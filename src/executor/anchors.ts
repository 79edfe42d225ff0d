import { toError } from '../base/errors.ts';
import type { Draft, Event } from '../events/event.ts';
import { anchorText } from '../journal/export.ts';
import type { Head } from '../journal/journal.ts';
import type { Plan } from '../plan/plan.ts';
import type { ExecutorDeps } from './deps.ts';

/** Hands heads of the record to the runbook's anchor commands, beside the run and never in its way. */
export interface AnchorKeeper {
  /** Called with every event; those a later reader would ask about are worth an anchor. */
  heard(event: Event): void;
  /** Gives what still waits a last chance until the signal aborts, then ends. Never rejects. */
  close(signal: AbortSignal): Promise<void>;
}

/** One try of an anchor command, ms. */
const tryMs = 20_000;
/** Between two tries of a command that failed, ms: doubled each time up to the second. */
const againMs = [2_000, 60_000] as const;

const worthAnchoring: ReadonlySet<string> = new Set<Event['type']>([
  'run.began',
  'run.adopted',
  'gate.opened',
  'gate.decided',
  'decision.made',
  'run.aborting',
  'step.done',
  'run.ended',
]);

/**
 * One queue a command: it holds the latest head alone, since that vouches for all before it. A command that fails is tried
 * again with the head of that time. `record` journals what was kept.
 */
export function createAnchorKeeper(
  deps: Pick<ExecutorDeps, 'anchor' | 'clock'>,
  run: { readonly id: string; readonly plan: Plan; readonly record: (draft: Draft) => Promise<void> },
): AnchorKeeper {
  const anchors = deps.anchor === undefined ? [] : (run.plan.world.anchors ?? []);
  const ending = new AbortController();
  const queues = anchors.map(({ name, command }) =>
    anchorQueue({
      clock: deps.clock,
      ending: ending.signal,
      keep: async (head) => {
        await deps.anchor?.(
          command,
          anchorText(run.id, head, 64),
          AbortSignal.any([ending.signal, AbortSignal.timeout(tryMs)]),
        );
        const where = name ?? command[0] ?? '';
        await run.record({ type: 'anchor.kept', by: 'drp', data: { where, seq: head.seq } });
      },
    }),
  );
  return {
    heard: (event) => {
      if (!worthAnchoring.has(event.type)) return;
      for (const queue of queues) queue.put({ seq: event.seq, hash: event.hash });
    },
    close: async (signal) => {
      const done = Promise.all(queues.map((queue) => queue.drained()));
      await Promise.race([
        done,
        new Promise<void>((resolve) => {
          if (signal.aborted) resolve();
          signal.addEventListener('abort', () => resolve(), { once: true });
        }),
      ]);
      ending.abort(new Error('the driver has left'));
    },
  };
}

interface AnchorQueue {
  put(head: Head): void;
  /** Resolves once nothing waits; stays pending while tries fail. */
  drained(): Promise<void>;
}

function anchorQueue(work: {
  readonly clock: ExecutorDeps['clock'];
  readonly ending: AbortSignal;
  readonly keep: (head: Head) => Promise<void>;
}): AnchorQueue {
  let waiting: Head | undefined;
  let busy: Promise<void> | undefined;
  const empty = async (): Promise<void> => {
    let [pauseMs] = againMs as readonly number[];
    while (waiting !== undefined && !work.ending.aborted) {
      const head: Head = waiting;
      waiting = undefined;
      try {
        await work.keep(head);
        pauseMs = againMs[0];
      } catch {
        // Best effort: what could not be anchored is counted on screen, and tried again.
        waiting ??= head;
        await work.clock.sleep(pauseMs ?? againMs[0], work.ending).catch(toError);
        pauseMs = Math.min(againMs[1], 2 * (pauseMs ?? againMs[0]));
      }
    }
    busy = undefined;
  };
  return {
    put: (head) => {
      waiting = head;
      busy ??= empty();
    },
    drained: () => busy ?? Promise.resolve(),
  };
}
