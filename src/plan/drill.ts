import { DrpError } from '../base/errors.ts';
import { drillGates, drillPhases } from '../runbook/procedures.ts';
import type { DrillSettings } from '../runbook/schema/drill.ts';
import type { SimulateSpec, SpecOf, StepSpec, WrittenStepSpec } from '../runbook/schema/steps.ts';
import type { GatePolicy } from '../runbook/schema/world.ts';
import { drillTarget, isolatedPath } from './drill-target.ts';
import { pathUnder } from './host-path.ts';
import type { DrillTarget, Plan, PlannedGate, PlannedLane, PlannedStep, PlannedWorld } from './plan.ts';
import { rehearsedPart } from './rehearsal.ts';

/** What a drill is made of beside the activation it rehearses. */
export interface DrillParts {
  readonly activation: Plan;
  /** Everything the real procedures write, as their plans say. */
  readonly live: readonly string[];
  readonly settings: DrillSettings | undefined;
  readonly gates: Readonly<Record<string, GatePolicy>>;
  readonly planned: (
    spec: StepSpec,
    place: { readonly phase: string; readonly lane: string },
    world: PlannedWorld,
  ) => PlannedStep;
}

const common = { retries: 0, backoff: 30_000, skippable: false } as const;

/**
 * The activation as an exercise: the same restoration by the same step ids, into an isolated target; what would touch
 * anything else only says what it would do. Pure. Throws drill-refused where no isolated target can be made of the runbook.
 */
export function drillPlan(parts: DrillParts): Omit<Plan, 'digest'> {
  const { activation, settings } = parts;
  const target = drillTarget(activation, settings, parts.live);
  const world = isolatedWorld(activation.world, target);
  const { digest: _, ...shared } = activation;
  const at = { ...parts, target, world };
  const phases = Object.fromEntries(
    drillPhases.flatMap((phase): [string, readonly PlannedLane[]][] => {
      const lanes = lanesOf(phase, at);
      return lanes.length === 0 ? [] : [[phase, lanes]];
    }),
  );
  return {
    ...shared,
    procedure: 'drill',
    world,
    gates: gatesOf(parts, phases),
    phases,
    drill: target,
    rehearses: rehearsedPart(activation),
  };
}

interface Building extends DrillParts {
  readonly target: DrillTarget;
  readonly world: PlannedWorld;
}

function isolatedWorld(world: PlannedWorld, target: DrillTarget): PlannedWorld {
  const { roots, databases, serves } = target;
  const { service } = world;
  return {
    ...world,
    hosts: mapped(world.hosts, (host, name) => ({ ...host, base: roots[name] ?? host.base })),
    databases: mapped(world.databases, (database, key) => ({ ...database, name: databases[key] ?? database.name })),
    // A backup that lies on such a host is read where it is.
    backups: mapped(world.backups, (backup) => ({
      ...backup,
      sources: backup.sources.map((source) =>
        roots[source.host] === undefined
          ? source
          : { ...source, folder: pathUnder(world.hosts[source.host]?.base ?? '', source.folder) },
      ),
    })),
    service: serves === undefined ? service : { ...service, recovery: { ...service.recovery, port: serves.port } },
    // No exercise can tell anybody outside, whatever it does.
    desks: {},
  };
}

function lanesOf(phase: string, at: Building): readonly PlannedLane[] {
  const { target } = at;
  switch (phase) {
    case 'isolation':
      return [laneOf(phase, at, isolationSteps(target, at.activation.world))];
    case 'serving':
      return target.serves === undefined ? [] : [laneOf(phase, at, [serveSpec(at)])];
    case 'clean-up':
      return [laneOf(phase, at, cleanUpSteps(at))];
    default: {
      const lanes = (at.activation.phases[phase] ?? []).map((lane) => drilledLane(phase, lane, at));
      return phase === 'verification' ? withPages(lanes, at) : lanes;
    }
  }
}

function laneOf(phase: string, at: Building, specs: readonly StepSpec[]): PlannedLane {
  return { name: 'main', steps: specs.map((spec) => at.planned(spec, { phase, lane: 'main' }, at.world)) };
}

function drilledLane(phase: string, { name, steps }: PlannedLane, at: Building): PlannedLane {
  return { name, steps: steps.map((step) => at.planned(drilled(step, at), { phase, lane: name }, at.world)) };
}

/** What a step of the activation is in the drill of it. */
function drilled(step: PlannedStep, at: Building): StepSpec {
  const spec = step.spec as WrittenStepSpec;
  const { target } = at;
  switch (spec.kind) {
    case 'gate':
      return spec;
    case 'copy':
      return isolatedCopy(spec, at);
    case 'database':
      return target.databases[spec.database] === undefined ? simulated(step, spec) : spec;
    case 'http': {
      if (target.serves === undefined || spec.against === 'production') return simulated(step, spec);
      const { expectSide: _, ...rest } = spec;
      return { ...rest, against: 'recovery' };
    }
    default:
      return simulated(step, spec);
  }
}

function isolatedCopy(spec: SpecOf<'copy'>, { target, activation }: Building): StepSpec {
  const { from, to } = spec;
  const base = 'host' in from ? activation.world.hosts[from.host]?.base : undefined;
  return {
    ...spec,
    to: { host: to.host, path: isolatedPath(target, to.host, to.path) },
    from:
      'host' in from && target.roots[from.host] !== undefined
        ? { ...from, path: pathUnder(base ?? '', from.path) }
        : from,
  };
}

function simulated(step: PlannedStep, of: Exclude<WrittenStepSpec, { kind: 'gate' }>): SimulateSpec {
  return {
    ...common,
    kind: 'simulate',
    id: step.id,
    title: `EXERCISE, not done: ${step.title}`,
    of,
    would: step.commands,
  };
}

