import { formatDuration } from '../../base/duration.ts';
import type { StepContext, StepOutcome } from '../step-kind.ts';
import type { DnsOutput, DnsSpec } from './changes.ts';
import { ownOutputs } from './changes.ts';

/** When no cache that follows the TTL can hold an answer this run replaced: pure, so that a resume comes to the same instant. */
export function oldAnswersEndMs(outputs: readonly DnsOutput[]): number | undefined {
  const ends = outputs.flatMap(({ settledAt, changes }) =>
    changes.map(({ from }) => Date.parse(settledAt) + from.ttlSeconds * 1000),
  );
  return ends.length === 0 ? undefined : Math.max(...ends);
}

/** Waits out the old TTL of every change this run made to the zone. Nothing is changed; asking again is safe. */
export async function awaitOldTtl(spec: DnsSpec, context: StepContext): Promise<StepOutcome> {
  const endMs = oldAnswersEndMs(ownOutputs(spec.zone, context.facts.outputs));
  if (endMs === undefined) {
    const lines = ['this run changed nothing in this zone: there is no old answer to wait for'];
    return { kind: 'done', output: { zone: spec.zone, waitedUntil: context.clock.nowIso() }, lines };
  }
  for (let leftMs = endMs - context.clock.nowMs(); leftMs > 0; leftMs = endMs - context.clock.nowMs()) {
    const text = `old answers may live in caches for another ${formatDuration(leftMs)}`;
    context.report({ doneBytes: 0, totalBytes: 0, text, lastOutputAt: context.clock.nowIso() });
    await context.clock.sleep(Math.min(leftMs, 5_000), context.signal);
  }
  const until = new Date(endMs).toISOString();
  const lines = [`old answers ran out of caches at ${until} (resolvers that stretch a TTL apart)`];
  return { kind: 'done', output: { zone: spec.zone, waitedUntil: until }, lines };
}
