import { DrpError, isDrpError, toError } from '../base/errors.ts';
import type { EvidenceItem } from '../events/event.ts';
import type { PlannedGate, PlannedStep } from '../plan/plan.ts';
import type { ProbeAnswer, StepContext, StepKind, StepOutcome } from '../steps/step-kind.ts';
import type { RemoteJobs } from '../transports/transport.ts';
import { withContact, type ContactWatch } from './contact.ts';
import type { EffectResult } from './effect-result.ts';
import { rehearse } from './rehearse.ts';

/** Errors about which nobody may say "go on all the same". */
const neverOverridable: ReadonlySet<string> = new Set([
  'host-key-mismatch',
  'host-key-not-pinned',
  'identity-mismatch',
  'claim-lost',
  'backup-choice-refused',
]);

/** Runs, or attaches to, the effect of a step. Never throws but for an abort of its signal. */
export async function stepEffect(
  kind: StepKind,
  step: PlannedStep,
  work: { readonly context: StepContext; readonly watch: ContactWatch; readonly prepare: () => Promise<void> },
): Promise<EffectResult> {
  const { watch } = work;
  const job = watchedJobs(work.context.jobs, { open: watch.mayHaveBegun && kind.jobHost !== undefined });
  const context = withJobs(work.context, job.jobs);
  const spec = step.spec as never;
  try {
    if (context.run.mode === 'dry-run') return await rehearse(kind, step, context);
    if (watch.mayHaveBegun) {
      const answer: ProbeAnswer = await withContact(() => kind.probe(step, spec, context), watch);
      if (answer === 'unknown') return inDoubt(step, 'it was started, and the world does not tell whether it ran');
      if (answer === 'absent') job.isAbsent();
      await withContact(work.prepare, watch);
    } else await work.prepare();
    // Called off while its host was claimed: whoever stops it found no claim on record, and looks for no job of it.
    context.signal.throwIfAborted();
    const outcome = await withContact(() => kind.run(step, spec, context), { ...watch, hasBegun: job.hasBegun });
    return fromOutcome(step, outcome);
  } catch (thrown) {
    if (context.signal.aborted) throw thrown;
    // What it did is not known here, and under a new token it would be done again.
    if (isDrpError(thrown, 'job-token-reused')) {
      const by = 'the lost end of the record, or another version of drp, started it with other facts';
      return inDoubt(step, `${thrown.message}: ${by}`);
    }
    // A driver that was overtaken stops itself: whoever overtook it asks the world again.
    if (!job.isOpen() || isDrpError(thrown, 'claim-lost')) return failed(thrown);
    return inDoubt(step, `${toError(thrown).message}; its job was started, and nothing here shows that it ended`);
  }
}

/** The same context with these jobs; facts stay unread until a step asks for them. */
function withJobs(context: StepContext, jobs: RemoteJobs): StepContext {
  const own = Object.getOwnPropertyDescriptors(context);
  return Object.defineProperties({}, { ...own, jobs: { value: jobs, enumerable: true } }) as StepContext;
}

/**
 * What is known of the job of one effect. From its start on, an unreachable host is a host that is out of contact, and no
 * other trouble makes it a failure before its end was seen: a retry would start a second job beside the first.
 */
function watchedJobs(jobs: RemoteJobs, known: { readonly open: boolean }) {
  let { open } = known;
  let begun = open;
  const watched: RemoteJobs = {
    ...jobs,
    start: async (host, request) => {
      const state = await jobs.start(host, request);
      begun = open = true;
      return state;
    },
    // eslint-disable-next-line max-params -- the port's own list
    poll: async (host, token, offset, options) => {
      const poll = await jobs.poll(host, token, offset, options);
      const { state } = poll.status;
      if (state !== 'accepted' && state !== 'running') open = false;
      return poll;
    },
  };
  return { jobs: watched, hasBegun: () => begun, isOpen: () => open, isAbsent: () => (open = false) };
}

/** Ends everything that may still run of the given effects; failed when something could not be stopped, or is `unknown`. */
export async function stopEffect(
  targets: readonly { readonly kind: StepKind; readonly step: PlannedStep; readonly context: StepContext }[],
  unknown: readonly string[] = [],
): Promise<EffectResult> {
  const left = [...unknown];
  for (const { kind, step, context } of targets) {
    try {
      left.push(...((await kind.stop?.(step, step.spec as never, context)) ?? []));
    } catch (thrown) {
      if (context.signal.aborted) throw thrown;
      left.push(`${step.id}: ${toError(thrown).message}`);
    }
  }
  if (left.length === 0) return { kind: 'done', output: {}, lines: [], obligations: [], settles: [] };
  const reason = left.join('; ');
  const { code, hint } = new DrpError('not-stopped', { reason });
  return { kind: 'failed', code, reason, hint };
}

/** What a gate shows of the steps it covers; what could not be gathered is shown as such, in red. */
export async function evidenceEffect(
  gate: PlannedGate,
  covered: readonly { readonly kind: StepKind; readonly step: PlannedStep; readonly context: StepContext }[],
): Promise<readonly EvidenceItem[]> {
  const found = await Promise.all(
    covered.map(async ({ kind, step, context }): Promise<readonly EvidenceItem[]> => {
      try {
        return (await kind.evidence?.(step, step.spec as never, context)) ?? [];
      } catch (thrown) {
        if (context.signal.aborted) throw thrown;
        return [unavailable(step, thrown)];
      }
    }),
  );
  const byId = new Map<string, EvidenceItem>();
  for (const item of found.flat()) if (!byId.has(item.id)) byId.set(item.id, item);
  return [...byId.values()];
}

function unavailable(step: PlannedStep, thrown: unknown): EvidenceItem {
  const error = toError(thrown);
  const fixed = isDrpError(thrown) && neverOverridable.has(thrown.code);
  return {
    id: `evidence:${step.id}`,
    title: `Evidence for ${step.id} could not be gathered`,
    severity: 'red',
    lines: isDrpError(thrown) ? [error.message, thrown.gateHint] : [error.message],
    ...(fixed ? { overridable: false } : {}),
  };
}

function fromOutcome(step: PlannedStep, outcome: StepOutcome): EffectResult {
  if (outcome.kind === 'done') {
    return {
      kind: 'done',
      output: outcome.output,
      lines: outcome.lines,
      obligations: outcome.obligations ?? [],
      settles: outcome.settles ?? [],
    };
  }
  return outcome.kind === 'in-doubt' ? inDoubt(step, outcome.reason) : failed(outcome.error);
}

/** Nobody can tell whether it ran: a person decides. */
export function inDoubt(step: PlannedStep, reason: string): EffectResult {
  const { code, hint } = new DrpError('in-doubt', { step: step.id, reason, verifies: step.verifies });
  return { kind: 'in-doubt', code, reason, hint };
}

function failed(thrown: unknown): EffectResult {
  const error = toError(thrown);
  if (isDrpError(thrown)) {
    return { kind: 'failed', code: thrown.code, reason: error.message, hint: thrown.stepHint, error: thrown };
  }
  return { kind: 'failed', code: 'internal', reason: error.message, hint: 'Look at the run with: drp status.' };
}
