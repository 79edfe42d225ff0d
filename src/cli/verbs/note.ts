import type { Word } from '../../gates/word.ts';
import { currentDriver, currentOsUser } from '../../journal/driver.ts';
import { judgedBeside } from '../beside.ts';
import { examples } from '../examples.ts';
import type { Io, VerbAnswer } from '../io.ts';
import { packageVersion } from '../overview.ts';
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
        ["drp note --run k3f9-2a7m 'lesson: the key was in the safe'", 'to a run that has ended'],
      ]),
    )
    .action(action((text: string, options: SayOptions) => note(io, text, options)));
};

async function note(io: Io, text: string, options: SayOptions): Promise<VerbAnswer> {
  const beside = await withJournal(io, options.journal, async (journal) => {
    const row = await pickRun(journal, options, 'any');
    if ((await journal.holder(row.run)) !== undefined) return undefined;
    const word: Word = {
      verb: 'note',
      run: row.run,
      subject: '',
      reason: text,
      osUser: currentOsUser(),
      path: 'spool',
    };
    const { person, identity } = await judgedBeside(word, options, {
      events: await journal.read(row.run),
      env: io.env,
      accepted: [],
    });
    const [event] = await journal.appendBeside(
      row.run,
      [{ type: 'note.added', by: person, data: { person, text, identity } }],
      currentDriver(packageVersion()),
    );
    return { run: row.run, seq: event?.seq ?? 0 };
  });
  if (beside === undefined) return sayWord(io, options, { verb: 'note', subject: '', reason: text });
  return { text: `noted in run ${beside.run}, event ${beside.seq}`, json: { ...beside, outcome: 'accepted' } };
}
