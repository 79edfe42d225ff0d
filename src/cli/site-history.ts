import { isDrpError } from '../base/errors.ts';
import type { Event } from '../events/event.ts';
import { runFacts } from '../executor/facts.ts';
import type { History } from '../executor/history.ts';
import { estimatesFor, timingsOf } from '../executor/timings-of-site.ts';
import type { Journal } from '../journal/journal.ts';
import { readRuns } from '../journal/read-runs.ts';
import type { Estimates } from '../plan/estimates.ts';
import type { Plan } from '../plan/plan.ts';
import { printableLine } from '../views/escape.ts';
import type { Io } from './io.ts';
import { planOf } from './plan-of.ts';
import { withJournalRead } from './wire.ts';

/** What other runs of the site tell about the steps of this run, by what it has found to move so far. */
export async function estimatesOfRun(journal: Journal, run: string, events: readonly Event[]): Promise<Estimates> {
  const plan = planOf(events);
  const timings = timingsOf(plan, await readRuns(journal, plan.site), run);
  return estimatesFor(plan, { timings }, runFacts(events));
}

/** The same for a plan no run was begun with. Where no journal can be read there is no history, and it is said: a plan needs none. */
export async function historyOfPlans(
  io: Io,
  journalUrl: string | undefined,
  plans: readonly Plan[],
): Promise<readonly History[]> {
  const { historyOf } = await import('../executor/history.ts');
  const site = plans[0]?.site;
  try {
    return await withJournalRead(io, journalUrl, async (journal) => {
      const runs = site === undefined ? [] : await readRuns(journal, site);
      return plans.map((plan) => historyOf(plan, runs));
    });
  } catch (error) {
    if (journalUrl !== undefined || !isDrpError(error)) throw error;
    if (error.code !== 'journal-missing')
      io.stderr.write(`what was rehearsed is not known here: ${printableLine(error.message)}\n`);
    return plans.map((plan) => historyOf(plan, []));
  }
}
