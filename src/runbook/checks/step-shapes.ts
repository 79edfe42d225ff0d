import { textOf, type Block, type Outline, type OutlineStep } from '../outline.ts';
import type { Finding } from '../schema-problems.ts';

/** Keys of a step that make sense only together, or only apart. */
export function checkStepShapes(outline: Outline): readonly Finding[] {
  return outline.steps.flatMap((step) =>
    (rules.get(step.kind)?.(step.data) ?? []).map((message): Finding => ({ path: step.path, at: 'value', message })),
  );
}

/** A map: a kind called `constructor` is an unknown kind, and not what every object has. */
const rules: ReadonlyMap<string, (data: Block) => readonly string[]> = new Map(
  Object.entries<(data: Block) => readonly string[]>({
    command: (data) => {
      const both = has(data, 'run') && has(data, 'shell');
      const neither = !has(data, 'run') && !has(data, 'shell');
      return [
        ...(both ? ["expected either 'run' or 'shell', found both"] : []),
        ...(neither ? ["expected 'run' (program and arguments) or 'shell' (sh text), found neither"] : []),
      ];
    },
    maintenance: (data) => {
      if (has(data, 'flag') || (has(data, 'on') && has(data, 'off'))) return [];
      return ["expected 'flag', or both 'on' and 'off'"];
    },
    dns: (data) => {
      const what = textOf(data['do']);
      return [
        ...(what === 'switch' && !has(data, 'to') ? ["expected 'to': production or recovery"] : []),
        ...(what === 'lower-ttl' && !has(data, 'ttl') ? ["expected 'ttl', e.g. 60s"] : []),
      ];
    },
    http: (data) => {
      const blind = data['against'] === 'dns' && !has(data, 'expectSide');
      return blind ? ["expected 'expectSide' with 'against: dns': which side must be the one answering"] : [];
    },
    salvage: (data) => {
      return has(data, 'database') || has(data, 'files')
        ? []
        : ["expected 'database', 'files' or both: what is to be set aside"];
    },
  }),
);

function has(data: OutlineStep['data'], key: string): boolean {
  return data[key] !== undefined && data[key] !== null;
}
