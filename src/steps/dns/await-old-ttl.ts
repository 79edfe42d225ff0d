import { formatDuration } from '../../base/duration.ts';
import { stepsOf } from '../../plan/phases.ts';
import type { PlannedStep } from '../../plan/plan.ts';
import type { StepContext, StepOutcome } from '../step-kind.ts';
import type { DnsOutput, DnsSpec } from './changes.ts';
import { approvedSets, ownOutputs } from './changes.ts';

/** When no cache that follows the TTL can hold an answer this run replaced: pure, so that a resume comes to the same instant. */
export function oldAnswersEndMs(outputs: readonly DnsOutput[]): number | undefined {
  const ends = outputs.flatMap(({ settledAt, changes }) =>
    changes.map(({ from }) => Date.parse(settledAt) + from.ttlSeconds * 1000),
  );
  return ends.length === 0 ? undefined : Math.max(...ends);
}

/**
 * The longest TTL that caches may still hold where the switch before this step was made by hand and left no result: nobody
 * noted when, so it counts from now (after a resume anew: longer than needed, never shorter). Undefined: not made by hand.
 */
export function ttlSwitchedByHand(
  step: Pick<PlannedStep, 'id'>,
  spec: DnsSpec,
  known: Pick<StepContext, 'plan' | 'facts'>,
): number | undefined {
  const steps = stepsOf(known.plan);
  const before = steps.slice(
    0,
    Math.max(
      0,
      steps.findIndex(({ id }) => id === step.id),
    ),
  );
  const last = before.findLast(
    (one) => one.spec.kind === 'dns' && one.spec.do === 'switch' && one.spec.zone === spec.zone,
  );
  if (last === undefined || known.facts.outputs[last.id] !== undefined) return undefined;
  const own = ownOutputs(spec.zone, known.facts.outputs).flatMap(({ changes }) => changes.map(({ to }) => to));
  const seconds = [...approvedSets(known.facts.choices[`dns:${spec.zone}`]), ...own].map(
    ({ ttlSeconds }) => ttlSeconds,
  );
  return seconds.length === 0 ? undefined : Math.max(...seconds);
}

/** Waits out the old TTL of every change this run made to the zone. Nothing is changed; asking again is safe. */
export async function awaitOldTtl(step: PlannedStep, spec: DnsSpec, context: StepContext): Promise<StepOutcome> {
  const byHandSeconds = ttlSwitchedByHand(step, spec, context);
  const ends = [
    oldAnswersEndMs(ownOutputs(spec.zone, context.facts.outputs)),
    byHandSeconds === undefined ? undefined : context.clock.nowMs() + byHandSeconds * 1000,
  ].filter((endMs) => endMs !== undefined);
  if (ends.length === 0) {
    const lines = ['this run changed nothing in this zone: there is no old answer to wait for'];
    return { kind: 'done', output: { zone: spec.zone, waitedUntil: context.clock.nowIso() }, lines };
  }
  const endMs = Math.max(...ends);
  for (let leftMs = endMs - context.clock.nowMs(); leftMs > 0; leftMs = endMs - context.clock.nowMs()) {
    const text = `old answers may live in caches for another ${formatDuration(leftMs)}`;
    context.report({ doneBytes: 0, totalBytes: 0, text, lastOutputAt: context.clock.nowIso() });
    await context.clock.sleep(Math.min(leftMs, 5_000), context.signal);
  }
  const until = new Date(endMs).toISOString();
  const lines = [`old answers ran out of caches at ${until} (resolvers that stretch a TTL apart)`];
  return { kind: 'done', output: { zone: spec.zone, waitedUntil: until }, lines };
}
