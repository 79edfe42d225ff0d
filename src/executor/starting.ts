import type { Draft } from '../events/event.ts';
import { stepOf, type Driving } from './driving.ts';
import type { Run, Wanted } from './fold.ts';

/** What says, on disk, that an effect is about to be let loose. */
export function startedDraft({ log }: Pick<Driving, 'log'>, effect: Wanted, run: Run = log.run): Draft {
  const step = effect.source === 'step' ? stepOf(log, effect.id) : undefined;
  return {
    type: 'effect.started',
    by: 'drp',
    data: {
      key: effect.key,
      id: effect.id,
      source: effect.source,
      attempt: (run.tries.get(effect.id) ?? 0) + 1,
      // On paper nothing is run: the record must not say that it was.
      commands: run.onPaper ? [] : (step?.commands ?? []),
    },
  };
}

/**
 * The start of the next step, where the end of one already decides it: it then shares the commit of that end. `next` is the run
 * behind that end. Nothing where anything else is decided there (a gate that gathers evidence, lanes that part, work to
 * stop), where the run is over, or where this driver is leaving.
 */
export function decidedStart(driving: Pick<Driving, 'log' | 'live' | 'options'>, next: Run): readonly Draft[] {
  if (next.snapshot.status !== 'active' || driving.options.signal.aborted) return [];
  const fresh = [...next.wanted.values()].filter(({ key, started }) => !started && !driving.live.has(key));
  const [effect, other] = fresh;
  if (effect === undefined || other !== undefined || effect.source !== 'step') return [];
  return [startedDraft(driving, effect, next)];
}
