import { systemClock } from '../../base/clock.ts';
import { readRuns } from '../../journal/read-runs.ts';
import { runSummaries } from '../../views/run-summaries.ts';
import { elapsedMs } from '../../views/run-summary.ts';
import { runStanding, runsText } from '../../views/runs-text.ts';
import { examples } from '../examples.ts';
import type { Io, VerbAnswer } from '../io.ts';
import type { Verb } from '../verb.ts';
import { withJournalRead } from '../wire.ts';

interface RunsOptions {
  readonly site?: string;
  readonly journal?: string;
}

export const verb: Verb = (command, { io, action }) => {
  command
    .option('--site <name>', 'only runs of this site')
    .addHelpText(
      'after',
      examples([
        ['drp runs', 'every run of the journal, newest first'],
        ['drp runs --site gravelines --json', 'as JSON'],
      ]),
    )
    .action(action((options: RunsOptions) => listRuns(io, options)));
};

async function listRuns(io: Io, options: RunsOptions): Promise<VerbAnswer> {
  return withJournalRead(io, options.journal, async (journal) => {
    const summaries = runSummaries(await readRuns(journal, options.site));
    const nowMs = systemClock.nowMs();
    return {
      text: runsText(summaries, nowMs),
      json: {
        journal: journal.url,
        runs: summaries.map((summary) => ({
          run: summary.run,
          site: summary.site,
          procedure: summary.procedure,
          mode: summary.mode,
          beganAt: summary.beganAt,
          elapsedMs: elapsedMs(summary, nowMs),
          outcome: summary.outcome ?? null,
          standing: runStanding(summary),
          head: summary.head,
        })),
      },
    };
  });
}
