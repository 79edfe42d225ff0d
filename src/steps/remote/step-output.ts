import { DrpError } from '../../base/errors.ts';
import type { Json } from '../../events/event.ts';
import type { StepContext } from '../step-kind.ts';

/** Output of an ended step as a record; undefined where it has not ended, was skipped, or was only rehearsed. */
export function outputOf(
  context: Pick<StepContext, 'facts'>,
  step: string,
): Readonly<Record<string, Json>> | undefined {
  const output = context.facts.outputs[step];
  if (typeof output !== 'object' || output === null || Array.isArray(output)) return undefined;
  const record = output as Readonly<Record<string, Json>>;
  return record['invented'] === true ? undefined : record;
}

/** Output of a step this one builds on. Throws step-failed where it is not there, output-invented where it was only rehearsed. */
export function requireOutput(
  context: Pick<StepContext, 'facts'>,
  step: string,
  needs: string,
): Readonly<Record<string, Json>> {
  const output = outputOf(context, needs);
  if (output !== undefined) return output;
  if (isInvented(context.facts.outputs[needs])) throw new DrpError('output-invented', { step, needs });
  throw new DrpError('step-failed', { step, reason: `step '${needs}', which it builds on, has left no result` });
}

/** Left by a dry run in place of a result. */
function isInvented(output: Json | undefined): boolean {
  return typeof output === 'object' && output !== null && 'invented' in output;
}

export const textOf = (output: Readonly<Record<string, Json>>, key: string): string => {
  const value = output[key];
  return typeof value === 'string' ? value : '';
};

export const numberOf = (output: Readonly<Record<string, Json>>, key: string): number => {
  const value = output[key];
  return typeof value === 'number' ? value : 0;
};
