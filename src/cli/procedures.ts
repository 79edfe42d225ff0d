import { Option } from 'commander';
import { isDrpError } from '../base/errors.ts';
import type { LoadedRunbook } from '../plan/load.ts';
import type { Plan } from '../plan/plan.ts';
import type { ProcedureName } from '../runbook/schema/runbook.ts';
import { resolveProcedure } from './wire.ts';

/** `--procedure` of the verbs that read a runbook. */
export function procedureOption(): Option {
  return new Option('--procedure <name>', 'one procedure only').choices(['activation', 'return', 'drill']);
}

/**
 * The plans of both procedures, or of the one asked for. A runbook may leave a procedure out; asked for by name that is
 * procedure-not-filled.
 */
export async function resolveProcedures(
  loaded: LoadedRunbook,
  asked: ProcedureName | undefined,
  options: Parameters<typeof resolveProcedure>[2] = {},
): Promise<readonly Plan[]> {
  const plans: Plan[] = [];
  for (const procedure of asked === undefined ? (['activation', 'return', 'drill'] as const) : [asked]) {
    try {
      plans.push(await resolveProcedure(loaded, procedure, options));
    } catch (error) {
      if (asked !== undefined || !isDrpError(error, 'procedure-not-filled')) throw error;
    }
  }
  return plans;
}
