import { systemClock } from '../../base/clock.ts';
import { DrpError } from '../../base/errors.ts';
import { currentOsUser } from '../../journal/driver.ts';
import type { Journal } from '../../journal/journal.ts';
import { toEvents } from '../../journal/rules.ts';
import { fold } from '../../views/layout.ts';
import { openCopy, type Copy } from '../copy-of-run.ts';
import { examples } from '../examples.ts';
import type { Io, VerbAnswer } from '../io.ts';
import { planOf } from '../plan-of.ts';
import { readGiven, readGivenText } from '../read-given.ts';
import { signOptions, signWord, type SignOptions } from '../sign-word.ts';
import type { Verb } from '../verb.ts';
import { openExecutor, withJournalMade } from '../wire.ts';

interface AdoptOptions extends SignOptions {
  readonly reason: string;
  readonly run?: string;
  readonly journal?: string;
  readonly allowedSigners?: string;
  readonly anchor?: readonly string[];
}

export const verb: Verb = (command, { io, action }) => {
  signOptions(
    command
      .command('adopt')
      .description('Continues a run in this journal from a copy of its record.')
      .argument('<file>', 'an export, a journal file of another machine, or a copy from a host of the run')
      .requiredOption('--reason <text>', 'why; goes into the record')
      .option('--run <run>', 'run, where the file holds several'),
  )
    .option('--allowed-signers <file>', 'who people are, from outside the record (ssh-keygen format)')
    .option('--anchor <text...>', "a head seen elsewhere, as tickets carry it: 'RUN SEQ:HEAD12'")
    .addHelpText(
      'after',
      `
The copy is verified first. It may lack its end: so on resume what was wanted is looked for in the world
before it is started, jobs that the lost end started are found and followed, and what cannot be told is
put before a person. The drivers of the original are refused by the hosts from then on. A run that has
ended is kept as a record; a return needs that of its activation: adopt it first.
${examples([
  ["drp run adopt k3f9-2a7m.jsonl --reason 'the laptop of otto burnt'", 'from drp audit export'],
  ["drp run adopt /mnt/otto/journal.sqlite --reason 'disk saved'", 'from the journal of another machine'],
])}`,
    )
    .action(
      action(async (file: string, options: AdoptOptions) => {
        const copy = await goodCopy(io, file, options);
        return await withJournalMade(io, options.journal, (journal) => adopt(io, { journal, copy }, options));
      }),
    );
};

/** Read and verified before a journal is made for it: a file that will not do leaves nothing behind. */
async function goodCopy(io: Io, file: string, options: AdoptOptions): Promise<Copy> {
  const copy = await openCopy(await readGiven(io, file, 'run adopt'), {
    path: file,
    cwd: io.cwd,
    ...(options.run === undefined ? {} : { run: options.run }),
  });
  await requireGood(io, copy, options);
  return copy;
}

async function adopt(
  io: Io,
  given: { readonly journal: Journal; readonly copy: Copy },
  options: AdoptOptions,
): Promise<VerbAnswer> {
  const { run, stored } = given.copy;
  const events = toEvents(run, stored);
  if (events.some((event) => event.type === 'run.ended')) {
    await given.journal.keep(run, stored);
    return {
      text: `kept run ${run}, which has ended: what later runs of its site build on`,
      json: { run, outcome: 'kept', journal: given.journal.url },
    };
  }
  const word = await signWord(
    {
      verb: 'decide',
      decision: 'adopt',
      run,
      subject: '',
      reason: options.reason,
      osUser: currentOsUser(),
      path: 'terminal',
    },
    options,
    { plan: planOf(events), at: systemClock.nowIso(), env: io.env },
  );
  const { executor, close } = await openExecutor(io, given.journal);
  try {
    await executor.adopt({ run, stored, word });
  } finally {
    await close();
  }
  const last = events.at(-1);
  const head = `${last?.seq ?? 0}:${last?.hash.slice(0, 12) ?? ''}`;
  return {
    text: fold(
      `adopted run ${run} from a copy that ends with event ${head} (${last?.at ?? '?'}); nothing was done to the world\ngo on with: drp resume --run ${run}`,
      io.width,
    ),
    json: {
      run,
      outcome: 'adopted',
      from: { seq: last?.seq ?? 0, hash: last?.hash ?? '' },
      journal: given.journal.url,
    },
  };
}

/** The same check as `drp audit verify`: what is continued must be what happened. */
async function requireGood(io: Io, copy: Copy, options: AdoptOptions): Promise<void> {
  const [{ verifyExport }, { createAnswerCheck }] = await Promise.all([
    import('../../journal/verify.ts'),
    import('../../gates/answer-check.ts'),
  ]);
  const signers = options.allowedSigners;
  const allowedSigners = signers === undefined ? {} : { allowedSigners: await readGivenText(io, signers, 'run adopt') };
  const verdict = verifyExport(copy.exported, {
    checkAnswer: createAnswerCheck(allowedSigners),
    anchors: options.anchor ?? [],
  });
  if (verdict.good) return;
  const reason = verdict.problems[0]?.message ?? 'it could not be verified';
  throw new DrpError('copy-unverified', { run: verdict.run, goodUpTo: verdict.upToSeq, reason });
}
