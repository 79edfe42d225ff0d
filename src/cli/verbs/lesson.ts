import { systemClock } from '../../base/clock.ts';
import { DrpError } from '../../base/errors.ts';
import { randomIds } from '../../base/ids.ts';
import { lessonPromise } from '../../gates/answer-check.ts';
import { readRuns } from '../../journal/read-runs.ts';
import { lessonsOfRuns, lessonsText } from '../../views/lessons-text.ts';
import { lessonsIn } from '../../views/report/lessons.ts';
import { sayBeside } from '../beside.ts';
import { examples } from '../examples.ts';
import type { Io, VerbAnswer } from '../io.ts';
import { pickRun } from '../pick-run.ts';
import { sayOptions, type SayOptions } from '../say-word.ts';
import type { Verb } from '../verb.ts';
import { withJournal } from '../wire.ts';

interface AddOptions extends SayOptions {
  readonly owner: string;
  readonly due: string;
}
interface CloseOptions extends SayOptions {
  readonly reason: string;
}
interface ListOptions {
  readonly site?: string;
  readonly journal?: string;
  readonly all?: boolean;
}

export const verb: Verb = (command, { io, action }) => {
  sayOptions(command.command('add').argument('<text>', 'what should be better next time'))
    .description('Notes what was learned from a run, with who sees to it until when.')
    .requiredOption('--owner <name>', 'who sees to it')
    .requiredOption('--due <date>', 'the day it is due, e.g. 2026-12-31')
    .addHelpText(
      'after',
      examples([
        [
          "drp lesson add 'the spare key was in the lost building' --owner vera --due 2026-12-31",
          'to the run under way, else the latest',
        ],
      ]),
    )
    .action(action((text: string, options: AddOptions) => add(io, text, options)));
  sayOptions(command.command('close').argument('<id>', 'as drp lesson list names it'))
    .description('Says that a lesson was acted on, with what shows it.')
    .requiredOption('--reason <text>', 'what was done and what shows it; goes into the record')
    .addHelpText(
      'after',
      examples([["drp lesson close k3f9-2a7m.lesson-7h2k --reason 'key is in safe 2'", 'no longer in the list']]),
    )
    .action(action((id: string, options: CloseOptions) => close(io, id, options)));
  command
    .command('list')
    .description('Lessons that are open, those past their day first.')
    .option('--site <name>', 'only this site')
    .option('--all', 'closed ones too')
    .addHelpText('after', examples([['drp lesson list', 'what is still to be done']]))
    .action(action((options: ListOptions) => list(io, options)));
};

async function add(io: Io, text: string, options: AddOptions): Promise<VerbAnswer> {
  const dueAt = endOfDay(options.due);
  if (text.trim() === '' || options.owner.trim() === '') {
    throw new DrpError('wrong-usage', { what: 'a lesson needs a text and an owner', command: 'lesson add' });
  }
  return withJournal(io, options.journal, async (journal) => {
    const row = await pickRun(journal, options, 'any');
    const id = `${row.run}.lesson-${randomIds.run().slice(0, 4)}`;
    const { owner } = options;
    const said = { verb: 'decide', decision: 'lesson', run: row.run, subject: id, reason: text } as const;
    const events = await journal.read(row.run);
    const { person } = await sayBeside(
      journal,
      { ...said, evidence: lessonPromise(owner, dueAt) },
      {
        events,
        options,
        env: io.env,
        draft: ({ person, identity }) => {
          return { type: 'lesson.added', by: person, data: { id, text, owner, dueAt, person, identity } };
        },
      },
    );
    return {
      text: `noted: ${id}, for ${owner} until ${dueAt.slice(0, 10)}`,
      json: { id, run: row.run, person, owner, dueAt, outcome: 'added' },
    };
  });
}

async function close(io: Io, id: string, options: CloseOptions): Promise<VerbAnswer> {
  return withJournal(io, options.journal, async (journal) => {
    const runs = await readRuns(journal);
    const found = runs
      .flatMap((events) => lessonsIn(events).map((lesson) => ({ lesson, events })))
      .find(({ lesson }) => lesson.id === id);
    const advice = 'List them with: drp lesson list --all.';
    if (found === undefined) throw new DrpError('nothing-to-do', { what: `there is no lesson '${id}'`, advice });
    if (found.lesson.closed !== undefined) {
      const { by, at } = found.lesson.closed;
      throw new DrpError('nothing-to-do', { what: `lesson '${id}' was already closed by ${by} at ${at}`, advice });
    }
    const { events } = found;
    const run = events[0]?.run ?? '';
    const { reason } = options;
    const said = { verb: 'decide', decision: 'close-lesson', run, subject: id, reason } as const;
    const { person } = await sayBeside(journal, said, {
      events,
      options,
      env: io.env,
      draft: ({ person, identity }) => ({ type: 'lesson.closed', by: person, data: { id, person, reason, identity } }),
    });
    return { text: `closed: ${id}`, json: { id, run, person, outcome: 'closed' } };
  });
}

async function list(io: Io, options: ListOptions): Promise<VerbAnswer> {
  return withJournal(io, options.journal, async (journal) => {
    const all = lessonsOfRuns(await readRuns(journal, options.site));
    const shown = all.filter((lesson) => options.all === true || lesson.closed === undefined);
    return { text: lessonsText(shown, systemClock.nowIso(), io.width), json: { lessons: shown } };
  });
}

/** The last millisecond of a day, UTC. Throws wrong-usage for what is no day of the calendar. */
function endOfDay(day: string): string {
  const at = `${day}T23:59:59.999Z`;
  const ms = /^\d{4}-\d\d-\d\d$/.test(day) ? Date.parse(at) : Number.NaN;
  if (Number.isNaN(ms) || new Date(ms).toISOString() !== at) {
    throw new DrpError('wrong-usage', { what: `'${day}' is no day such as 2026-12-31`, command: 'lesson add' });
  }
  return at;
}
