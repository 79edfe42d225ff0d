import { formatSize } from '../../base/duration.ts';
import { DrpError } from '../../base/errors.ts';
import type { PlannedStep } from '../../plan/plan.ts';
import { factNumber, jobOutcome, probeJob, stopJob } from '../remote/job-outcome.ts';
import { callHost, shellArgv } from '../remote/read-host.ts';
import { scriptText } from '../remote/script-text.ts';
import type { StepContext, StepKind, StepOutcome } from '../step-kind.ts';
import { chooseCopy } from './choose-copy.ts';
import { copyArgs, copyScript } from './copy-args.ts';
import { copyLines, passesOutput, tookOutput, withoutRoot } from './copy-lines.ts';
import { copyNames, copySource, type CopySpec } from './copy-plan.ts';
import { describeCopy } from './describe.ts';
import { copyEvidence } from './evidence.ts';
import { checkCopy } from './precheck.ts';
import { probeCopy } from './probe-copy.ts';
import { readTarget, treeSize } from './trees.ts';

const leaveTimeoutMs = 10_000;

/**
 * Copies a tree from host to host by rsync into a hidden tree beside the target, compares both sides by checksums, and
 * switches it in by rename. Nothing goes through this machine, and no name in use ever stands for half a tree.
 */
export const copyStep: StepKind<'copy'> = {
  kind: 'copy',
  describe: describeCopy,
  evidence: copyEvidence,
  precheck: checkCopy,
  jobHost: (spec) => spec.to.host,
  probe: (_step, spec, context) => probeJob(context, spec.to.host, { repeatable: true }),
  run: runCopy,
  stop: (_step, spec, context) => stopJob(context, spec.to.host),
  leave: leaveConnection,
  verify: verifyCopy,
};

// The refusals of the precheck are looked at again inside the job, in the session that then writes.
async function runCopy(step: PlannedStep, spec: CopySpec, context: StepContext): Promise<StepOutcome> {
  const { host } = spec.to;
  const source = copySource(spec, context);
  const names = copyNames(spec, { world: context.world, run: context.run.id });
  const found = await probeCopy(spec, context);
  const way = chooseCopy(found, { limited: spec.bandwidth.length > 0 });
  const job = await jobOutcome(context, {
    step,
    host,
    repeatable: true,
    request: { script: copyScript(), args: copyArgs(spec, { context, source, names, way }) },
  });
  if (job.kind === 'ended') return job.outcome;
  const { facts } = job;
  const files = factNumber(facts, 'files');
  const bytes = factNumber(facts, 'bytes');
  const owners = facts['owners'] === '1';
  return {
    kind: 'done',
    output: {
      from: { host: source.host, path: source.path },
      to: { host, path: names.target },
      switched: spec.switch,
      entries: factNumber(facts, 'sourceEntries'),
      files,
      bytes,
      newest: newestIso(factNumber(facts, 'newest')),
      manifest: facts['manifest'] ?? '',
      kept: facts['kept'] ?? '',
      owners,
      ...passesOutput(facts),
      took: { probeMs: found.tookMs, ...tookOutput(facts) },
    },
    lines: [
      `${files} files, ${formatSize(bytes)} from ${source.host}:${source.path}`,
      ...copyLines(spec, { facts, names, way }),
      ...(owners ? [] : [withoutRoot(host)]),
    ],
  };
}

/** A pre-copy leaves its connection to the source open for the frozen window: not for a run that is left. */
async function leaveConnection(spec: CopySpec, context: StepContext): Promise<void> {
  if (spec.switch) return;
  const { staging } = copyNames(spec, { world: context.world, run: context.run.id });
  const argv = shellArgv(scriptText('remote/script-opening.sh', 'copy/leave.sh'), [staging]);
  await callHost(context, spec.to.host, { argv, timeoutMs: leaveTimeoutMs });
}

const newestIso = (seconds: number): string => (seconds === 0 ? '' : new Date(seconds * 1000).toISOString());

/** For a copy done by hand: the target is there and holds what the source holds, by number and size. */
async function verifyCopy(step: PlannedStep, spec: CopySpec, context: StepContext): Promise<readonly string[]> {
  const refuse = (reason: string): never => {
    throw new DrpError('postcondition-failed', { step: step.id, reason });
  };
  const { target, staging } = copyNames(spec, { world: context.world, run: context.run.id });
  if (!spec.switch) return refuse(`${staging} is filled by drp alone; retry it`);
  const found = await readTarget(context, spec, { sinceMs: 0 });
  if (found.target === undefined) return refuse(`${target} is not there`);
  const source = await treeSize(context, copySource(spec, context), spec);
  const { files, bytes } = found.target;
  if (files !== source.files || bytes !== source.bytes) {
    return refuse(`${target} has ${files} files and ${bytes} bytes, the source ${source.files} and ${source.bytes}`);
  }
  return [`${target} has ${files} files and ${formatSize(bytes)}, as the source has; contents were not compared`];
}
