import { DrpError } from '../base/errors.ts';
import type { Event } from '../events/event.ts';
import { stepsOf } from '../plan/phases.ts';
import type { Plan } from '../plan/plan.ts';

/**
 * A switch back of a return may be called off only while the recovery site is closed: once it was opened again users may
 * write there, and going forward without a new last pass would leave those writes behind. Pure. (An activation that goes
 * forward again fences production first, so nothing is written there meanwhile.) Throws hold-too-late.
 */
export function refuseLateHold(plan: Plan, events: readonly Event[]): void {
  if (plan.procedure !== 'return') return;
  const opening = stepsOf(plan).filter(
    ({ phase, spec }) =>
      phase === 'switch-back' && spec.kind === 'maintenance' && spec.side === 'recovery' && spec.state === 'off',
  );
  for (const { id } of opening) {
    if (mayBeOpen(events, id)) throw new DrpError('hold-too-late', { step: id });
  }
}

/** Whether the step was begun and did not end as failed: it opened, may have, or a person says it did. */
function mayBeOpen(events: readonly Event[], step: string): boolean {
  const last = events.findLast(
    (event) =>
      (event.type === 'effect.started' && event.data.source === 'step' && event.data.id === step) ||
      ((event.type === 'step.done' || event.type === 'step.failed') && event.data.step === step) ||
      (event.type === 'decision.made' && event.data.verb === 'mark-done' && event.data.subject === step),
  );
  return last !== undefined && !(last.type === 'step.failed' && last.data.kind === 'failed');
}
