import { phaseOrder, procedureNames, type FilledProcedure } from './procedures.ts';
import type { Path } from './source.ts';

export type Block = Readonly<Record<string, unknown>>;

/** A step where it stands, of data that may still be wrong everywhere else. */
export interface OutlineStep {
  readonly procedure: FilledProcedure;
  readonly phase: string;
  readonly lane: string;
  readonly index: number;
  readonly path: Path;
  readonly id: string;
  readonly kind: string;
  readonly data: Block;
}

/** What the checks of meaning look at: the data as written, whether or not it fits the schema, so that all problems show at once. */
export interface Outline {
  readonly data: Block;
  /** Entries of a section by name; undefined where the section is not there or is no block. */
  section(name: string): ReadonlyMap<string, Block> | undefined;
  readonly steps: readonly OutlineStep[];
  stepsOf(procedure: FilledProcedure): readonly OutlineStep[];
}

export function outlineOf(data: unknown): Outline {
  const root = blockOf(data);
  const steps = procedureNames.flatMap((procedure) => stepsOfProcedure(root[procedure], procedure));
  return {
    data: root,
    section: (name) => {
      const section = root[name];
      if (!isBlock(section)) return undefined;
      return new Map(Object.entries(section).map(([key, value]) => [key, blockOf(value)]));
    },
    steps,
    stepsOf: (procedure) => steps.filter((step) => step.procedure === procedure),
  };
}

/** True where `first` has ended whenever `second` starts: an earlier phase, or earlier in the same lane. */
export function isBefore(first: OutlineStep, second: OutlineStep): boolean {
  if (first.procedure !== second.procedure) return false;
  const order = phaseOrder[first.procedure];
  const distance = order.indexOf(second.phase) - order.indexOf(first.phase);
  if (distance !== 0) return distance > 0;
  return first.lane === second.lane && first.index < second.index;
}

function stepsOfProcedure(procedureData: unknown, procedure: FilledProcedure): readonly OutlineStep[] {
  const phases = blockOf(procedureData);
  return phaseOrder[procedure].flatMap((phase) => {
    const content = phases[phase];
    const base = [procedure, phase];
    if (Array.isArray(content)) return stepsOfLane(content, { procedure, phase, lane: 'main', base });
    return Object.entries(blockOf(content)).flatMap(([lane, items]) =>
      Array.isArray(items) ? stepsOfLane(items, { procedure, phase, lane, base: [...base, lane] }) : [],
    );
  });
}

function stepsOfLane(
  items: readonly unknown[],
  where: { readonly procedure: FilledProcedure; readonly phase: string; readonly lane: string; readonly base: Path },
): readonly OutlineStep[] {
  const { base, ...place } = where;
  return items.flatMap((item, index) => {
    if (!isBlock(item)) return [];
    return [
      { ...place, index, path: [...base, index], id: textOf(item['id']), kind: textOf(item['kind']), data: item },
    ];
  });
}

/** '' where it is no text. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

export function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

export function isBlock(value: unknown): value is Block {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An empty block where it is none. */
export function blockOf(value: unknown): Block {
  return isBlock(value) ? value : {};
}
