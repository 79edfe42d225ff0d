import { isDrpError, toError } from '../base/errors.ts';
import type { PlannedStep } from '../plan/plan.ts';
import type { StepContext, StepKind } from '../steps/step-kind.ts';
import type { EffectResult } from './effect-result.ts';

/**
 * A step in a dry run: its precheck really reads, nothing is written, and every line says which it is. The output is
 * marked as invented, so that a later step cannot take it for a fact.
 */
export async function rehearse(kind: StepKind, step: PlannedStep, context: StepContext): Promise<EffectResult> {
  let refused = '';
  let first = 'cannot be simulated: this kind of step has nothing to read first';
  try {
    if (kind.precheck !== undefined) {
      await kind.precheck(step, step.spec as never, context);
      first = 'ran read-only: its precheck holds';
    }
  } catch (thrown) {
    if (context.signal.aborted) throw thrown;
    if (isDrpError(thrown, 'output-invented')) first = `cannot be simulated: ${thrown.message}`;
    else {
      refused = toError(thrown).message;
      first = `ran read-only: would stop here: ${refused}${isDrpError(thrown) ? ` (${thrown.hint})` : ''}`;
    }
  }
  const lines = [
    first,
    ...step.commands.map((command) => `would run: ${command}`),
    `would run, to verify: ${step.verifies}`,
  ];
  return { kind: 'done', output: { invented: true, refused }, lines, obligations: [], settles: [] };
}
