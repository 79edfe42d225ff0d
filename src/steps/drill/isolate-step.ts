import { formatSize } from '../../base/duration.ts';
import { DrpError } from '../../base/errors.ts';
import type { EvidenceItem } from '../../events/event.ts';
import { drillFolder } from '../../plan/drill-target.ts';
import type { PlannedStep, PlannedWorld, StepDescription } from '../../plan/plan.ts';
import { requestAt } from '../../providers/web/request-at.ts';
import type { SpecOf } from '../../runbook/schema/steps.ts';
import { jobOutcome, probeJob, stopJob } from '../remote/job-outcome.ts';
import { jobScript } from '../remote/script-text.ts';
import { troubleItem } from '../remote/trouble.ts';
import type { StepContext, StepKind, StepOutcome } from '../step-kind.ts';
import { findDatabases, lookAtFolder, rootOf, targetOf } from './isolated.ts';
import { usersAt } from './users-at.ts';

type IsolateSpec = SpecOf<'isolate'>;

/** A server that lives answers a connection at once. */
const portMs = 3_000;

/**
 * The isolated folder a drill works in, on one host: made at once with the mark of its run, so that nothing else ever takes
 * it for its own. Refuses where users may be on this side, where something of another drill lies, where the port is taken.
 */
export const isolateStep: StepKind<'isolate'> = {
  kind: 'isolate',
  describe,
  evidence,
  precheck,
  jobHost: (spec) => spec.host,
  probe: (_step, spec, context) => probeJob(context, spec.host, { repeatable: true }),
  run,
  stop: (_step, spec, context) => stopJob(context, spec.host),
  verify: async (step, spec, context) => {
    const found = await lookAtFolder(context, spec.host);
    if (found.kind === 'taken' && found.owner === context.run.id)
      return [`${rootOf(context, spec.host)} is this run's`];
    throw new DrpError('postcondition-failed', { step: step.id, reason: 'the isolated folder is not there' });
  },
};

function describe(spec: IsolateSpec, world: PlannedWorld): StepDescription {
  // In the plan of a drill the base folder of such a host is the isolated folder itself.
  const root = world.hosts[spec.host]?.base ?? '';
  return {
    title: spec.title ?? `make the isolated folder on ${spec.host}`,
    hosts: [spec.host],
    reads: [],
    writes: [`files:${spec.host}:${root}`],
    commands: [`mkdir -p ${root}`, `mark ${root} as this run's`],
    verifies: `${root} carries the mark of this run; nothing of an earlier drill is there`,
    irreversible: false,
    idempotent: true,
  };
}

async function evidence(step: PlannedStep, spec: IsolateSpec, context: StepContext): Promise<readonly EvidenceItem[]> {
  const base = { id: `isolated:${step.id}`, title: `where this drill works on ${spec.host}` };
  const [live, place] = await Promise.all([
    liveItem(context),
    findFaults(spec, context).then(
      ({ faults, leftOf }): EvidenceItem => ({
        ...base,
        severity: faults.length > 0 ? 'red' : 'ok',
        ...(faults.length > 0 ? { overridable: false } : {}),
        lines: [
          ...(faults.length > 0 ? faults : placeLines(spec, context)),
          ...(leftOf === undefined ? [] : [leftover(spec, context, { fault: '', leftOf }).gateHint]),
        ],
        choice: faults.length > 0 ? 'unfit' : 'free',
      }),
      (error: unknown) => troubleItem(base, error),
    ),
  ]);
  return [live, place];
}

function placeLines(spec: IsolateSpec, context: StepContext): readonly string[] {
  const { serves } = targetOf(context.plan);
  return [
    `files: ${rootOf(context, spec.host)}, nothing is there yet`,
    ...spec.databases.map((key) => `database: ${context.world.databases[key]?.name ?? key}, not there yet`),
    ...(serves?.host === spec.host ? [`served on port ${String(serves.port)}, free`] : []),
  ];
}

