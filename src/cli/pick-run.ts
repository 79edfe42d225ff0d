import { DrpError } from '../base/errors.ts';
import type { Journal, RunRow } from '../journal/journal.ts';

export interface RunChoice {
  readonly run?: string;
  readonly site?: string;
}

/**
 * The run that is meant: the one named, else the one that has not ended (of the site named), else, where ended runs
 * will do, the latest. Throws run-not-found, run-ambiguous, nothing-to-do.
 */
export async function pickRun(journal: Journal, choice: RunChoice, want: 'unfinished' | 'any'): Promise<RunRow> {
  const rows = await journal.runs(choice.site === undefined ? {} : { site: choice.site });
  if (choice.run !== undefined) {
    const named = rows.find((row) => row.run === choice.run);
    if (named === undefined) throw new DrpError('run-not-found', { run: choice.run, journal: journal.url });
    return named;
  }
  const unfinished = rows.filter((row) => !row.finished);
  const [first, second] = unfinished;
  if (first !== undefined && second === undefined) return first;
  const real = unfinished.filter((row) => row.mode === 'real');
  if (real.length === 1 && real[0] !== undefined) return real[0];
  if (first !== undefined) {
    throw new DrpError('run-ambiguous', {
      runs: unfinished.map((row) => `${row.run} (${row.site}, ${row.procedure})`).join(', '),
    });
  }
  const latest = rows[0];
  if (want === 'any' && latest !== undefined) return latest;
  const where = choice.site === undefined ? '' : ` of site '${choice.site}'`;
  throw new DrpError('nothing-to-do', {
    what:
      want === 'any' ? `there is no run${where} in ${journal.url}` : `no run${where} is under way in ${journal.url}`,
    advice: 'List runs with: drp runs. Begin one with: drp activate --site SITE.',
  });
}
