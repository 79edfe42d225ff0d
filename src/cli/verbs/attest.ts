import { systemClock } from '../../base/clock.ts';
import { DrpError } from '../../base/errors.ts';
import type { Situation } from '../../events/event.ts';
import { isOnPaper } from '../../executor/on-paper.ts';
import { currentOsUser } from '../../journal/driver.ts';
import { parseAttestForm, type AttestForm } from '../../runbook/attest-form.ts';
import { instantOf } from '../../runbook/outages.ts';
import { answersFromForm, attestedText, wordOfEntry } from '../attest-answers.ts';
import { checkForm, checkStep, future } from '../attest-check.ts';
import { driveRun } from '../drive-run.ts';
import { examples } from '../examples.ts';
import type { Io, VerbAnswer } from '../io.ts';
import { pickRun } from '../pick-run.ts';
import { planOf } from '../plan-of.ts';
import { digestGiven, readGivenText } from '../read-given.ts';
import { sayOptions, sayWord, type SayOptions } from '../say-word.ts';
import { starterOf } from '../start-run.ts';
import type { Verb } from '../verb.ts';
import { openExecutor, openRunbook, resolveProcedure, withJournal, withJournalMade } from '../wire.ts';

interface AttestOptions extends SayOptions {
  readonly runbooks?: string;
  readonly doneAt?: string;
  readonly evidence?: string;
  readonly file?: string;
  readonly by?: string;
  readonly form?: string;
  readonly onPaper?: boolean;
  readonly wait?: boolean;
}

export const verb: Verb = (command, { io, action }) => {
  sayOptions(command.argument('[step]', 'step that was done by hand, as drp status names it'))
    .option('--done-at <instant>', 'when it was done, with its zone: 2026-11-21T14:31Z')
    .option('--by <name>', 'who did it')
    .option('--evidence <text>', 'what shows that it is done')
    .option('--file <file>', 'a photograph, an output: its name and SHA-256 go into the record')
    .option('--form <file>', 'several steps, or a whole run: the log of the booklet, as YAML')
    .option('--on-paper', 'with --form and --run: the rest of this run is done by hand; no step is started any more')
    .option('--runbooks <folder>', 'where runbooks are looked for')
    .option('--wait', 'without a terminal: stay at a gate and listen, instead of parking')
    .addHelpText(
      'after',
      `
What was done by hand comes back into the record as mark-done, under the same policy: a restoration is attested by
somebody other than who drives the run, and what a step left in the world is looked at. With --form and no --run a run
is begun from the runbook as it is, and no step of it is started: gates are approved by their people as ever.
${examples([
  [
    "drp attest copy-files --run k3f9-2a7m --done-at 2026-11-21T14:31Z --by vera --evidence '312 files, checksums equal'",
    'one step',
  ],
  ['drp attest --run k3f9-2a7m --form log.yaml --on-paper', 'the rest of a run that was finished on paper'],
  ['drp attest --site gravelines --form log.yaml --person vera --key vera.key', 'a whole run done on paper'],
])}`,
    )
    .action(action((step: string | undefined, options: AttestOptions) => attest(io, step, options)));
};

async function attest(io: Io, step: string | undefined, options: AttestOptions): Promise<VerbAnswer> {
  if (options.form !== undefined) {
    const text = await readGivenText(io, options.form, 'attest');
    const form = parseAttestForm(text, options.form);
    return options.run === undefined ? await wholeRun(io, form, options) : await intoRun(io, form, options);
  }
  const { doneAt = '', by = '' } = options;
  const at = instantOf(doneAt);
  const missing = [
    step === undefined ? 'the step' : '',
    at === undefined ? `--done-at (an instant with its zone${doneAt === '' ? '' : `, found '${doneAt}'`})` : '',
    by === '' ? '--by' : '',
    options.evidence === undefined && options.file === undefined ? '--evidence or --file' : '',
  ].filter((one) => one !== '');
  if (step === undefined || at === undefined || missing.length > 0) {
    throw new DrpError('wrong-usage', { what: `missing: ${missing.join(', ')}`, command: 'attest' });
  }
  const early = future('--done-at', at, systemClock.nowMs());
  if (early.length > 0) throw new DrpError('wrong-usage', { what: early.join('; '), command: 'attest' });
  const evidence = attestedText({ at, by, evidence: await evidenceOf(io, options) });
  const word = {
    verb: 'decide',
    subject: step,
    decision: 'mark-done',
    reason: 'done by hand',
    evidence,
  } as const;
  return await sayWord(io, { ...options, check: (plan) => checkStep(plan, step) }, word);
}

