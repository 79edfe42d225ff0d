import type { Draft, Event } from '../events/event.ts';
import type { PlannedStep } from '../plan/plan.ts';
import type { EffectResult } from './effect-result.ts';

/**
 * What was done by hand, on paper, is brought into the record by a driver that launches no step: each waits in doubt until
 * a person attests it. A run that was once on paper stays so: nobody could tell its later drivers what already happened. Looks
 * through all events: whoever drives the run asks its fold (`Run.onPaper`).
 */
export function isOnPaper(events: readonly Event[]): boolean {
  return events.some((event) => event.type === 'driver.attached' && event.data.onPaper === true);
}

/** A step of a run on paper: nothing is started, a person says what was done. */
export function attestedLater(run: string, step: PlannedStep): EffectResult {
  return {
    kind: 'in-doubt',
    code: 'in-doubt',
    reason: 'this run is brought in from paper: nothing is started, whoever did it attests it',
    hint: `drp attest ${step.id} --run ${run} --done-at TIME --evidence TEXT --by PERSON`,
  };
}

/** What may be said of a run on paper: a step that is never started is not tried again, either. Pure. */
export function answersOnPaper(
  answers: ReadonlyMap<string, readonly string[]>,
): ReadonlyMap<string, readonly string[]> {
  return new Map([...answers].map(([subject, verbs]) => [subject, verbs.filter((verb) => verb !== 'retry')] as const));
}

/** Phases whose effect lasts to the end: what they did must be seen in the world, whenever it is attested. */
const lasting: ReadonlySet<string> = new Set(['switchover', 'confirmation']);

/** Later steps may have undone what this one did (a site closed, then opened): then what is found is noted, and refuses nothing. */
export function mustStillHold(step: PlannedStep): boolean {
  return lasting.has(step.phase);
}

/**
 * Fencing that was attested and is not to be seen is owed by the site, as it is where no way of drp's own held: the other side
 * may still take writes. `seq`: of the event that takes the attestation. Pure.
 */
export function owedOnPaper(
  step: PlannedStep | undefined,
  about: { readonly run: string; readonly seq: number; readonly against: string | undefined },
): readonly Draft[] {
  const { run, seq, against } = about;
  if (against === undefined || step?.spec.kind !== 'fence' || step.spec.do !== 'fence') return [];
  const text = `${step.spec.side} was fenced by hand, and that is not to be seen: split writes possible (${against})`;
  const id = `${run}.${String(seq)}.${step.id}`;
  return [{ type: 'obligation.opened', by: 'drp', data: { id, kind: 'fencing', text, step: step.id } }];
}
