import type { Outline } from '../outline.ts';
import { procedureNames, reservedIds } from '../procedures.ts';
import type { Finding } from '../schema-problems.ts';

/** Ids name states, remote jobs and commands: one meaning each in a procedure, and none that a skeleton uses itself. */
export function checkStepIds(outline: Outline): readonly Finding[] {
  return procedureNames.flatMap((procedure) => {
    const seen = new Map<string, string>();
    return outline.stepsOf(procedure).flatMap((step): readonly Finding[] => {
      if (step.id === '') return [];
      const path = [...step.path, 'id'];
      const before = seen.get(step.id);
      const place = `${step.phase}${step.lane === 'main' ? '' : `, lane ${step.lane}`}`;
      seen.set(step.id, before ?? place);
      if (reservedIds.has(step.id)) {
        return [{ path, at: 'value', message: `'${step.id}' is a state every ${procedure} has: expected another id` }];
      }
      if (before === undefined) return [];
      return [
        {
          path,
          at: 'value',
          message: `'${step.id}' is already the id of a step in ${before}: expected one of its own`,
        },
      ];
    });
  });
}
