import { sayBeside } from '../beside.ts';
import { examples } from '../examples.ts';
import type { Io, VerbAnswer } from '../io.ts';
import { pickRun } from '../pick-run.ts';
import { sayOptions, sayWord, type SayOptions } from '../say-word.ts';
import type { Verb } from '../verb.ts';
import { withJournal } from '../wire.ts';

export const verb: Verb = (command, { io, action }) => {
  sayOptions(command.argument('<text>', 'what to note'))
    .addHelpText(
      'after',
      examples([
        ["drp note 'called the datacentre: two hours at least'", 'to the run under way'],
        ["drp note --run k3f9-2a7m 'the customer called: all is well'", 'to a run that has ended'],
      ]),
    )
    .action(action((text: string, options: SayOptions) => note(io, text, options)));
};

async function note(io: Io, text: string, options: SayOptions): Promise<VerbAnswer> {
  const said = { verb: 'note', subject: '', reason: text } as const;
  const beside = await withJournal(io, options.journal, async (journal) => {
    const row = await pickRun(journal, options, 'any');
    if ((await journal.holder(row.run)) !== undefined) return undefined;
    const events = await journal.read(row.run);
    const { seq } = await sayBeside(
      journal,
      { ...said, run: row.run },
      {
        events,
        options,
        env: io.env,
        draft: ({ person, identity }) => ({ type: 'note.added', by: person, data: { person, text, identity } }),
      },
    );
    return { run: row.run, seq };
  });
  if (beside === undefined) return sayWord(io, options, said);
  return { text: `noted in run ${beside.run}, event ${beside.seq}`, json: { ...beside, outcome: 'accepted' } };
}
