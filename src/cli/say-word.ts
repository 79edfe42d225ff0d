import type { Command } from 'commander';
import { systemClock } from '../base/clock.ts';
import { DrpError } from '../base/errors.ts';
import type { Word } from '../gates/word.ts';
import { currentOsUser } from '../journal/driver.ts';
import type { Plan } from '../plan/plan.ts';
import type { Io, VerbAnswer } from './io.ts';
import { pickRun } from './pick-run.ts';
import { planOf } from './plan-of.ts';
import { deliver } from './send-word.ts';
import { signOptions, signWord, type SignOptions } from './sign-word.ts';
import { withJournal } from './wire.ts';

export interface SayOptions extends SignOptions {
  readonly run?: string;
  readonly site?: string;
  readonly journal?: string;
}

/** Options of every verb that says something to a run. */
export function sayOptions(command: Command): Command {
  return signOptions(
    command.option('--run <run>', 'run; else the one under way').option('--site <name>', 'the run of this site'),
  );
}

/** Says a word to the driver of a run. Throws run-ended where none will come back to hear it. */
export function sayWord(
  io: Io,
  options: SayOptions & {
    /** May refuse the word beforehand, by the plan of the run. */
    readonly check?: (plan: Plan) => void;
  },
  said: Pick<Word, 'verb' | 'subject' | 'reason' | 'decision' | 'evidence'>,
): Promise<VerbAnswer> {
  return withJournal(io, options.journal, async (journal) => {
    const row = await pickRun(journal, options, 'unfinished');
    const word: Word = { ...said, run: row.run, osUser: currentOsUser(), path: 'spool' };
    const events = await journal.read(row.run);
    const ended = events.findLast((event) => event.type === 'run.ended');
    if (ended !== undefined) throw new DrpError('run-ended', { run: row.run, outcome: ended.data.outcome });
    const plan = planOf(events);
    options.check?.(plan);
    return deliver(io, journal, await signWord(word, options, { plan, at: systemClock.nowIso(), env: io.env }));
  });
}
