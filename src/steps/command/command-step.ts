import { waitFor } from '../../base/clock.ts';
import { formatDuration } from '../../base/duration.ts';
import { DrpError } from '../../base/errors.ts';
import type { PlannedStep, PlannedWorld, StepDescription } from '../../plan/plan.ts';
import type { SpecOf } from '../../runbook/schema/steps.ts';
import { quote } from '../../transports/quote.ts';
import type { Argv } from '../../transports/transport.ts';
import { hostOf } from '../remote/host-path.ts';
import { jobOutcome, probeJob, stopJob } from '../remote/job-outcome.ts';
import { callHost, lastWords, type Exited } from '../remote/read-host.ts';
import type { StepContext, StepKind, StepOutcome } from '../step-kind.ts';
import { refuseBeside, runShort } from './short-command.ts';

type CommandSpec = SpecOf<'command'>;

/** A service just started may need a moment before its check holds. */
const defaultSettleMs = 15_000;
const verifyMs = 60_000;

/** Runs what follows the folder in that folder, with data as positional parameters alone. */
const inFolder = 'cd -- "$1" || exit 97\nshift\nexec "$@"\n';

/**
 * A command of the runbook's own, as a job on its host: once a token, whatever happens to the link. Its exit code is not
 * trusted: `verify` reads back what it was for. Both start in the base folder of the host. One that is `short` (and idempotent)
 * is no job: it runs and is checked in one session, and is simply run again where contact was lost.
 */
export function commandStep(options: { readonly settleMs?: number } = {}): StepKind<'command'> {
  const settleMs = options.settleMs ?? defaultSettleMs;
  /** Tokens of short commands that may have begun, from this driver or an earlier one, and whose end is not known. */
  const begun = new Set<string>();
  return {
    kind: 'command',
    describe,
    precheck,
    jobHost: (spec) => (spec.short === true ? undefined : spec.host),
    probe: (_, spec, context) => {
      if (spec.short !== true) return probeJob(context, spec.host, { repeatable: spec.idempotent });
      begun.add(context.token);
      return Promise.resolve('absent');
    },
    run: (step, spec, context) => {
      const work = { step, spec, context, settleMs };
      return spec.short === true ? runOnce(work, begun) : run(work);
    },
    stop: (_, spec, context) => stopJob(context, spec.host),
    verify: async (step, spec, context) => [await verified(step, spec, context)],
  };
}

function describe(spec: CommandSpec, world: PlannedWorld): StepDescription {
  if ((spec.run === undefined) === (spec.shell === undefined)) {
    throw new DrpError('step-invalid', {
      step: spec.id,
      reason: "give either 'run' (argv) or 'shell' (text), one of them",
    });
  }
  if (spec.short === true && !spec.idempotent) {
    throw new DrpError('step-invalid', { step: spec.id, reason: "'short' needs 'idempotent: true': it may run twice" });
  }
  if (world.hosts[spec.host] === undefined) {
    throw new DrpError('step-invalid', { step: spec.id, reason: `there is no host '${spec.host}' in hosts` });
  }
  const command = quote(commandOf(spec));
  return {
    title: spec.title ?? `${spec.host}: ${command.length > 60 ? `${command.slice(0, 57)}…` : command}`,
    hosts: [spec.host],
    reads: spec.reads,
    writes: spec.writes,
    commands: [`${spec.host}: ${command}`],
    verifies: `${spec.host}: ${quote(asArgv(spec.verify))} exits 0`,
    ...(spec.undo === undefined ? {} : { undo: `${spec.host}: ${quote(asArgv(spec.undo))}` }),
    irreversible: spec.irreversible,
    idempotent: spec.idempotent,
  };
}

/** The host answers, is the right one, and has the base folder and the program. */
async function precheck(step: PlannedStep, spec: CommandSpec, context: StepContext): Promise<void> {
  const [program] = commandOf(spec);
  const look = inFolderArgv(spec, context, ['sh', '-c', 'command -v -- "$1" >/dev/null', 'drp', program]);
  const { exitCode, stderr } = await callHost(context, spec.host, { argv: look, timeoutMs: verifyMs });
  if (exitCode === 0) return;
  const reason = exitCode === 97 ? lastWords(stderr) : `host '${spec.host}' has no program '${program}'`;
  throw new DrpError('step-failed', { step: step.id, reason });
}

