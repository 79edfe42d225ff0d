import { readAtMost } from '../../base/read-at-most.ts';
import { sha256Hex } from '../../events/digest.ts';
import type { Journal } from '../../journal/journal.ts';
import type { Plan } from '../../plan/plan.ts';
import { runbookBytesMax } from '../../plan/runbook-bytes.ts';
import { driveRun } from '../drive-run.ts';
import { examples } from '../examples.ts';
import type { Io, VerbAnswer } from '../io.ts';
import { pickRun } from '../pick-run.ts';
import { planOf } from '../plan-of.ts';
import type { Verb } from '../verb.ts';
import { openExecutor, withJournal } from '../wire.ts';

interface ResumeOptions {
  readonly run?: string;
  readonly site?: string;
  readonly journal?: string;
  readonly takeover?: boolean;
  readonly reason?: string;
  readonly wait?: boolean;
}

export const verb: Verb = (command, { io, action }) => {
  command
    .option('--run <run>', 'run to go on with; else the one under way')
    .option('--site <name>', 'the run of this site')
    .option('--takeover', 'take the run from a driver that is surely gone; needs --reason')
    .option('--reason <text>', 'with --takeover: how you know that it is gone; goes into the record')
    .option('--wait', 'without a terminal: stay at a gate and listen, instead of parking')
    .addHelpText(
      'after',
      `
What was started is looked for first: what still runs is followed, what ended is taken, what cannot
be told is put before a person. Nothing is run twice blindly. The plan is the one the run began with.
${examples([
  ['drp resume', 'the run under way, on this terminal'],
  ['drp resume --run k3f9-2a7m', 'one of several'],
  ["drp resume --takeover --reason 'the laptop burnt'", 'its driver is on another machine, and surely gone'],
])}`,
    )
    .action(
      action((options: ResumeOptions) => withJournal(io, options.journal, (journal) => resume(io, journal, options))),
    );
};

async function resume(io: Io, journal: Journal, options: ResumeOptions): Promise<VerbAnswer> {
  const row = await pickRun(journal, options, 'unfinished');
  // For the screen: the executor reads and checks the record itself.
  const plan = planOf(await journal.recall(row.run));
  await warnOfChanges(io, plan);
  const { executor, close } = await openExecutor(io, journal);
  try {
    return await driveRun(
      io,
      { journal, executor, run: row.run },
      {
        takeover: options.takeover === true,
        ...(options.reason === undefined ? {} : { takeoverReason: options.reason }),
        wait: options.wait === true,
      },
    );
  } finally {
    await close();
  }
}

/** The frozen plan goes on; what changed on disk since is said, because somebody may believe it counts. */
async function warnOfChanges(io: Io, { runbook }: Plan): Promise<void> {
  const { file, sha256 } = runbook;
  const text = await readAtMost(file, runbookBytesMax).catch(() => undefined);
  const now = text === undefined ? undefined : sha256Hex(text);
  if (now === sha256) return;
  const what = now === undefined ? 'cannot be read any more' : 'has changed since this run began';
  io.stderr.write(`${io.style.attention(`warning: ${file} ${what}; the run goes on with the plan it began with`)}\n`);
}
