import { DrpError, type ErrorCode } from '../../base/errors.ts';
import type { PlannedStep } from '../../plan/plan.ts';
import type { JobRequest } from '../../transports/transport.ts';
import type { ProbeAnswer, StepContext, StepOutcome } from '../step-kind.ts';
import { followJob, type Said } from './follow-job.ts';
import { lastWords } from './read-host.ts';

/** A job that did its work (exit 0), or the outcome of the step where it did not. */
export type JobOutcome =
  | { readonly kind: 'worked'; readonly said: readonly Said[]; readonly facts: Readonly<Record<string, string>> }
  | { readonly kind: 'ended'; readonly outcome: StepOutcome };

/** Words a job may give to `refuse`, and the errors they are. */
const refusals: Readonly<Record<string, ErrorCode>> = {
  'source-unreachable': 'source-unreachable',
  'source-unfit': 'source-unfit',
  'target-unfit': 'target-unfit',
  'no-room': 'no-room',
  'dump-unfit': 'dump-unfit',
  'import-refused': 'import-refused',
  'import-failed': 'import-failed',
  'copy-differs': 'copy-differs',
  'server-unreachable': 'database-unreachable',
};

export interface JobOfStep {
  readonly step: PlannedStep;
  readonly host: string;
  readonly request: Omit<JobRequest, 'token' | 'claim' | 'signal'>;
  /** Doing all of it again does no harm: a job lost in a restart of its host is a failure to retry, not a doubt. */
  readonly repeatable: boolean;
}

/** Follows the one job of a step to its end and sorts what came of it. Throws what followJob throws. */
export async function jobOutcome(context: StepContext, job: JobOfStep): Promise<JobOutcome> {
  const end = await followJob(context, job.host, { ...job.request, token: context.token });
  const failed = (code: ErrorCode, details: Record<string, string>): JobOutcome => ({
    kind: 'ended',
    outcome: { kind: 'failed', error: new DrpError(code, { step: job.step.id, host: job.host, ...details }) },
  });
  switch (end.kind) {
    case 'cancelled':
      return failed('step-failed', { reason: 'it was stopped' });
    case 'lost': {
      const reason = `host '${job.host}' went down while it ran, or lost the record of its job`;
      if (job.repeatable) return failed('step-failed', { reason: `${reason}; doing it again is safe` });
      return { kind: 'ended', outcome: { kind: 'in-doubt', reason } };
    }
    case 'done': {
      const refused = end.said.findLast((one) => one.word === 'refuse')?.rest;
      if (refused !== undefined) {
        const [word = '', ...reason] = refused.split(' ');
        if (word === 'tools')
          return failed('step-failed', { reason: `host '${job.host}' lacks the program '${reason.join(' ')}'` });
        return failed(refusals[word] ?? 'step-failed', { reason: reason.join(' ') });
      }
      if (end.exitCode !== 0) {
        const words = lastWords(end.tail);
        return failed('step-failed', {
          reason: `its job ended with ${end.exitCode}${words === '' ? '' : `: ${words}`}`,
        });
      }
      return { kind: 'worked', said: end.said, facts: factsOf(end.said) };
    }
  }
}

/** `@TOKEN fact KEY VALUE` lines as a record; the last one of a key wins. */
function factsOf(said: readonly Said[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    said.flatMap(({ word, rest }) => {
      const space = rest.indexOf(' ');
      return word === 'fact' && space > 0 ? [[rest.slice(0, space), rest.slice(space + 1)]] : [];
    }),
  );
}

/** A whole number a job said; 0 where it said none. */
export function factNumber(facts: Readonly<Record<string, string>>, key: string): number {
  const value = Number(facts[key] ?? '0');
  return Number.isSafeInteger(value) ? value : 0;
}

const beyondOutput = 2 ** 50;

/**
 * Where the job of this attempt stands. A lost job of a step that may be repeated counts as finished: `run` then says
 * that it failed, and that a retry is safe.
 */
export async function probeJob(
  context: StepContext,
  host: string,
  options: { readonly repeatable: boolean },
): Promise<ProbeAnswer> {
  const { status } = await context.jobs.poll(host, context.token, beyondOutput, { signal: context.signal });
  switch (status.state) {
    case 'absent':
    case 'accepted':
      return 'absent';
    case 'running':
      return 'running';
    case 'done':
    case 'cancelled':
      return 'finished';
    case 'lost':
      return options.repeatable ? 'finished' : 'unknown';
  }
}

/** Ends the job of this attempt and bars it from starting later; says what is left. */
export async function stopJob(context: StepContext, host: string): Promise<readonly string[]> {
  const claim = context.claim === undefined ? {} : { claim: context.claim };
  const { remainingPids } = await context.jobs.cancel(host, context.token, claim);
  return remainingPids.length === 0 ? [] : [`processes still alive on ${host}: ${remainingPids.join(' ')}`];
}
