import type { DrpError } from '../../src/base/errors.ts';
import type { StepOutcome } from '../../src/steps/step-kind.ts';

/** Of a step that must be done; throws what stood in its way. */
export function done(outcome: StepOutcome): Extract<StepOutcome, { kind: 'done' }> {
  if (outcome.kind !== 'done') throw outcome.kind === 'failed' ? outcome.error : new Error(outcome.reason);
  return outcome;
}

/** Why a step failed that must fail. */
export function failure(outcome: StepOutcome): DrpError {
  if (outcome.kind !== 'failed') throw new Error(`it is ${outcome.kind}`);
  return outcome.error;
}