/** Pages that are looked at in drills alone, behind the activation's own verification. */
function withPages(lanes: readonly PlannedLane[], at: Building): readonly PlannedLane[] {
  const { settings, target, activation } = at;
  if (target.serves === undefined || settings === undefined || settings.paths.length === 0) return lanes;
  const specs = settings.paths.map((path, index): StepSpec => ({
    ...common,
    kind: 'http',
    id: `verify-page-${String(index + 1)}`,
    title: `the copy answers ${path}`,
    url: new URL(path, activation.world.service.url).href,
    against: 'recovery',
    status: 200,
    contains: [],
    json: {},
    within: 10_000,
    patience: 30_000,
    certificate: true,
  }));
  return [...lanes, { ...laneOf('verification', at, specs), name: 'pages' }];
}

function isolationSteps(target: DrillTarget, world: PlannedWorld): readonly StepSpec[] {
  return Object.keys(target.roots).map((host) => ({
    ...common,
    kind: 'isolate',
    id: `isolate-${host}`,
    host,
    databases: databasesOn(host, target, world),
    expect: 60_000,
  }));
}

function databasesOn(host: string, target: DrillTarget, world: PlannedWorld): readonly string[] {
  return Object.keys(target.databases).filter((key) => world.databases[key]?.host === host);
}

function serveSpec({ settings, target, activation }: Building): StepSpec {
  const serve = requireServe(settings);
  const { host = '', port = 0 } = target.serves ?? {};
  return {
    ...common,
    kind: 'command',
    id: 'serve-copy',
    title: `serve the restored copy on port ${String(port)}`,
    host,
    run: filled(serve.start, target, activation.site),
    verify: filled(serve.check, target, activation.site),
    reads: [],
    writes: [`files:${host}:${target.roots[host] ?? ''}`, `port:${host}:${String(port)}`],
    idempotent: false,
    irreversible: false,
    expect: serve.expect ?? 60_000,
  };
}

/** In the order in which things can go: who reads them first. */
function cleanUpSteps({ settings, target, activation }: Building): readonly StepSpec[] {
  // A person may leave what resists; then the site owes it.
  const base = { ...common, kind: 'clean-up', skippable: true, expect: 300_000 } as const;
  const { serves, roots, databases } = target;
  const serve = serves === undefined ? undefined : requireServe(settings);
  return [
    ...(serve === undefined || serves === undefined
      ? []
      : [
          {
            ...base,
            id: 'stop-copy',
            what: 'service' as const,
            host: serves.host,
            stop: filled(serve.stop, target, activation.site),
            check: filled(serve.check, target, activation.site),
          },
        ]),
    ...Object.keys(databases).map((database): StepSpec => ({
      ...base,
      id: `drop-${database}`,
      what: 'database',
      database,
      host: activation.world.databases[database]?.host ?? '',
    })),
    ...Object.keys(roots).map((host): StepSpec => ({ ...base, id: `remove-${host}`, what: 'files', host })),
  ];
}

function requireServe(settings: DrillSettings | undefined): NonNullable<DrillSettings['serve']> {
  if (settings?.serve === undefined)
    throw new DrpError('internal', { what: 'a drill without drill.serve serves nothing' });
  return settings.serve;
}

/** Words of a command with `{root}`, `{port}` and `{database:NAME}` filled in. */
function filled(argv: readonly string[], { roots, databases, serves }: DrillTarget, site: string): string[] {
  return argv.map((word) =>
    word.replaceAll(/\{(root|port|database:([a-z][a-z0-9-]*))\}/g, (_, name: string, database: string | undefined) => {
      if (name === 'root') return roots[serves?.host ?? ''] ?? '';
      if (name === 'port') return String(serves?.port ?? '');
      const isolated = databases[database ?? ''];
      if (isolated === undefined)
        throw new DrpError('drill-refused', {
          site,
          what: `drill.serve names database '${database ?? ''}', which no drill restores`,
        });
      return isolated;
    }),
  );
}

function gatesOf(parts: DrillParts, phases: Plan['phases']): Plan['gates'] {
  const { activation, gates } = parts;
  const steps = Object.values(phases).flatMap((lanes) => lanes.flatMap((lane) => lane.steps));
  const word = exerciseWord(activation.gates['switchover']?.word ?? activation.site);
  const ofSkeleton = drillGates.map(({ id, title, covers, policyOf }): PlannedGate => {
    const policy = gates[id] ?? gates[policyOf ?? ''];
    if (policy === undefined)
      throw new DrpError('internal', { what: `gate '${id}' has no policy in a checked runbook` });
    const covered = steps.filter((step) => covers.includes(step.phase) && step.kind !== 'gate').map((step) => step.id);
    return { ...policy, id, title, covers: covered, word: id === 'clean-up' ? 'clean-up' : word };
  });
  const ofLanes = steps.flatMap(({ kind, id }) => {
    const gate = kind === 'gate' ? activation.gates[id] : undefined;
    return gate === undefined ? [] : [{ ...gate, title: `EXERCISE: ${gate.title}`, word: exerciseWord(gate.word) }];
  });
  return Object.fromEntries([...ofSkeleton, ...ofLanes].map((gate) => [gate.id, gate]));
}

/** Nobody in a hurry passes a gate of a real run with the word he has just rehearsed, or the other way round. */
function exerciseWord(word: string): string {
  return `exercise-${word}`;
}

function mapped<T>(all: Readonly<Record<string, T>>, change: (value: T, key: string) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(all).map(([key, value]) => [key, change(value, key)]));
}
