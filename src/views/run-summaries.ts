import type { Event } from '../events/event.ts';
import { runSummary, type RunSummary } from './run-summary.ts';

/** Summaries of a journal's runs: what one run left and another settled is settled, with who did it. */
export function runSummaries(runs: readonly (readonly Event[])[]): readonly RunSummary[] {
  const settled = new Map<string, { readonly at: string; readonly by: string; readonly reason: string }>();
  for (const event of runs.flat()) {
    if (event.type !== 'obligation.settled' || settled.has(event.data.id)) continue;
    const { id, person, reason } = event.data;
    settled.set(id, { at: event.at, by: person, reason });
  }
  return runs
    .flatMap((events) => runSummary(events) ?? [])
    .map((summary) => ({
      ...summary,
      obligations: summary.obligations.map((one) => {
        const found = one.settled ?? settled.get(one.id);
        return found === undefined ? one : { ...one, settled: found };
      }),
    }));
}
