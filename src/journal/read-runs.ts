import type { Event } from '../events/event.ts';
import type { Journal } from './journal.ts';

/** The events of every run, or of every run of a site, oldest run first; `known`: one that was read already. Throws what reading throws. */
export async function readRuns(
  journal: Pick<Journal, 'runs' | 'read'>,
  site?: string,
  known?: { readonly run: string; readonly events: readonly Event[] },
): Promise<readonly (readonly Event[])[]> {
  const rows = [...(await journal.runs(site === undefined ? {} : { site }))];
  rows.sort((a, b) => a.beganAt.localeCompare(b.beganAt));
  const runs: (readonly Event[])[] = [];
  for (const { run } of rows) runs.push(run === known?.run ? known.events : await journal.read(run));
  return runs;
}