async function liveItem(context: StepContext): Promise<EvidenceItem> {
  const users = await usersAt(context.world, context.providers, context.signal);
  const base = { id: 'users', title: 'Users are not on the recovery site', choice: users.kind } as const;
  if (users.kind === 'elsewhere') return { ...base, severity: 'ok', lines: users.lines };
  if (users.kind === 'recovery')
    return {
      ...base,
      severity: 'red',
      overridable: false,
      lines: ['DNS sends users to the recovery site', ...users.lines],
    };
  return { ...base, severity: 'attention', lines: [...users.lines, 'by the record, production serves'] };
}

async function precheck(_step: PlannedStep, spec: IsolateSpec, context: StepContext): Promise<void> {
  const users = await usersAt(context.world, context.providers, context.signal);
  if (users.kind === 'recovery')
    throw new DrpError('drill-refused', {
      site: context.run.site,
      what: `DNS sends users to the recovery site (${users.lines.join('; ')})`,
    });
  const folder = await lookAtFolder(context, spec.host);
  if (folder.kind === 'taken' && folder.owner === context.run.id) return;
  const { faults, leftOf = '' } = await findFaults(spec, context);
  const [fault] = faults;
  if (fault !== undefined) throw leftover(spec, context, { fault, leftOf });
}

function leftover(
  { host }: IsolateSpec,
  { run: { site } }: StepContext,
  { fault, leftOf }: { readonly fault: string; readonly leftOf: string },
): DrpError {
  return new DrpError('drill-leftover', { host, what: fault, run: leftOf === '' ? 'RUN' : leftOf, site });
}

interface Place {
  /** What makes it unfit for a drill, in words. */
  readonly faults: readonly string[];
  /** The run that left something there, '' where nothing says which; absent: nothing was left. */
  readonly leftOf?: string;
}

async function findFaults(spec: IsolateSpec, context: StepContext): Promise<Place> {
  const { run, world } = context;
  const { serves } = targetOf(context.plan);
  const folder = await lookAtFolder(context, spec.host);
  const faults: string[] = [];
  let leftOf: string | undefined;
  if (folder.kind === 'link') faults.push(`${folder.path} is a link: what a drill writes could land elsewhere`);
  if (folder.kind === 'taken' && folder.owner !== run.id) {
    leftOf = folder.owner;
    const owner = folder.owner === '' ? 'nobody knows whose' : `of run ${folder.owner}`;
    faults.push(`${rootOf(context, spec.host)} is there already (${owner}, ${formatSize(folder.bytes)})`);
  }
  for (const key of spec.databases) {
    const found = (await findDatabases(context, key)).filter(({ own }) => !own);
    if (found.length > 0) leftOf ??= '';
    faults.push(...found.map(({ name, bytes }) => `database '${name}' is there already (${formatSize(bytes)})`));
  }
  if (serves?.host === spec.host && folder.kind === 'free') {
    const { address } = world.service.recovery;
    const reply = await requestAt({
      url: world.service.url,
      address,
      port: serves.port,
      checkCertificate: false,
      timeoutMs: portMs,
      signal: context.signal,
    });
    const free = reply.kind === 'failed' && reply.why === 'unreachable';
    if (!free) faults.push(`something listens on port ${String(serves.port)} of ${address} already`);
  }
  return { faults, ...(leftOf === undefined ? {} : { leftOf }) };
}

async function run(step: PlannedStep, spec: IsolateSpec, context: StepContext): Promise<StepOutcome> {
  await precheck(step, spec, context);
  const root = rootOf(context, spec.host);
  const job = await jobOutcome(context, {
    step,
    host: spec.host,
    repeatable: true,
    request: { script: jobScript('drill/isolate.sh'), args: [root, context.run.id] },
  });
  if (job.kind === 'ended') return job.outcome;
  return {
    kind: 'done',
    output: { isolated: true, host: spec.host, root },
    lines: [`${root} is this drill's alone (one folder a site, in ${drillFolder})`],
  };
}
