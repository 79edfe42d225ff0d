import { DrpError } from '../../base/errors.ts';
import { watchOf } from '../../events/watch.ts';
import type { PeopleContext } from '../../gates/people.ts';
import { deciders, requireRole } from '../../gates/policy.ts';
import { sayBeside } from '../beside.ts';
import { examples } from '../examples.ts';
import type { Io, VerbAnswer } from '../io.ts';
import { pickRun } from '../pick-run.ts';
import { planOf } from '../plan-of.ts';
import { sayOptions, sayWord, type SayOptions } from '../say-word.ts';
import type { Verb } from '../verb.ts';
import { withJournal } from '../wire.ts';

interface HandoverOptions extends SayOptions {
  readonly to: string;
  readonly note: string;
}

export const verb: Verb = (command, { io, action }) => {
  sayOptions(command)
    .requiredOption('--to <person>', 'who leads from now on, as the runbook names them')
    .requiredOption('--note <text>', 'what they must know; goes into the record')
    .addHelpText(
      'after',
      `
The lead of the watch passes on; who drives and who may approve does not change. drp status shows who
has the watch and since when.
${examples([["drp handover --to vera --note 'files are copying, import is next; dump is the 02:00 one'", 'the run under way']])}`,
    )
    .action(action((options: HandoverOptions) => handover(io, options)));
};

async function handover(io: Io, options: HandoverOptions): Promise<VerbAnswer> {
  const said = { verb: 'decide', decision: 'handover', subject: options.to, reason: options.note } as const;
  const beside = await withJournal(io, options.journal, async (journal) => {
    const row = await pickRun(journal, options, 'unfinished');
    const events = await journal.read(row.run);
    refuseUnknown(row.run, options.to, planOf(events).world.people);
    if ((await journal.holder(row.run)) !== undefined) return undefined;
    await sayBeside(
      journal,
      { ...said, run: row.run },
      {
        events,
        options,
        env: io.env,
        draft: ({ person, identity }) => {
          const from = watchOf(events)?.person ?? person;
          return {
            type: 'watch.handed',
            by: person,
            data: { from, to: options.to, reason: options.note, person, identity },
          };
        },
      },
    );
    return { run: row.run, to: options.to };
  });
  if (beside === undefined) return sayWord(io, options, said);
  return { text: `${beside.to} has the watch of run ${beside.run}`, json: { ...beside, outcome: 'accepted' } };
}

/** The lead can decide. */
function refuseUnknown(run: string, to: string, people: PeopleContext['people']): void {
  if (people[to] === undefined) throw new DrpError('person-unknown', { who: `'${to}'` });
  requireRole(people, { person: to, roles: deciders }, { run, verb: 'handover', subject: to });
}