interface Work {
  readonly step: PlannedStep;
  readonly spec: CommandSpec;
  readonly context: StepContext;
  readonly settleMs: number;
}

async function run({ step, spec, context, settleMs }: Work): Promise<StepOutcome> {
  const job = await jobOutcome(context, {
    step,
    host: spec.host,
    repeatable: spec.idempotent,
    request: { script: inFolder, args: [hostOf(context.world, spec.host).base, ...commandOf(spec)] },
  });
  if (job.kind === 'ended') return job.outcome;
  return await settle({ step, spec, context, settleMs });
}

/** Runs a short command and checks it in the same session; only where its check does not hold yet it is asked again. */
async function runOnce(work: Work, begun: Set<string>): Promise<StepOutcome> {
  const { step, spec, context } = work;
  const { base } = hostOf(context.world, spec.host);
  if (begun.has(context.token)) await refuseBeside(context, spec.host);
  begun.add(context.token);
  const end = await runShort(context, { host: spec.host, base, run: commandOf(spec), verify: asArgv(spec.verify) });
  begun.delete(context.token);
  const failed = (reason: string): StepOutcome => ({
    kind: 'failed',
    error: new DrpError('step-failed', { step: step.id, host: spec.host, reason }),
  });
  if (end.kind === 'barred') return failed('it was stopped');
  if (end.kind === 'no-folder') return failed(end.words);
  if (end.exitCode !== 0) return failed(`it ended with ${end.exitCode}${end.words === '' ? '' : `: ${end.words}`}`);
  if (end.check.exitCode !== 0) return await settle(work);
  return { kind: 'done', output: { verified: true }, lines: [checkedLine(spec, end.check)] };
}

/** A service just started may need a moment before its check holds. */
async function settle({ step, spec, context, settleMs }: Work): Promise<StepOutcome> {
  let last = '';
  const settled = await waitFor(
    async () => {
      try {
        return await verified(step, spec, context);
      } catch (error) {
        if (!(error instanceof DrpError) || error.code !== 'postcondition-failed') throw error;
        last = String(error.details['reason']);
        const text = `ended, its check does not hold yet: ${last}`;
        context.report({ doneBytes: 0, totalBytes: 0, text, lastOutputAt: context.clock.nowIso() });
        return undefined;
      }
    },
    { everyMs: 1_000, timeoutMs: settleMs, clock: context.clock, signal: context.signal },
  );
  if (settled.kind === 'met') return { kind: 'done', output: { verified: true }, lines: [settled.value] };
  const reason = `${last} (asked for ${formatDuration(settleMs)})`;
  return { kind: 'failed', error: new DrpError('postcondition-failed', { step: step.id, reason }) };
}

/** Throws postcondition-failed where the check does not exit 0. */
async function verified(step: PlannedStep, spec: CommandSpec, context: StepContext): Promise<string> {
  const check = inFolderArgv(spec, context, asArgv(spec.verify));
  const ended = await callHost(context, spec.host, { argv: check, timeoutMs: verifyMs });
  const { exitCode, stdout, stderr } = ended;
  if (exitCode === 0) return checkedLine(spec, ended);
  const words = lastWords(stderr || stdout);
  const said = words === '' ? '' : `: ${words}`;
  const reason = `${quote(asArgv(spec.verify))} exits ${String(exitCode)}${said}`;
  throw new DrpError('postcondition-failed', { step: step.id, reason });
}

function checkedLine(spec: CommandSpec, { stdout }: Pick<Exited, 'stdout'>): string {
  const words = lastWords(stdout);
  return `checked with ${quote(asArgv(spec.verify))}${words === '' ? '' : `: ${words}`}`;
}

function inFolderArgv(spec: CommandSpec, context: StepContext, command: Argv): Argv {
  return ['sh', '-c', inFolder, 'drp', hostOf(context.world, spec.host).base, ...command];
}

/** `shell` text is handed to sh as it is, and stops at the first command that fails. */
function commandOf(spec: CommandSpec): Argv {
  if (spec.run !== undefined) return asArgv(spec.run);
  return ['sh', '-euc', spec.shell ?? ''];
}

function asArgv(words: readonly string[]): Argv {
  const [program = '', ...args] = words;
  return [program, ...args];
}
