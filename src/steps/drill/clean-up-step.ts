import { waitFor } from '../../base/clock.ts';
import { formatSize } from '../../base/duration.ts';
import { DrpError } from '../../base/errors.ts';
import type { EvidenceItem } from '../../events/event.ts';
import type { PlannedStep, PlannedWorld, StepDescription } from '../../plan/plan.ts';
import type { CleanUpSpec } from '../../runbook/schema/steps.ts';
import { quote } from '../../transports/quote.ts';
import { runSql } from '../database/connection.ts';
import { databaseOf } from '../remote/host-path.ts';
import { jobOutcome, probeJob, stopJob } from '../remote/job-outcome.ts';
import { callHost, shellArgv } from '../remote/read-host.ts';
import { jobScript } from '../remote/script-text.ts';
import { troubleItem } from '../remote/trouble.ts';
import type { StepContext, StepKind, StepOutcome } from '../step-kind.ts';
import { findDatabases, lookAtFolder, rootOf } from './isolated.ts';

type Of<W extends CleanUpSpec['what']> = Extract<CleanUpSpec, { readonly what: W }>;

/** What was told to end is gone within this time, ms. */
const goneMs = 20_000;
const checkMs = 30_000;

/**
 * Takes away what a drill made on a host: what serves the copy, its databases, its folder. Each looks first whose it is
 * (the mark in the folder, the run in names and marks of databases), and afterwards whether it is gone. What is not of this run
 * stays, and is said. Started again at any point it goes on.
 */
export const cleanUpStep: StepKind<'clean-up'> = {
  kind: 'clean-up',
  describe,
  evidence,
  precheck: async (_step, spec, context) => {
    await lookAtFolder(context, spec.host);
  },
  jobHost: (spec) => spec.host,
  probe: (_step, spec, context) =>
    spec.what === 'database' ? Promise.resolve('absent') : probeJob(context, spec.host, { repeatable: true }),
  run: (step, spec, context) => {
    if (spec.what === 'service') return stopService(step, spec, context);
    return spec.what === 'database' ? dropDatabases(step, spec, context) : removeFiles(step, spec, context);
  },
  stop: (_step, spec, context) => (spec.what === 'database' ? Promise.resolve([]) : stopJob(context, spec.host)),
  verify: async (step, spec, context) => {
    const left = await whatIsLeft(spec, context);
    if (left.length > 0) throw new DrpError('postcondition-failed', { step: step.id, reason: left.join('; ') });
    return ['looked: nothing of this drill is left there'];
  },
};

function describe(spec: CleanUpSpec, world: PlannedWorld): StepDescription {
  const root = world.hosts[spec.host]?.base ?? '';
  const common = { hosts: [spec.host], reads: [], irreversible: true, idempotent: true };
  switch (spec.what) {
    case 'service':
      return {
        ...common,
        title: 'stop what serves the restored copy',
        writes: [`files:${spec.host}:${root}`],
        commands: [`${spec.host}: ${quote(argvOf(spec.stop))}`],
        verifies: `${quote(argvOf(spec.check))} does not exit 0 any more`,
        irreversible: false,
      };
    case 'database': {
      const { name } = databaseOf(world, spec.database);
      return {
        ...common,
        title: `drop the databases this drill made (${name})`,
        writes: [`database:${spec.host}:${name}`, `database:${spec.host}:${name}_drp_<run>`],
        commands: [`drop database ${name}, where it carries the mark of this run`, `drop database ${name}_drp_<run>`],
        verifies: 'the server has none of them any more',
      };
    }
    case 'files':
      return {
        ...common,
        title: `remove the isolated folder on ${spec.host}`,
        writes: [`files:${spec.host}:${root}`],
        commands: [`rm -r ${root}, where it carries the mark of this run`],
        verifies: `${root} is not there any more`,
      };
  }
}

async function evidence(step: PlannedStep, spec: CleanUpSpec, context: StepContext): Promise<readonly EvidenceItem[]> {
  const base = { id: `removes:${step.id}`, title: step.title };
  try {
    const left = await whatIsLeft(spec, context);
    const kept = spec.what === 'files' ? ['kept: the record of this run, its copies and job logs (~/.drp)'] : [];
    const lines = left.length === 0 ? ['nothing is there'] : left;
    return [{ ...base, severity: 'ok', lines: [...lines, ...kept] }];
  } catch (error) {
    // A host that is away now does not stop the clean-up of the others.
    const { overridable: _, ...item } = troubleItem(base, error);
    return [{ ...item, severity: 'attention' }];
  }
}

