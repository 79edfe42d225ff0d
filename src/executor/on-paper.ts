import type { Event } from '../events/event.ts';
import type { PlannedStep } from '../plan/plan.ts';
import type { EffectResult } from './effect-result.ts';

/**
 * What was done by hand, on paper, is brought into the record by a driver that launches no step: each waits in doubt until
 * a person attests it. A run that was once on paper stays so: nobody could tell its later drivers what already happened.
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

/** Phases whose effect lasts to the end: what they did must be seen in the world, whenever it is attested. */
const lasting: ReadonlySet<string> = new Set(['switchover', 'confirmation']);

/** Later steps may have undone what this one did (a site closed, then opened): then what is found is noted, and refuses nothing. */
export function mustStillHold(step: PlannedStep): boolean {
  return lasting.has(step.phase);
}
