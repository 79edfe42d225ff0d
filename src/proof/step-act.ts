import { stepsOf } from '../plan/phases.ts';
import type { Plan, PlannedStep } from '../plan/plan.ts';
import { absolute, overlaps, resourceParts, within, type ResourceParts } from './resource.ts';

export type Side = 'production' | 'recovery';

/** What a step does to a side's service. */
export type ServiceChange =
  /** `sure`: once done the side is closed for certain. */
  | { readonly kind: 'close'; readonly side: Side; readonly sure: boolean }
  | { readonly kind: 'open'; readonly side: Side }
  | { readonly kind: 'fence'; readonly side: Side; readonly bars: readonly string[] }
  /** `whole`: takes back every way the plan's fences use, not only the databases. */
  | { readonly kind: 'lift'; readonly side: Side; readonly bars: readonly string[]; readonly whole: boolean };

/** Users' data a step takes away to where it is kept or used. */
export interface DataRead {
  readonly from: ResourceParts;
  /** What makes two passes the same: where the data goes. */
  readonly into: string;
  /** It puts the data into use; a first pass does not. */
  readonly final: boolean;
}

/** What a step means for the laws. */
export interface StepAct {
  /** Everything it writes, staging and dumps among it: what two lanes may not share. */
  readonly writes: readonly ResourceParts[];
  /** Of these, what users are served from. */
  readonly writesLive: readonly ResourceParts[];
  readonly reads: readonly DataRead[];
  readonly service?: ServiceChange;
  /** DNS records it points at a side. */
  readonly moves?: { readonly records: readonly string[]; readonly to: Side };
}

interface Setting {
  readonly plan: Plan;
  readonly records: readonly string[];
  /** Side that a DNS change by hand is taken to point at. */
  readonly toward: Side;
}

/** What a step does, from its specification; `command` and `manual` are taken at the word of what they declare. */
export function actOf(step: PlannedStep, setting: Setting): StepAct {
  const { world } = setting.plan;
  const declared = step.writes.map((resource) => resourceParts(resource, world));
  const act = specificAct(step, setting);
  const writes = [...declared, ...act.writesLive].filter(
    (part, at, all) => all.findIndex((other) => JSON.stringify(other) === JSON.stringify(part)) === at,
  );
  return { ...act, writes };
}

function specificAct(step: PlannedStep, setting: Setting): Omit<StepAct, 'writes'> {
  const { spec } = step;
  const { world } = setting.plan;
  switch (spec.kind) {
    case 'copy': {
      const target: ResourceParts = {
        kind: 'files',
        host: spec.to.host,
        name: absolute(world, spec.to.host, spec.to.path),
      };
      const from = 'host' in spec.from ? spec.from : undefined;
      const reads: DataRead[] =
        from === undefined
          ? []
          : [
              {
                from: { kind: 'files', host: from.host, name: absolute(world, from.host, from.path) },
                into: `${target.host}:${target.name}`,
                final: spec.switch,
              },
            ];
      return { writesLive: spec.switch ? [target] : [], reads };
    }
    case 'database': {
      const database = world.databases[spec.database];
      if (database === undefined) return { writesLive: [], reads: [] };
      const live: ResourceParts = { kind: 'database', host: database.host, name: database.name };
      if (spec.do === 'switch') return { writesLive: [live], reads: [] };
      const used = spec.do === 'dump' && isSwitchedIn(setting.plan, spec.id);
      return { writesLive: [], reads: used ? [{ from: live, into: `dump ${spec.id}`, final: true }] : [] };
    }
    case 'salvage':
      return { writesLive: [], reads: salvaged(spec, setting.plan) };
    case 'maintenance':
      return {
        writesLive: [],
        reads: [],
        service:
          spec.state === 'on'
            ? { kind: 'close', side: spec.side, sure: spec.ifUnreachable === 'refuse' }
            : { kind: 'open', side: spec.side },
      };
    case 'fence':
      return { writesLive: [], reads: [], service: fenceChange(spec, setting.plan) };
    case 'dns': {
      if (spec.do !== 'switch') return { writesLive: [], reads: [] };
      const records = spec.records
        .map((record) => `${spec.zone}/${record}`)
        .filter((one) => setting.records.includes(one));
      return { writesLive: [], reads: [], moves: { records, to: spec.to ?? setting.toward } };
    }
    case 'command':
    case 'manual':
      return declaredAct(step, setting);
    case 'http':
    case 'ticket':
    case 'gate':
    case 'simulate':
    case 'isolate':
    case 'clean-up':
      return { writesLive: [], reads: [] };
  }
}

