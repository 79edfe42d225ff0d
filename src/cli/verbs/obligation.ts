import { DrpError } from '../../base/errors.ts';
import type { Journal } from '../../journal/journal.ts';
import { readRuns } from '../../journal/read-runs.ts';
import { obligationsText } from '../../views/obligations-text.ts';
import { runSummaries } from '../../views/run-summaries.ts';
import type { ObligationSummary } from '../../views/run-summary.ts';
import { sayBeside } from '../beside.ts';
import { examples } from '../examples.ts';
import type { Io, VerbAnswer } from '../io.ts';
import { signOptions, type SignOptions } from '../sign-word.ts';
import type { Verb } from '../verb.ts';
import { withJournal } from '../wire.ts';

interface ListOptions {
  readonly site?: string;
  readonly journal?: string;
  readonly all?: boolean;
}
interface SettleOptions extends SignOptions {
  readonly journal?: string;
  readonly reason: string;
}

export const verb: Verb = (command, { io, action }) => {
  command
    .command('list')
    .description('What sites still owe.')
    .option('--site <name>', 'only this site')
    .option('--all', 'settled ones too')
    .addHelpText('after', examples([['drp obligation list', 'everything that is owed']]))
    .action(action((options: ListOptions) => list(io, options)));
  signOptions(
    command
      .command('settle')
      .description('Says that a duty is done, with what shows it.')
      .argument('<id>', 'as drp obligation list names it')
      .requiredOption('--reason <text>', 'what was done and what shows it; goes into the record'),
  )
    .addHelpText(
      'after',
      examples([
        ["drp obligation settle k3f9-2a7m.fence --reason 'power is off, seen on the PDU at 04:10'", 'by a person'],
      ]),
    )
    .action(action((id: string, options: SettleOptions) => settle(io, id, options)));
};

async function list(io: Io, options: ListOptions): Promise<VerbAnswer> {
  return withJournal(io, options.journal, async (journal) => {
    const all = await obligationsOf(journal, options.site);
    const shown = options.all === true ? all : all.filter((one) => one.settled === undefined);
    return { text: obligationsText(shown, io.width), json: { obligations: shown } };
  });
}

async function settle(io: Io, id: string, options: SettleOptions): Promise<VerbAnswer> {
  return withJournal(io, options.journal, async (journal) => {
    const found = (await obligationsOf(journal, undefined)).find((one) => one.id === id);
    const advice = 'List them with: drp obligation list --all.';
    if (found === undefined) throw new DrpError('nothing-to-do', { what: `there is no obligation '${id}'`, advice });
    if (found.settled !== undefined) {
      const { by, at } = found.settled;
      throw new DrpError('nothing-to-do', { what: `obligation '${id}' was already settled by ${by} at ${at}`, advice });
    }
    const { reason } = options;
    const said = { verb: 'decide', decision: 'settle', run: found.run, subject: id, reason } as const;
    const events = await journal.read(found.run);
    const { person } = await sayBeside(journal, said, {
      events,
      options,
      env: io.env,
      draft: ({ person, identity }) => {
        return { type: 'obligation.settled', by: person, data: { id, person, reason, identity } };
      },
    });
    return { text: `settled: ${id}`, json: { id, run: found.run, person, outcome: 'settled' } };
  });
}

/** What the site's runs left, settled or not; a later run may have settled what an earlier one left. */
async function obligationsOf(journal: Journal, site: string | undefined): Promise<readonly ObligationSummary[]> {
  return runSummaries(await readRuns(journal, site)).flatMap(({ obligations }) => obligations);
}
