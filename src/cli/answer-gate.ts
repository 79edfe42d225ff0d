import type { Command } from 'commander';
import { systemClock } from '../base/clock.ts';
import { DrpError } from '../base/errors.ts';
import type { Event, Statement } from '../events/event.ts';
import type { Waiting } from '../executor/executor.ts';
import { redTitles } from '../gates/policy.ts';
import type { Word } from '../gates/word.ts';
import { currentOsUser } from '../journal/driver.ts';
import type { Journal } from '../journal/journal.ts';
import { gateText } from '../views/gate-text.ts';
import { createAsk } from './ask.ts';
import type { Io, VerbAnswer } from './io.ts';
import { pickRun } from './pick-run.ts';
import { planOf } from './plan-of.ts';
import { deliver } from './send-word.ts';
import { needsSignature } from './sign-here.ts';
import { signOptions, signWord, type SignOptions } from './sign-word.ts';
import { readSignedElsewhere } from './signed-elsewhere.ts';
import { waitingNow } from './waiting-now.ts';
import { withJournal } from './wire.ts';

export interface AnswerOptions extends SignOptions {
  readonly run?: string;
  readonly site?: string;
  readonly journal?: string;
  readonly reason?: string;
  readonly statement?: string;
  readonly signed?: string;
  readonly signature?: string;
  readonly attest?: string;
  readonly words?: string;
  readonly number?: string;
  readonly witness?: string;
  readonly breakGlass?: boolean;
}

/** Options of approve and reject. */
export function answerOptions(command: Command): Command {
  return signOptions(
    command
      .argument('[gate]', 'gate to answer; may be left out where one is open')
      .option('--run <run>', 'run; else the one under way')
      .option('--site <name>', 'the run of this site')
      .option('--statement <digest>', 'what was read: 12 or more digits of the digest shown with the statement'),
  )
    .option('--signed <file>', 'an answer signed where drp is not: its text; - to paste text and signature')
    .option('--signature <file>', 'its signature; else FILE.sig, as ssh-keygen writes it')
    .option('--reason <text>', 'goes into the record; needed to reject, and where evidence is red');
}

interface OpenGate extends Waiting {
  readonly statement: NonNullable<Waiting['statement']>;
  readonly statementDigest: string;
}

/** Shows what the gate shows, has the answer typed or bound to its digest, signs it where asked, and hands it to the run. */
export async function answerGate(
  io: Io,
  decision: 'approve' | 'reject',
  given: { readonly gate: string | undefined; readonly options: AnswerOptions },
): Promise<VerbAnswer> {
  const { options } = given;
  if (options.signed !== undefined) return await handIn(io, decision, { ...given, signed: options.signed });
  return withJournal(io, options.journal, async (journal) => {
    const row = await pickRun(journal, options, 'unfinished');
    const { events, waiting } = await waitingNow(journal, row.run);
    const gate = openGate(waiting, given.gate, { run: row.run, events });
    const reason = await settleAnswer(io, journal, { gate, decision, options });
    const word: Word = {
      verb: decision,
      run: row.run,
      subject: gate.subject,
      reason,
      statementDigest: gate.statementDigest,
      ...speaker(),
      ...asideOf(options),
    };
    const signed = await signWord(word, options, {
      plan: planOf(events),
      statement: gate.statement,
      at: systemClock.nowIso(),
      env: io.env,
    });
    return deliver(io, journal, signed);
  });
}

/** Hands in what was signed elsewhere: the driver judges it like any other word, and it names all that it answers. */
async function handIn(
  io: Io,
  decision: 'approve' | 'reject',
  given: { readonly gate: string | undefined; readonly options: AnswerOptions; readonly signed: string },
): Promise<VerbAnswer> {
  const { options, signed } = given;
  const { signature: file } = options;
  const { text, signature, approval } = await readSignedElsewhere(io, {
    signed,
    ...(file === undefined ? {} : { signature: file }),
  });
  const { run, gate, person, reason, statementDigest } = approval;
  if (approval.decision !== decision || (given.gate ?? gate) !== gate || (options.run ?? run) !== run) {
    const what = `the signed text says: ${approval.decision} gate '${gate}' of run ${run}`;
    throw new DrpError('wrong-usage', { what, command: decision });
  }
  return withJournal(io, options.journal, async (journal) => {
    await pickRun(journal, { run }, 'unfinished');
    const word: Word = {
      verb: decision,
      run,
      subject: gate,
      reason,
      person,
      statementDigest,
      ...speaker(),
      signed: { text, signature },
    };
    return deliver(io, journal, word);
  });
}

/** Ways past the ordinary policy, where the gate's allows them. */
function asideOf(options: AnswerOptions): Pick<Word, 'attested' | 'breakGlass'> {
  const { attest: person, words, number, witness, breakGlass } = options;
  if (person === undefined) return breakGlass === true ? { breakGlass } : {};
  if (words === undefined || number === undefined || witness === undefined) {
    const what = '--attest goes with --words, --number and --witness';
    throw new DrpError('wrong-usage', { what, command: 'approve' });
  }
  return { attested: { person, words, number, witness }, ...(breakGlass === true ? { breakGlass } : {}) };
}

function speaker(): Pick<Word, 'osUser' | 'path'> {
  return { osUser: currentOsUser(), path: 'spool' };
}