/** A command or a person: what the runbook declares. Data read in one place and written in another is a copy. */
function declaredAct(step: PlannedStep, { plan, records, toward }: Setting): Omit<StepAct, 'writes'> {
  const { world } = plan;
  const host = step.spec.kind === 'command' ? step.spec.host : '';
  const writes = step.writes.map((resource) => resourceParts(resource, world));
  const onHost = (part: ResourceParts): ResourceParts => (part.kind === 'other' ? { ...part, host } : part);
  const writesLive = writes
    .map(onHost)
    .filter((part) => part.kind !== 'dns' && part.kind !== 'service' && !isBeside(part, plan));
  const into = writes.filter((part) => part.kind === 'files' || part.kind === 'database');
  const reads = step.reads
    .map((resource) => resourceParts(resource, world))
    .filter((part) => part.kind === 'files' || part.kind === 'database')
    .flatMap((from) =>
      into
        .filter((to) => to.host !== from.host)
        .map((to) => ({ from, into: `${to.host}:${to.name}`, final: !isBeside(to, plan) })),
    );
  const named = writes.filter((part) => part.kind === 'dns').map((part) => part.name);
  const moved = records.filter((record) => {
    const [zone = '', name = ''] = record.split('/');
    return named.includes(world.dns[zone]?.records[name]?.name ?? '');
  });
  const side = writes.find((part) => part.kind === 'service')?.name;
  const service = side === 'production' || side === 'recovery' ? declaredChange(step.phase, side, toward) : undefined;
  return {
    writesLive,
    reads,
    ...(service === undefined ? {} : { service }),
    ...(named.length === 0 ? {} : { moves: { records: moved, to: toward } }),
  };
}

/** A side that is opened or closed by hand: before the switchover it is closed; later the side users go to is opened. */
function declaredChange(phase: string, side: Side, toward: Side): ServiceChange {
  const opens = ['switchover', 'confirmation', 'switch-back', 'reopen'].includes(phase) && side === toward;
  return opens ? { kind: 'open', side } : { kind: 'close', side, sure: true };
}

/**
 * Not what users are served from: drp's own files, staging trees, fresh databases, quarantine, and what every copy of
 * the tree leaves out because it is the host's own.
 */
function isBeside(part: ResourceParts, plan: Plan): boolean {
  if (part.kind === 'database') return part.name.includes('_drp_') || part.name.includes('_before_');
  if (part.kind !== 'files') return false;
  if (part.name.split('/').some((name) => name === '.drp' || /^\..+\.drp-/.test(name))) return true;
  const specs = stepsOf(plan).map(({ spec }) => spec);
  const inQuarantine = specs.some(
    (spec) =>
      spec.kind === 'salvage' &&
      spec.host === part.host &&
      within(part.name, absolute(plan.world, part.host, spec.quarantine)),
  );
  if (inQuarantine) return true;
  const over = specs.flatMap((spec) => {
    if (spec.kind !== 'copy') return [];
    const trees = [spec.to, ...('host' in spec.from ? [spec.from] : [])].filter(({ host }) => host === part.host);
    return trees.map(({ host, path }) => ({ tree: absolute(plan.world, host, path), exclude: spec.exclude }));
  });
  const covering = over.filter(({ tree }) => overlaps(part, { ...part, name: tree }));
  return (
    covering.length > 0 &&
    covering.every(({ tree, exclude }) =>
      exclude.some((pattern) => within(part.name, `${tree}/${pattern.replace(/^\/|\/$/g, '')}`)),
    )
  );
}

/** What this dump holds is imported and switched in somewhere in the plan. */
function isSwitchedIn(plan: Plan, dump: string): boolean {
  const specs = stepsOf(plan).map(({ spec }) => spec);
  const databases = specs.filter((spec) => spec.kind === 'database');
  const fetches = databases
    .filter((spec) => spec.do === 'fetch' && 'dump' in spec.from && spec.from.dump === dump)
    .map(({ id }) => id);
  const imports = databases.filter((spec) => spec.do === 'import' && fetches.includes(spec.fetch)).map(({ id }) => id);
  return databases.some((spec) => spec.do === 'switch' && imports.includes(spec.import));
}

function salvaged(spec: Extract<PlannedStep['spec'], { kind: 'salvage' }>, plan: Plan): readonly DataRead[] {
  const into = `${spec.host}:${absolute(plan.world, spec.host, spec.quarantine)}`;
  const database = spec.database === undefined ? undefined : plan.world.databases[spec.database];
  const parts: ResourceParts[] = [
    ...(spec.files === undefined
      ? []
      : [{ kind: 'files' as const, host: spec.host, name: absolute(plan.world, spec.host, spec.files) }]),
    ...(database === undefined ? [] : [{ kind: 'database' as const, host: database.host, name: database.name }]),
  ];
  return parts.map((from) => ({ from, into, final: true }));
}

function fenceChange(spec: Extract<PlannedStep['spec'], { kind: 'fence' }>, plan: Plan): ServiceChange {
  const bars = spec.ways.flatMap((way) => (way.way === 'database' ? [way.database] : []));
  if (spec.do === 'fence') return { kind: 'fence', side: spec.side, bars };
  const fences = stepsOf(plan)
    .map((step) => step.spec)
    .filter((other) => other.kind === 'fence' && other.do === 'fence' && other.side === spec.side);
  const needed = fences.flatMap((other) => (other.kind === 'fence' ? other.ways.map(({ way }) => way) : []));
  const undone = new Set(
    spec.ways.filter((way) => way.way === 'database' || way.undo !== undefined).map(({ way }) => way),
  );
  return { kind: 'lift', side: spec.side, bars, whole: needed.every((way) => undone.has(way)) };
}
