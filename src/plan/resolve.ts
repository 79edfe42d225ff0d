import { DrpError } from '../base/errors.ts';
import { digestOf, sha256Hex } from '../events/digest.ts';
import { phaseOrder, skeletonGates, type FilledProcedure, type SkeletonGate } from '../runbook/procedures.ts';
import type { Phase, ProcedureName, Runbook } from '../runbook/schema/runbook.ts';
import type { StepKindName, StepSpec } from '../runbook/schema/steps.ts';
import type { GatePolicy } from '../runbook/schema/world.ts';
import { drillPlan } from './drill.ts';
import { stepsOf } from './phases.ts';
import type { Plan, PlannedGate, PlannedLane, PlannedStep, PlannedWorld, StepDescription } from './plan.ts';

type WorkSpec = Extract<StepSpec, { kind: StepKindName }>;

/** What a step kind says about a step; pure. Handed in, since the meaning of steps lives further down the flow. */
export type Describe = (spec: WorkSpec, world: PlannedWorld) => StepDescription;

/** The file a runbook was read from. */
export interface RunbookFile {
  readonly file: string;
  readonly text: string;
}

/**
 * Runbook + procedure, resolved and frozen: the same runbook text and procedure give the same plan and digest on every
 * machine. Pure; resolves no secret. Throws procedure-not-filled for a procedure the runbook does not describe.
 */
export function resolvePlan(
  runbook: Runbook,
  source: RunbookFile,
  options: { readonly procedure: ProcedureName; readonly describe: Describe },
): Plan {
  const { procedure, describe } = options;
  if (procedure === 'drill') return resolveDrill(runbook, source, describe);
  const world = worldOf(runbook);
  const phases = phasesOf(runbook, procedure, (spec) => describe(spec, world));
  const plan: Omit<Plan, 'digest'> = {
    format: 1,
    site: runbook.site,
    title: runbook.title,
    procedure,
    runbook: { file: source.file, sha256: sha256Hex(source.text) },
    world,
    ...(runbook.allowedSigners === undefined ? {} : { allowedSigners: runbook.allowedSigners }),
    gates: gatesOf(runbook, procedure, phases),
    phases,
  };
  return freeze({ ...plan, digest: planDigest(plan) });
}

/** The drill of the runbook's activation: a pure transformation of its plan. */
function resolveDrill(runbook: Runbook, source: RunbookFile, describe: Describe): Plan {
  const [activation, returning] = (['activation', 'return'] as const).map((procedure) =>
    resolvePlan(runbook, source, { procedure, describe }),
  );
  if (activation === undefined || returning === undefined) throw new DrpError('internal', { what: 'no activation' });
  const plan = drillPlan({
    activation,
    live: [activation, returning].flatMap((one) => stepsOf(one).flatMap((step) => step.writes)),
    settings: runbook.drill,
    gates: runbook.gates,
    planned: (spec, place, world) => plannedStep(spec, place, (one) => describe(one, world)),
  });
  return freeze({ ...plan, digest: planDigest(plan) });
}

/** The digest that approvals bind to: SHA-256 over the canonical JSON of everything in the plan but itself. */
export function planDigest(plan: Omit<Plan, 'digest'>): string {
  const { digest: _, ...content } = { digest: '', ...plan };
  return digestOf(content);
}

function worldOf(runbook: Runbook): PlannedWorld {
  const { objectives, datacentres, hosts, service, databases, backups, dns, desks, people, anchors } = runbook;
  return {
    objectives,
    datacentres,
    hosts,
    service,
    databases,
    backups,
    dns,
    desks,
    people,
    ...(anchors === undefined ? {} : { anchors }),
  };
}

function phasesOf(
  runbook: Runbook,
  procedure: FilledProcedure,
  describe: (spec: WorkSpec) => StepDescription,
): Plan['phases'] {
  const written: Readonly<Record<string, Phase | undefined>> = runbook[procedure];
  const entries = phaseOrder[procedure].flatMap((phase): [string, readonly PlannedLane[]][] => {
    const content = written[phase];
    return content === undefined ? [] : [[phase, lanesOf(phase, content, describe)]];
  });
  return Object.fromEntries(entries);
}

function lanesOf(phase: string, content: Phase, describe: (spec: WorkSpec) => StepDescription): readonly PlannedLane[] {
  const lanes = Array.isArray(content) ? { main: content } : content;
  return Object.entries(lanes)
    .filter(([, specs]) => specs.length > 0)
    .map(([name, specs]) => ({ name, steps: specs.map((spec) => plannedStep(spec, { phase, lane: name }, describe)) }));
}

function plannedStep(
  spec: StepSpec,
  place: { readonly phase: string; readonly lane: string },
  describe: (spec: WorkSpec) => StepDescription,
): PlannedStep {
  if (spec.kind === 'gate') {
    return {
      ...gateDescription(spec.title),
      ...place,
      id: spec.id,
      kind: 'gate',
      spec,
      retries: 0,
      backoffMs: 0,
      skippable: false,
    };
  }
  const described = describe(spec);
  return {
    ...described,
    title: spec.title ?? described.title,
    ...place,
    id: spec.id,
    kind: spec.kind,
    spec,
    ...(spec.expect === undefined ? {} : { expectMs: spec.expect }),
    retries: spec.retries,
    backoffMs: spec.backoff,
    skippable: spec.skippable,
  };
}

function gateDescription(title: string): StepDescription {
  return { title, hosts: [], reads: [], writes: [], commands: [], verifies: '', irreversible: false, idempotent: true };
}

function gatesOf(runbook: Runbook, procedure: FilledProcedure, phases: Plan['phases']): Plan['gates'] {
  const steps = Object.values(phases).flatMap((lanes) => lanes.flatMap((lane) => lane.steps));
  const covered = (gate: SkeletonGate): readonly string[] =>
    gate.covers.flatMap((phase) =>
      steps.filter((step) => step.phase === phase && step.kind !== 'gate').map((step) => step.id),
    );
  const ofSkeleton = skeletonGates[procedure].map((gate): PlannedGate => ({
    ...policyOf(runbook, gate.id),
    id: gate.id,
    title: gate.title,
    covers: covered(gate),
    word: wordOf(runbook, procedure, gate.sends),
  }));
  const ofLanes = steps.flatMap(({ spec }): PlannedGate[] => {
    if (spec.kind !== 'gate') return [];
    const { id, title, covers } = spec;
    return [{ ...policyOf(runbook, id), id, title, covers, word: wordOf(runbook, procedure, 'target') }];
  });
  return Object.fromEntries([...ofSkeleton, ...ofLanes].map((gate) => [gate.id, gate]));
}

function policyOf(runbook: Runbook, gate: string): GatePolicy {
  const policy = runbook.gates[gate];
  if (policy === undefined)
    throw new DrpError('internal', { what: `gate '${gate}' has no policy in a checked runbook` });
  return policy;
}

/** The datacentre users will be sent to, which is what a person types. */
function wordOf(runbook: Runbook, procedure: FilledProcedure, sends: SkeletonGate['sends']): string {
  if (sends === 'nobody') return 'nobody';
  const toRecovery = (procedure === 'activation') === (sends === 'target');
  const side = toRecovery ? runbook.service.recovery : runbook.service.production;
  return runbook.hosts[side.host]?.datacentre ?? side.host;
}

function freeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  Object.values(value).forEach(freeze);
  return value;
}
