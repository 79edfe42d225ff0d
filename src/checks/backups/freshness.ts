import { heldSpans } from './retention.ts';

/** A copy may come this much later than its rhythm before it counts as late. */
const lateness = 1.5;
const dayMs = 86_400_000;

/**
 * The instant that the newest copy of a source may not be older than. A source that holds even or odd days is measured by
 * its own days; sources that share a rhythm without saying how are allowed to take turns.
 */
export function dueMs(
  source: { readonly days?: 'even' | 'odd' | undefined },
  backup: { readonly everyMs: number; readonly sources: number },
  nowMs: number,
): number {
  const slackMs = backup.everyMs * lateness;
  if (source.days === undefined) return nowMs - slackMs * backup.sources;
  // A month that ends on an odd day is followed by another odd day: four days back hold at least one of either kind.
  const spans = heldSpans({ fromMs: Math.floor(nowMs / dayMs - 4) * dayMs, toMs: nowMs }, source.days);
  const over = spans.filter(({ fromMs, toMs }) => toMs - fromMs > slackMs || toMs - fromMs === dayMs);
  const last = over.at(-1);
  return last === undefined ? nowMs - 4 * dayMs : last.toMs - slackMs;
}
