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
 * Phase → its lanes in groups that cannot see each other: one order of the groups' events stands for all. Lanes are of
 * one group where one writes what the other writes or reads, or where one holds what the laws look at from everywhere
 * (who serves, where DNS points, a step that cannot be undone and waits for a gate).
 */
export function laneGroups(model: Model): ReadonlyMap<string, readonly (readonly string[])[]> {
  const pairs = pairsAcrossLanes(model).filter(([a, b]) => seeEachOther(a, b));
  return new Map(
    Object.entries(model.plan.phases).map(([phase, lanes]) => {
      let groups: readonly (readonly string[])[] = lanes.map(({ name }) => [name]);
      for (const [a, b] of pairs.filter(([one]) => one.step.phase === phase)) {
        const met = groups.filter((group) => group.includes(a.step.lane) || group.includes(b.step.lane));
        groups = [...groups.filter((group) => !met.includes(group)), met.flat()];
      }
      return [phase, groups];
    }),
  );
}

function seeEachOther(a: ModelStep, b: ModelStep): boolean {
  const everywhere = [a, b].some(
    (one) => one.service !== undefined || one.moves !== undefined || one.step.irreversible,
  );
  if (everywhere) return true;
  const touched = (one: ModelStep) => [...one.writes, ...one.reads.map(({ from }) => from)];
  const meets = a.writes.some((one) => touched(b).some((other) => overlaps(one, other)));
  const met = b.writes.some((one) => touched(a).some((other) => overlaps(one, other)));
  return meets || met || a.reads.some((one) => b.reads.some((other) => one.into === other.into));
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
