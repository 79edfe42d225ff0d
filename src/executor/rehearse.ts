import { isDrpError, toError } from '../base/errors.ts';
import type { PlannedStep } from '../plan/plan.ts';
import type { StepContext, StepKind } from '../steps/step-kind.ts';
import type { EffectResult } from './effect-result.ts';

/**
 * A step in a dry run: its precheck really reads, nothing is written, and every line says which it is. The output is
 * marked as invented, so that a later step cannot take it for a fact.
 */
export async function rehearse(kind: StepKind, step: PlannedStep, context: StepContext): Promise<EffectResult> {
  const lines = step.commands.map((command) => `would run: ${command}`);
  let refused = '';
  try {
    if (kind.precheck === undefined) lines.unshift('cannot be simulated: this kind of step has nothing to read first');
    else {
      await kind.precheck(step, step.spec as never, context);
      lines.unshift('ran read-only: its precheck holds');
    }
  } catch (thrown) {
    if (context.signal.aborted) throw thrown;
    refused = toError(thrown).message;
    lines.unshift(`ran read-only: would stop here: ${refused}${isDrpError(thrown) ? ` (${thrown.hint})` : ''}`);
  }
  lines.push(`would verify: ${step.verifies}`);
  return { kind: 'done', output: { invented: true, refused }, lines, obligations: [], settles: [] };
}