/** What of this run is still there, in words. */
async function whatIsLeft(spec: CleanUpSpec, context: StepContext): Promise<readonly string[]> {
  switch (spec.what) {
    case 'service':
      return (await isOwn(spec, context)) && (await isServed(spec, context)) ? ['the restored copy is served'] : [];
    case 'database':
      return (await findDatabases(context, spec.database))
        .filter(({ own }) => own)
        .map(({ name, bytes }) => `database '${name}', ${formatSize(bytes)}`);
    case 'files': {
      const folder = await lookAtFolder(context, spec.host);
      const own = folder.kind === 'taken' && folder.owner === context.run.id;
      return own ? [`${rootOf(context, spec.host)}, ${formatSize(folder.bytes)}`] : [];
    }
  }
}

async function isOwn(spec: CleanUpSpec, context: StepContext): Promise<boolean> {
  const folder = await lookAtFolder(context, spec.host);
  return folder.kind === 'taken' && folder.owner === context.run.id;
}

async function isServed(spec: Of<'service'>, context: StepContext): Promise<boolean> {
  const root = rootOf(context, spec.host);
  const argv = shellArgv('cd -- "$1" || exit 1\nshift\nexec "$@"\n', [root, ...spec.check]);
  const { exitCode } = await callHost(context, spec.host, { argv, timeoutMs: checkMs });
  return exitCode === 0;
}

async function stopService(step: PlannedStep, spec: Of<'service'>, context: StepContext): Promise<StepOutcome> {
  const root = rootOf(context, spec.host);
  const job = await jobOutcome(context, {
    step,
    host: spec.host,
    repeatable: true,
    request: {
      script: jobScript('drill/stop-service.sh'),
      args: [root, context.run.id, ...spec.stop],
    },
  });
  if (job.kind === 'ended') return job.outcome;
  if (job.facts['absent'] === '1') return gone('it was never served');
  const ended = await waitFor(async () => ((await isServed(spec, context)) ? undefined : true), {
    everyMs: 500,
    timeoutMs: goneMs,
    clock: context.clock,
    signal: context.signal,
  });
  if (ended.kind === 'met') return gone('looked: the copy is not served any more');
  return failed(step, `${quote(argvOf(spec.check))} still exits 0`);
}

const dropSql = `alter database :"name" allow_connections false;
select pg_terminate_backend(pid) from pg_stat_activity where datname = :'name' and backend_type = 'client backend' \\g /dev/null
drop database :"name";`;

async function dropDatabases(step: PlannedStep, spec: Of<'database'>, context: StepContext): Promise<StepOutcome> {
  const database = databaseOf(context.world, spec.database);
  const found = await findDatabases(context, spec.database);
  for (const { name } of found.filter(({ own }) => own)) {
    await runSql(context, database, {
      database: 'postgres',
      sql: dropSql,
      variables: { name },
      timeoutMs: 600_000,
      mutating: true,
    });
  }
  const left = await whatIsLeft(spec, context);
  if (left.length > 0) return failed(step, left.join('; '));
  const dropped = found.filter(({ own }) => own).map(({ name }) => `dropped: ${name}`);
  const others = found.filter(({ own }) => !own).map(({ name }) => `left alone, not of this run: ${name}`);
  return gone(...(dropped.length === 0 ? ['there was none'] : dropped), ...others);
}

async function removeFiles(step: PlannedStep, spec: Of<'files'>, context: StepContext): Promise<StepOutcome> {
  const root = rootOf(context, spec.host);
  const job = await jobOutcome(context, {
    step,
    host: spec.host,
    repeatable: true,
    request: { script: jobScript('drill/remove-files.sh'), args: [root, context.run.id] },
  });
  if (job.kind === 'ended') return job.outcome;
  const left = await whatIsLeft(spec, context);
  if (left.length > 0) return failed(step, left.join('; '));
  const other = job.facts['left'];
  return gone(other === undefined ? `looked: ${root} is not there` : `left alone, of run ${other}: ${root}`);
}

function gone(...lines: readonly string[]): StepOutcome {
  return { kind: 'done', output: { gone: true }, lines };
}

function failed(step: PlannedStep, reason: string): StepOutcome {
  return { kind: 'failed', error: new DrpError('postcondition-failed', { step: step.id, reason }) };
}

function argvOf(words: readonly string[]): [string, ...string[]] {
  const [program = '', ...args] = words;
  return [program, ...args];
}