export function openGate(
  waiting: readonly Waiting[],
  named: string | undefined,
  told: { readonly run: string; readonly events: readonly Event[] },
): OpenGate {
  const { run, events } = told;
  const open = waiting.flatMap((one) => {
    const { statement, statementDigest } = one;
    return statement === undefined || statementDigest === undefined ? [] : [{ ...one, statement, statementDigest }];
  });
  const fits = named === undefined ? open : open.filter((one) => one.subject === named);
  const [gate, second] = fits;
  const advice = `See what waits: drp status --run ${run}.`;
  if (second !== undefined) {
    throw new DrpError('nothing-to-do', {
      what: `several gates are open: ${fits.map((one) => one.subject).join(', ')}; name one`,
      advice,
    });
  }
  if (gate === undefined) {
    const last = events.findLast((event) => event.type === 'gate.decided' && event.data.gate === named);
    if (last?.type === 'gate.decided') {
      const { person, at, decision } = last.data;
      throw new DrpError('already-decided', { subject: named ?? '', person, at, decision, run });
    }
    const what = named === undefined ? `no gate of run ${run} is open` : `gate '${named}' of run ${run} is not open`;
    throw new DrpError('nothing-to-do', { what, advice });
  }
  return gate;
}

/** What is approved must have been seen: on a terminal the word is typed under it, elsewhere its digest is named. */
async function settleAnswer(
  io: Io,
  journal: Journal,
  answer: { readonly gate: OpenGate; readonly decision: 'approve' | 'reject'; readonly options: AnswerOptions },
): Promise<string> {
  const { gate, decision, options } = answer;
  const { statement, statementDigest } = gate;
  const shown = gateText(statement, {
    width: io.width,
    style: io.style,
    nowMs: systemClock.nowMs(),
    digest: statementDigest,
    journal: journal.url,
  });
  if (options.statement !== undefined) {
    checkDigest(options.statement, gate, statement.run);
    if (!io.json) io.stderr.write(shown);
  } else if (io.interactive) {
    io.stderr.write(shown);
    if (decision === 'approve') {
      refuseFixedRed(statement);
      refuseUnsigned(statement, options);
    }
    await typeWord(io, decision === 'approve' ? statement.word : 'reject', decision);
  } else {
    io.stderr.write(shown);
    throw new DrpError('facts-missing', {
      what: `which statement is meant (gate '${gate.subject}' shows ${statementDigest.slice(0, 12)}, above)`,
      options: `--statement ${statementDigest.slice(0, 12)}`,
    });
  }
  if (decision === 'approve') refuseFixedRed(statement);
  return reasonFor(io, decision, { given: options.reason, gate });
}

/** Said before a reason is asked for: none would count. */
function refuseFixedRed(statement: Statement): void {
  const { run, gate } = statement;
  const { fixed } = redTitles(statement);
  if (fixed.length > 0) throw new DrpError('evidence-red', { run, gate, what: fixed.join(', ') });
}

/** Said before anything is typed: the word of an OS user alone would be refused. */
function refuseUnsigned(statement: Statement, { key, agent, attest, breakGlass }: AnswerOptions): void {
  const { run, gate, policy } = statement;
  if (!needsSignature(statement) || key !== undefined || agent === true || attest !== undefined || breakGlass === true)
    return;
  throw new DrpError('strength-too-low', { gate, run, needed: policy.strength, found: 'os-user' });
}

function checkDigest(named: string, gate: OpenGate, run: string): void {
  const digest = named.toLowerCase();
  if (!/^[0-9a-f]{12,64}$/.test(digest)) {
    throw new DrpError('wrong-usage', { what: '--statement takes 12 to 64 hexadecimal digits', command: 'approve' });
  }
  if (!gate.statementDigest.startsWith(digest)) {
    throw new DrpError('approval-stale', {
      gate: gate.subject,
      run,
      reason: `it shows ${gate.statementDigest.slice(0, 12)} now, the answer names ${digest.slice(0, 12)}`,
    });
  }
}

async function typeWord(io: Io, word: string, decision: string): Promise<void> {
  const answer = await createAsk(io).question({
    message: `To ${decision}, type '${word}'; Ctrl-C leaves:`,
    refuse: (text) => (text === word ? undefined : `nothing done: type '${word}', whole`),
  });
  if (answer.kind !== 'typed')
    throw new DrpError('nothing-to-do', { what: 'left without an answer', advice: 'Nothing was done.' });
}

async function reasonFor(
  io: Io,
  decision: 'approve' | 'reject',
  about: { readonly given: string | undefined; readonly gate: OpenGate },
): Promise<string> {
  if (about.given !== undefined) return about.given;
  const red = about.gate.statement.evidence.filter((item) => item.severity === 'red');
  if (decision === 'approve' && red.length === 0) return '';
  const what =
    decision === 'reject'
      ? 'Reason to reject'
      : `Reason to go on although evidence is red (${red.map((item) => item.title).join('; ')})`;
  if (!io.interactive) throw new DrpError('facts-missing', { what, options: '--reason TEXT' });
  const answer = await createAsk(io).question({
    message: `${what}:`,
    refuse: (text) => (text.length >= 3 ? undefined : 'a few words are needed: they go into the record'),
    pasteAllowed: true,
  });
  if (answer.kind !== 'typed')
    throw new DrpError('nothing-to-do', { what: 'left without an answer', advice: 'Nothing was done.' });
  return answer.text;
}