async function evidenceOf(io: Io, { evidence, file }: AttestOptions): Promise<string> {
  if (file === undefined) return evidence ?? '';
  const kept = `file ${file}, sha256 ${await digestGiven(io, file, 'attest')}`;
  return evidence === undefined ? kept : `${evidence} (${kept})`;
}

/** A run is begun with the plan of the runbook as it is, and brought to where the paper is. */
async function wholeRun(io: Io, form: AttestForm, options: AttestOptions): Promise<VerbAnswer> {
  const { site } = options;
  if (site === undefined) throw new DrpError('wrong-usage', { what: 'missing: --site or --run', command: 'attest' });
  const plan = await resolveProcedure(await openRunbook(io, site, options.runbooks), form.procedure);
  const starter = starterOf(plan, undefined);
  const { situation } = form;
  if (form.procedure !== 'return' && situation === undefined) {
    throw new DrpError('wrong-usage', { what: 'the form says no situation', command: 'attest' });
  }
  checkForm(form, plan, systemClock.nowMs());
  const told = situation === undefined ? {} : { situation: situationOf(situation) };
  return await withJournalMade(io, options.journal, async (journal) => {
    const { executor, close } = await openExecutor(io, journal);
    try {
      const mode = form.procedure === 'drill' ? 'drill' : 'real';
      const run = await executor.begin({ plan, mode, starter, ...told });
      return await onPaper(io, { journal, executor, run }, { form, options });
    } finally {
      await close();
    }
  });
}

function situationOf({ since, ...rest }: NonNullable<AttestForm['situation']>): Situation {
  return { ...rest, sinceAt: since };
}

/** Entries for a run that is there: driven from here where it is on paper, else said to whoever drives it, one after another. */
async function intoRun(io: Io, form: AttestForm, options: AttestOptions): Promise<VerbAnswer> {
  return await withJournal(io, options.journal, async (journal) => {
    const { run } = await pickRun(journal, options, 'unfinished');
    const events = await journal.read(run);
    checkForm(form, planOf(events), systemClock.nowMs());
    if (options.onPaper !== true && !isOnPaper(events)) return await said(io, { form, run }, options);
    const { executor, close } = await openExecutor(io, journal);
    try {
      return await onPaper(io, { journal, executor, run }, { form, options });
    } finally {
      await close();
    }
  });
}

async function said(
  io: Io,
  { form, run }: { readonly form: AttestForm; readonly run: string },
  options: AttestOptions,
): Promise<VerbAnswer> {
  const answers: object[] = [];
  for (const entry of form.entries) {
    if ('gate' in entry) continue;
    const word = wordOfEntry(entry, { run, osUser: currentOsUser() });
    const answer = await sayWord(io, { ...options, run }, word);
    answers.push(answer.json);
    if (!io.json && answer.text !== undefined) io.stdout.write(`${answer.text.trimEnd()}\n`);
    // What follows may only be said once this stands.
    if ((answer.exitCode ?? 0) !== 0 || !('outcome' in answer.json) || answer.json.outcome !== 'accepted') {
      return { json: { run, answers }, exitCode: answer.exitCode ?? 75 };
    }
  }
  return { json: { run, answers } };
}

async function onPaper(
  io: Io,
  at: Parameters<typeof driveRun>[1],
  { form, options }: { readonly form: AttestForm; readonly options: AttestOptions },
): Promise<VerbAnswer> {
  const events = await at.journal.read(at.run);
  const answers = answersFromForm(form, {
    io,
    plan: planOf(events),
    run: at.run,
    osUser: currentOsUser(),
    hand: options,
  });
  return await driveRun(io, at, {
    takeover: false,
    wait: options.wait === true,
    onPaper: true,
    answers,
    goOn: `drp attest --run ${at.run} --form ${options.form ?? 'FILE'}`,
  });
}
