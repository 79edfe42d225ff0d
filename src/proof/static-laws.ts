import type { Model, ModelStep } from './model.ts';
import { overlaps, resourceText } from './resource.ts';

/** Lanes of one phase that write one resource. Empty: none. */
export function sharedWrites(model: Model): readonly (readonly string[])[] {
  return pairsAcrossLanes(model).flatMap(([a, b]) => {
    const shared = a.writes.flatMap((one) => b.writes.filter((other) => overlaps(one, other)).map(() => one));
    const [hit] = shared;
    if (hit === undefined) return [];
    return [
      [
        `lanes ${a.step.lane} and ${b.step.lane} of phase ${a.step.phase} run beside each other`,
        `${a.id} and ${b.id} both write ${resourceText(hit)}`,
      ],
    ];
  });
}

/** What is begun and never put into use: a tree only staged, a database only imported. DNS would lead to the old one. */
export function unfinishedRestorations(model: Model): readonly (readonly string[])[] {
  const steps = [...model.steps.values()].filter((step) => !step.aside);
  return steps.flatMap((one) => {
    const { spec } = one.step;
    if (spec.kind === 'copy' && !spec.switch) {
      const finished = steps.some(
        ({ step }) =>
          step.spec.kind === 'copy' &&
          step.spec.switch &&
          step.spec.to.host === spec.to.host &&
          step.spec.to.path === spec.to.path,
      );
      return finished
        ? []
        : [[`${one.id} fills a tree beside ${spec.to.host}:${spec.to.path}`, 'no step ever switches it in']];
    }
    if (spec.kind === 'database' && spec.do === 'import') {
      const finished = steps.some(
        ({ step }) => step.spec.kind === 'database' && step.spec.do === 'switch' && step.spec.import === one.id,
      );
      return finished ? [] : [[`${one.id} imports into a database beside the live one`, 'no step ever switches it in']];
    }
    return [];
  });
}

/**
 * Phases whose lanes cannot see each other: one order of their events stands for all. So lanes that write or read
 * nothing of each other's, and hold nothing that the laws of other lanes look at (who serves, where DNS points, a gate
 * that a step which cannot be undone waits for).
 */
export function independentPhases(model: Model): ReadonlySet<string> {
  const dependent = new Set<string>();
  for (const step of model.steps.values()) {
    if (step.service !== undefined || step.moves !== undefined) dependent.add(step.step.phase);
  }
  for (const [a, b] of pairsAcrossLanes(model)) {
    const touched = (one: ModelStep) => [...one.writes, ...one.reads.map(({ from }) => from)];
    const meets = a.writes.some((one) => touched(b).some((other) => overlaps(one, other)));
    const met = b.writes.some((one) => touched(a).some((other) => overlaps(one, other)));
    const waitsForGate = [a, b].some((one) => one.step.irreversible);
    const sameWay = a.reads.some((one) => b.reads.some((other) => one.into === other.into));
    if (meets || met || waitsForGate || sameWay) dependent.add(a.step.phase);
  }
  return new Set(Object.keys(model.plan.phases).filter((phase) => !dependent.has(phase)));
}

function pairsAcrossLanes(model: Model): readonly (readonly [ModelStep, ModelStep])[] {
  const steps = [...model.steps.values()];
  return steps.flatMap((a, at) =>
    steps
      .slice(at + 1)
      .filter((b) => b.step.phase === a.step.phase && b.step.lane !== a.step.lane)
      .map((b): readonly [ModelStep, ModelStep] => [a, b]),
  );
}
