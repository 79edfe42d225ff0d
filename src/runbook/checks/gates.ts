import { textOf, textsOf, type Outline, type OutlineStep } from '../outline.ts';
import { drillGates, procedureNames, skeletonGates, type FilledProcedure } from '../procedures.ts';
import type { Finding } from '../schema-problems.ts';
import { nearest, suggestion } from '../spelling.ts';

/** Every gate of both procedures has a policy, every policy a gate, and every gate in a lane shows steps of its procedure. */
export function checkGates(outline: Outline): readonly Finding[] {
  const policies = outline.section('gates');
  const steps = outline.steps.filter((step) => step.kind === 'gate');
  return [
    ...(policies === undefined ? [] : missingPolicies(policies, steps)),
    ...(policies === undefined ? [] : unreachedPolicies(policies, steps)),
    ...steps.flatMap((gate) => wrongCovers(outline, gate)),
    ...procedureNames.flatMap((procedure) => emptySkeletonGates(outline, procedure)),
    ...gatesWithoutWork(outline, steps),
  ];
}

function missingPolicies(policies: ReadonlyMap<string, unknown>, gates: readonly OutlineStep[]): readonly Finding[] {
  const needed = new Map<string, FilledProcedure[]>();
  for (const procedure of procedureNames) {
    for (const { id } of skeletonGates[procedure]) needed.set(id, [...(needed.get(id) ?? []), procedure]);
  }
  const unknown = unreachedPolicies(policies, gates).map(({ path }) => String(path.at(-1)));
  const ofSkeleton = [...needed]
    // Where one is misspelt, that is said there.
    .filter(([id]) => !policies.has(id) && nearest(id, unknown) === undefined)
    .map(([id, procedures]): Finding => {
      const message = `missing gate '${id}': expected who may pass it (${procedures.join(' and ')} have it)`;
      return {
        path: ['gates'],
        at: 'key',
        message: procedures.length === 1 ? message.replace('have it', 'has it') : message,
      };
    });
  const ofLanes = gates
    .filter((gate) => gate.id !== '' && !policies.has(gate.id) && !needed.has(gate.id))
    .map((gate): Finding => {
      const hint = suggestion(gate.id, [...policies.keys()]);
      const message = `gate '${gate.id}' has no entry under 'gates': expected who may pass it${hint.startsWith('did') ? `; ${hint}` : ''}`;
      return { path: [...gate.path, 'id'], at: 'value', message };
    });
  return [...ofSkeleton, ...ofLanes];
}

function unreachedPolicies(policies: ReadonlyMap<string, unknown>, gates: readonly OutlineStep[]): readonly Finding[] {
  const reached = [
    ...[...Object.values(skeletonGates), drillGates].flatMap((list) => list.map(({ id }) => id)),
    ...gates.map(({ id }) => id),
  ];
  const homeless = gates.map(({ id }) => id).filter((id) => id !== '' && !policies.has(id));
  return [...policies.keys()]
    .filter((id) => !reached.includes(id) && nearest(id, homeless) === undefined)
    .map((id) => {
      const near = suggestion(id, reached);
      const hint = near.startsWith('did') ? `: ${near}` : '';
      return { path: ['gates', id], at: 'key', message: `no procedure ever reaches gate '${id}'${hint}` };
    });
}

function wrongCovers(outline: Outline, gate: OutlineStep): readonly Finding[] {
  const steps = outline.stepsOf(gate.procedure);
  const coverable = steps.filter((step) => step.kind !== 'gate').map((step) => step.id);
  return textsOf(gate.data['covers']).flatMap((id, index) => {
    if (coverable.includes(id)) return [];
    const path = [...gate.path, 'covers', index];
    const isGate = steps.some((step) => step.kind === 'gate' && step.id === id);
    const what = isGate ? `'${id}' is a gate` : `no step '${id}' in ${gate.procedure}`;
    return [
      {
        path,
        at: 'value' as const,
        message: `${what}: expected a step whose evidence is shown here (${suggestion(id, coverable)})`,
      },
    ];
  });
}

/** A skeleton gate that would show nothing: the phases it speaks about are there and empty. */
function emptySkeletonGates(outline: Outline, procedure: FilledProcedure): readonly Finding[] {
  const phases = outline.data[procedure];
  if (typeof phases !== 'object' || phases === null) return [];
  const reported = new Set<string>();
  return skeletonGates[procedure].flatMap((gate): readonly Finding[] => {
    const [phase] = gate.covers.filter((name) => Object.hasOwn(phases, name));
    const covered = outline.stepsOf(procedure).some((step) => gate.covers.includes(step.phase));
    if (gate.covers.length === 0 || covered || phase === undefined || reported.has(phase)) return [];
    reported.add(phase);
    return [
      {
        path: [procedure, phase],
        at: 'key',
        message: `gate '${gate.id}' covers nothing: phase '${phase}' has no step`,
      },
    ];
  });
}

/** A lane made of nothing but gates: what they approve never happens there. */
function gatesWithoutWork(outline: Outline, gates: readonly OutlineStep[]): readonly Finding[] {
  return gates.flatMap((gate): readonly Finding[] => {
    const phase = outline.stepsOf(gate.procedure).filter((step) => step.phase === gate.phase);
    const idle = phase.every((step) => step.kind === 'gate');
    if (!idle || phase[0] !== gate) return [];
    return [
      {
        path: gate.path,
        at: 'value',
        message: `gate '${textOf(gate.id)}' guards nothing: phase '${gate.phase}' has no other step`,
      },
    ];
  });
}
