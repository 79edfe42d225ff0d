import { toError } from '../base/errors.ts';
import type { Event } from '../events/event.ts';
import { stepsOf } from '../plan/phases.ts';
import type { PlannedStep } from '../plan/plan.ts';
import type { StepKind } from '../steps/step-kind.ts';
import type { FoundJob } from '../transports/transport.ts';
import { withContact, type ContactWatch } from './contact.ts';
import { kindOf, type Driving } from './driving.ts';
import type { EffectResult } from './effect-result.ts';
import { inDoubt } from './effects.ts';
import { tokenOf } from './fold.ts';

/**
 * An adopted run goes on from a copy that may lack its end, and what that end started is on the hosts. So before a step of
 * such a run is started its host is asked for jobs of this run and step, under whatever number; one that is there is followed
 * instead (`effect.found` says so first). A step that acts without a job and may not be repeated cannot be told from the
 * world: it is in doubt, and a person decides. Resolves with that doubt, or with undefined: go on.
 */
export async function followLostTail(
  driving: Driving,
  effect: { readonly key: string; readonly step: PlannedStep; readonly kind: StepKind },
  watch: ContactWatch,
): Promise<EffectResult | undefined> {
  const { log, reach } = driving;
  const { key, step, kind } = effect;
  if (!mayLackItsEnd(driving) || log.run.tokens.has(key)) return undefined;
  const host = kind.jobHost?.(step.spec as never, log.plan.world);
  if (host === undefined) {
    if (step.idempotent || step.hosts.length === 0 || wasDoubted(log.events, step.id)) return undefined;
    return inDoubt(
      step,
      'the record was continued from a copy, and the world does not tell whether its lost end ran it',
    );
  }
  const { run } = log.began;
  const jobs = await withContact(() => reach.jobs.find(host, run, watch.signal), { ...watch, mayHaveBegun: true });
  const ours = jobs.filter(({ token }) => stepOfToken(run, token) === step.id);
  const chosen = jobToFollow(ours, spentTokens(run, log.events));
  if (chosen === undefined || chosen === tokenOf(log.run, run, key)) return undefined;
  const others = ours.map(({ token }) => token).filter((token) => token !== chosen);
  await log.append([{ type: 'effect.found', by: 'drp', data: { key, step: step.id, host, token: chosen, others } }]);
  return undefined;
}

/** Jobs of an adopted run that run on its hosts now, and in words where nobody could look. For stopping everything. */
export async function lostJobs(
  driving: Driving,
  only: string | undefined,
  signal: AbortSignal,
): Promise<{
  readonly running: readonly { readonly step: string; readonly token: string }[];
  readonly unknown: readonly string[];
}> {
  if (!mayLackItsEnd(driving)) return { running: [], unknown: [] };
  const { log, reach } = driving;
  const { run } = log.began;
  const steps = stepsOf(log.plan).filter((step) => step.kind !== 'gate' && (only === undefined || step.id === only));
  const hosts = new Set(
    steps.flatMap((step) => kindOf(driving, step).jobHost?.(step.spec as never, log.plan.world) ?? []),
  );
  const running: { step: string; token: string }[] = [];
  const unknown: string[] = [];
  await Promise.all(
    [...hosts].map(async (host) => {
      try {
        for (const { token, state } of await reach.jobs.find(host, run, signal)) {
          const step = stepOfToken(run, token);
          const wanted = steps.some(({ id }) => id === step);
          if (wanted && (state === 'running' || state === 'accepted')) running.push({ step, token });
        }
      } catch (thrown) {
        if (signal.aborted) throw thrown;
        unknown.push(`whether jobs of the lost end of the record run on ${host}: ${toError(thrown).message}`);
      }
    }),
  );
  return { running, unknown };
}

/** An adopted record may lack what its original did after the copy was made. */
export function mayLackItsEnd(driving: Pick<Driving, 'log'>): boolean {
  return driving.log.run.lineage !== '' && driving.log.began.data.mode !== 'dry-run';
}

/** What runs is followed before all else; else the latest of which the record does not know the end. */
function jobToFollow(jobs: readonly FoundJob[], spent: ReadonlySet<string>): string | undefined {
  const running = jobs.findLast(({ state }) => state === 'running');
  return (running ?? jobs.findLast(({ token }) => !spent.has(token)))?.token;
}

/** Tokens whose end is on record, and those that were found before. */
function spentTokens(run: string, events: readonly Event[]): ReadonlySet<string> {
  return new Set(
    events.flatMap((event) => {
      if (event.type === 'effect.found') return [event.data.token, ...event.data.others];
      return event.type === 'step.done' || event.type === 'step.failed' ? [`${run}.${event.data.key}`] : [];
    }),
  );
}

/** A person has decided about this step since the adoption: asking again would never end. */
function wasDoubted(events: readonly Event[], step: string): boolean {
  const adopted = events.findLastIndex((event) => event.type === 'run.adopted');
  return events.slice(adopted).some((event) => event.type === 'step.failed' && event.data.step === step);
}

/** `RUN.SEQ.STEP` or `RUN.SEQaLINEAGE.STEP` → `STEP`. */
function stepOfToken(run: string, token: string): string {
  return /^[0-9]+(?:a[0-9a-f]+)?\.(.+)$/.exec(token.slice(run.length + 1))?.[1] ?? '';
}
