import { readFileSync } from 'node:fs';
import type { Plan } from '../../src/plan/plan.ts';
import { resolvePlan } from '../../src/plan/resolve.ts';
import { parseRunbook } from '../../src/runbook/parse.ts';
import type { Runbook } from '../../src/runbook/schema/runbook.ts';
import { stepSpec, type StepSpec } from '../../src/runbook/schema/steps.ts';
import { loadStepKinds } from '../../src/steps/index.ts';

const kinds = await loadStepKinds();

/** A phase as lanes, free to be changed. */
export type Lanes = Record<string, StepSpec[]>;
export type Procedure = Record<string, Lanes>;

/** The plan of a runbook, with what the real kinds of steps say of their steps. */
export function planOf(runbook: Runbook, procedure: Plan['procedure']): Plan {
  return resolvePlan(
    runbook,
    { file: 'test.yaml', text: JSON.stringify(runbook) },
    { procedure, describe: (spec, world) => kinds.get(spec.kind)!.describe(spec as never, world) },
  );
}

export function readRunbook(name: string): Runbook {
  const text = readFileSync(new URL(`../../runbooks/${name}.yaml`, import.meta.url), 'utf8');
  const { runbook, problems } = parseRunbook(text, { file: `${name}.yaml` });
  if (runbook === undefined) throw new Error(problems.map(({ message }) => message).join('\n'));
  return runbook;
}

const gravelines = readRunbook('gravelines');

/**
 * The shipped runbook with one procedure changed in place; every phase is lanes (`main` where it was a list). `planned`: the
 * procedure whose plan is given, where it is the drill of what was changed.
 */
export function changed(
  procedure: 'activation' | 'return',
  change: (phases: Procedure, runbook: Runbook) => void,
  planned: Plan['procedure'] = procedure,
): Plan {
  const runbook = structuredClone(gravelines);
  const phases: Procedure = Object.fromEntries(
    Object.entries(runbook[procedure]).map(([phase, content]) => [
      phase,
      Array.isArray(content) ? { main: content } : (content as Lanes),
    ]),
  );
  change(phases, runbook);
  for (const lanes of Object.values(phases))
    for (const steps of Object.values(lanes)) for (const step of steps) addGate(runbook, step);
  return planOf({ ...runbook, [procedure]: phases }, planned);
}

/** A step as the runbook would have it. */
export function step(spec: object): StepSpec {
  return stepSpec.parse(spec);
}

/** Takes a step out of wherever it stands. */
export function take(phases: Procedure, id: string): StepSpec {
  for (const lanes of Object.values(phases)) {
    for (const [lane, steps] of Object.entries(lanes)) {
      const found = steps.find((one) => one.id === id);
      if (found === undefined) continue;
      lanes[lane] = steps.filter((one) => one !== found);
      return found;
    }
  }
  throw new Error(`no step ${id}`);
}

/** Changes keys of a step where it stands. */
export function alter(phases: Procedure, id: string, keys: object): void {
  for (const lanes of Object.values(phases)) {
    for (const [lane, steps] of Object.entries(lanes)) {
      lanes[lane] = steps.map((one) => (one.id === id ? ({ ...one, ...keys } as StepSpec) : one));
    }
  }
}

function addGate(runbook: Runbook, spec: StepSpec): void {
  const gates = runbook.gates as Record<string, Runbook['gates'][string]>;
  if (spec.kind === 'gate') gates[spec.id] ??= gates['import']!;
}
