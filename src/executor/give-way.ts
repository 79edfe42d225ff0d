import type { Draft, Event } from '../events/event.ts';
import { stepsOf } from '../plan/phases.ts';
import { moving } from './drafts.ts';
import type { Driving } from './driving.ts';

/** How often the recovery host is asked for a claim of a real run that this journal knows nothing of, ms. */
const hostLookMs = 15_000;
const hostAnswerMs = 10_000;
/** A drill looks this often whether a real run wants the site, ms. */
export const giveWayLookMs = 1_500;

/** Watches for a real run that takes the site from a drill. */
export interface GiveWay {
  /** Journals `run.preempted` once for each real run that is seen. Resolves with why the driver should leave, when it may. */
  look(): Promise<string | undefined>;
}

/** States in which what still runs is being stopped: left only once that has ended. */
const stopping = new Set(['giving-way', 'interrupting', 'aborting']);

/** Nothing to watch for in runs that are no drill. */
export function watchForRealRun(driving: Driving): GiveWay {
  if (driving.log.began.data.mode !== 'drill') return { look: () => Promise.resolve(undefined) };
  const host = watchHost(driving);
  let preemptedBy: string | undefined;
  return {
    look: async () => {
      const { log, deps } = driving;
      const real = (await deps.journal.claimant(log.plan.site, 'real')) ?? host.holder();
      if (real !== undefined && !preemptions(log.events).includes(real)) {
        const drafts = preemption(driving, real);
        if (drafts.length > 0) {
          await log.append(drafts);
          preemptedBy = real;
        }
      }
      if (preemptedBy === undefined || stopping.has(String(log.run.snapshot.value))) return undefined;
      return `real run ${preemptedBy} has taken the site; the clean-up of this drill is owed`;
    },
  };
}

/** What makes a clean-up owed to the site, under this id: settled when the clean-up has come to its end. */
function cleanUpObligation(run: string): string {
  return `${run}.cleanup`;
}

/** Duties to clean up that this drill has fulfilled: every clean-up step has come to its end. */
export function settledCleanUp(log: Driving['log']): readonly Draft[] {
  const { began, events, plan } = log;
  if (began.data.mode !== 'drill') return [];
  const id = cleanUpObligation(began.run);
  const opened = events.some((event) => event.type === 'obligation.opened' && event.data.id === id);
  const steps = stepsOf(plan).filter((step) => step.kind === 'clean-up');
  const done = steps.every((step) => events.some((event) => endedWell(event, step.id)));
  if (!opened || !done) return [];
  const { identity } = began.data.startedBy;
  const reason = 'the clean-up came to its end and looked afterwards';
  return [{ type: 'obligation.settled', by: 'drp', data: { id, person: 'drp', reason, identity } }];
}

function endedWell(event: Event, step: string): boolean {
  if (event.type === 'step.done') return event.data.step === step;
  return event.type === 'decision.made' && event.data.verb === 'mark-done' && event.data.subject === step;
}

function preemptions(events: readonly Event[]): readonly string[] {
  return events.flatMap((event) => (event.type === 'run.preempted' ? [event.data.by] : []));
}

function preemption({ log }: Driving, by: string): readonly Draft[] {
  const { run, events, began } = log;
  const reason = `real run ${by} takes site '${log.plan.site}'`;
  const draft = moving(run, { type: 'run.preempted', by: 'drp', data: { by, reason } });
  if (draft === undefined) return [];
  const made = events.some((event) => event.type === 'effect.started' && event.data.source === 'step');
  const id = cleanUpObligation(began.run);
  const owed = events.some((event) => event.type === 'obligation.opened' && event.data.id === id);
  if (!made || owed) return [draft];
  const text = `drill ${began.run} gave way to ${by}: what it made is still there; finish its clean-up with: drp resume --run ${began.run}`;
  return [draft, { type: 'obligation.opened', by: 'drp', data: { id, kind: 'cleanup', text } }];
}

/** Asks the host in the background: a slow answer must not hold up the loop. */
function watchHost({ log, reach, deps, options }: Driving): { holder(): string | undefined } {
  let holder: string | undefined;
  let nextMs = deps.clock.nowMs();
  return {
    holder: () => {
      const now = deps.clock.nowMs();
      if (now >= nextMs) {
        nextMs = now + hostLookMs;
        const signal = AbortSignal.any([options.signal, AbortSignal.timeout(hostAnswerMs)]);
        void reach.claims.read(log.plan.world.service.recovery.host, log.plan.site, signal).then(
          (found) => {
            holder = found?.run;
          },
          () => undefined, // Away for now: asked again.
        );
      }
      return holder;
    },
  };
}
