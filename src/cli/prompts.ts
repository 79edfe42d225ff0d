import { isDrpError } from '../base/errors.ts';
import type { Waiting } from '../executor/executor.ts';
import type { Word } from '../gates/word.ts';
import type { Plan } from '../plan/plan.ts';
import { printableLine } from '../views/escape.ts';
import { gateText } from '../views/gate-text.ts';
import type { Answer, Ask, Question } from './ask.ts';
import { askCopy } from './choose-copy.ts';
import type { Io } from './io.ts';
import { askHand, needsSignature, wantsSignature } from './sign-here.ts';
import { signAs, type Hand } from './sign-word.ts';
import { tell } from './tell.ts';

/** What came of asking about one thing that waits. */
export type Prompted =
  | { readonly kind: 'word'; readonly word: Word }
  | { readonly kind: 'later' }
  | { readonly kind: 'withdrawn' }
  | { readonly kind: 'gone' };

export interface PromptContext {
  readonly io: Io;
  readonly ask: Ask;
  readonly run: string;
  readonly osUser: string;
  readonly plan: Plan;
  readonly journal: string;
  readonly nowMs: () => number;
  readonly signal: AbortSignal;
  /** Digest of the statement that stands on the screen from the question before. */
  readonly shown?: string;
  /** Phase of a step, where users may still be sent back from it. */
  readonly switchBackFrom: (step: string) => string | undefined;
}

/** Asks the person at the terminal about an open gate or a step that needs a decision. */
export function promptFor(waiting: Waiting, context: PromptContext): Promise<Prompted> {
  return waiting.kind === 'gate' ? promptGate(waiting, context) : promptAttention(waiting, context);
}

async function promptGate(waiting: Waiting, context: PromptContext): Promise<Prompted> {
  const { statement, statementDigest } = waiting;
  if (statement === undefined || statementDigest === undefined) return { kind: 'later' };
  const { io, journal, nowMs } = context;
  if (context.shown === statementDigest) {
    io.stderr.write(`Gate ${waiting.subject} stands as shown above, statement ${statementDigest.slice(0, 12)}.\n`);
    return answerOpen({ waiting, statement, statementDigest }, context);
  }
  io.stderr.write(
    gateText(statement, { width: io.width, style: io.style, nowMs: nowMs(), digest: statementDigest, journal }),
  );
  if (needsSignature(statement)) {
    const approve = `drp approve ${waiting.subject} --run ${context.run} --key FILE`;
    io.stderr.write(`Approved by a signature alone: 'sign' here, or\n  ${approve}\n`);
  }
  return answerOpen({ waiting, statement, statementDigest }, context);
}

interface OpenGate {
  readonly waiting: Waiting;
  readonly statement: NonNullable<Waiting['statement']>;
  readonly statementDigest: string;
}

/** An open gate, whoever is asked about it, and the hand that signs for him where one does. */
interface Answering {
  readonly gate: OpenGate;
  readonly context: PromptContext;
  readonly hand: Hand | undefined;
}

/**
 * The question under an open gate. With a `hand` the answer is signed: only yes or no can be. Without one its word is not taken
 * where an approval needs a signature: it would only be refused.
 */
async function answerOpen(gate: OpenGate, context: PromptContext, hand?: Hand): Promise<Prompted> {
  const answering: Answering = { gate, context, hand };
  const answer = await context.ask.question({ ...questionOf(answering), signal: context.signal });
  if (answer.kind !== 'typed') return unanswered(answer);
  switch (answer.text) {
    case 'sign': {
      const found = await askHand(context);
      return 'signer' in found ? answerOpen(gate, context, found) : unanswered(found);
    }
    case gate.statement.word:
      return await approve(answering);
    case 'later':
      return { kind: 'later' };
    case 'reject':
      return await reject(answering);
    default:
      return await decide(answering, answer.text);
  }
}

/** What is asked, and which words are taken. */
function questionOf({ gate, hand }: Answering): Pick<Question, 'message' | 'refuse'> {
  const { waiting, statement } = gate;
  const decisions = waiting.verbs.filter((verb) => verb !== 'approve' && verb !== 'reject');
  const more = hand === undefined ? [...decisions, ...(wantsSignature(statement) ? ['sign'] : [])] : [];
  const unsigned = hand === undefined && needsSignature(statement);
  const words = [...(unsigned ? [] : [statement.word]), 'reject', ...more, 'later'];
  const others = words.filter((word) => word !== statement.word && !(unsigned && word === 'sign'));
  const who = hand === undefined ? '' : ` as ${hand.person}`;
  return {
    message: `To approve${who}, type '${unsigned ? 'sign' : statement.word}'; else ${others.map(quoted).join(', ')}:`,
    refuse: (text) => {
      if (words.includes(text)) return undefined;
      if (unsigned && text === statement.word)
        return `nothing done: an approval of this gate is signed; type 'sign', then '${text}'`;
      return `nothing done: '${printableLine(text)}' is none of ${words.map(quoted).join(', ')}`;
    },
  };
}

async function approve(answering: Answering): Promise<Prompted> {
  const { statement } = answering.gate;
  const red = statement.evidence.filter((item) => item.severity === 'red' && item.overridable !== false);
  if (red.length === 0) return said('approve', '', answering);
  const titles = red.map((item) => item.title).join('; ');
  const why = await askReason(answering.context, `Evidence is RED (${titles}). Reason to go on all the same:`);
  return why.kind === 'typed' ? said('approve', why.text, answering) : unanswered(why);
}

async function reject(answering: Answering): Promise<Prompted> {
  const why = await askReason(answering.context, "Reason for 'reject':");
  return why.kind === 'typed' ? said('reject', why.text, answering) : unanswered(why);
}

/** What else may be decided at a gate; it is never signed here. */
async function decide({ gate, context }: Answering, decision: string): Promise<Prompted> {
  const copy = decision === 'choose' ? await askCopy(context, gate.statement.evidence) : undefined;
  if (copy !== undefined && copy.kind !== 'typed') return unanswered(copy);
  if (copy?.text === '') return answerOpen(gate, context);
  const why = await askReason(context, `Reason for '${decision}':`);
  if (why.kind !== 'typed') return unanswered(why);
  const evidence = copy === undefined ? {} : { evidence: copy.text };
  return { kind: 'word', word: { ...from(gate, context), verb: 'decide', decision, reason: why.text, ...evidence } };
}

/** The answer to a gate, signed where somebody lends a hand. */
async function said(verb: 'approve' | 'reject', reason: string, answering: Answering): Promise<Prompted> {
  const { gate, context, hand } = answering;
  const { statement, statementDigest } = gate;
  const word: Word = { ...from(gate, context), verb, reason, statementDigest };
  if (hand === undefined) return { kind: 'word', word };
  const at = new Date(context.nowMs()).toISOString();
  try {
    return { kind: 'word', word: await signAs(word, hand, { statement, at }) };
  } catch (error) {
    // A token that was not touched, an agent that went away: nothing was said, the question stands.
    if (!isDrpError(error)) throw error;
    context.io.stderr.write(`${context.io.style.bad(printableLine(error.message))}\n`);
    return answerOpen(gate, context);
  }
}

/** Which gate a word is about, and who says it from where. */
function from(
  { waiting }: OpenGate,
  { run, osUser }: PromptContext,
): Pick<Word, 'run' | 'subject' | 'osUser' | 'path'> {
  return { run, subject: waiting.subject, osUser, path: 'terminal' };
}

async function promptAttention(waiting: Waiting, context: PromptContext): Promise<Prompted> {
  const { io } = context;
  io.stderr.write(`${io.style.bad(attentionTitle(waiting))}\n`);
  if (waiting.reason !== undefined) tell(io, `  ${printableLine(waiting.reason)}`);
  if (waiting.hint !== undefined && waiting.hint !== '') tell(io, `  ${printableLine(waiting.hint)}`);
  const phase = context.switchBackFrom(waiting.subject);
  const verbs = phase === undefined ? waiting.verbs : [...waiting.verbs, 'switch-back'];
  for (const verb of verbs) io.stderr.write(`  ${verb.padEnd(12)}${meaning[verb] ?? ''}\n`);
  io.stderr.write(
    `  ${'abort'.padEnd(12)}${meaning['abort'] ?? ''}\n  ${'later'.padEnd(12)}${meaning['later'] ?? ''}\n`,
  );
  const answer = await context.ask.choice(
    `What now with ${waiting.subject}?`,
    [...verbs, 'abort', 'later'],
    context.signal,
  );
  if (answer.kind !== 'typed') return unanswered(answer);
  if (answer.text === 'later') return { kind: 'later' };
  const why = await askReason(context, `Reason for '${answer.text}':`);
  if (why.kind !== 'typed') return unanswered(why);
  const base = { run: context.run, reason: why.text, osUser: context.osUser, path: 'terminal' } as const;
  if (answer.text === 'abort') return { kind: 'word', word: { ...base, verb: 'abort', subject: '' } };
  const subject = answer.text === 'switch-back' ? (phase ?? waiting.subject) : waiting.subject;
  const word = { ...base, verb: 'decide', subject, decision: answer.text } as const;
  if (answer.text !== 'mark-done') return { kind: 'word', word };
  const evidence = await askReason(context, 'What shows that it is done?');
  if (evidence.kind !== 'typed') return unanswered(evidence);
  return { kind: 'word', word: { ...word, evidence: evidence.text } };
}

function attentionTitle(waiting: Waiting): string {
  const state =
    waiting.state === 'in-doubt' ? 'IN DOUBT (it may have run, nobody can tell)' : waiting.state.toUpperCase();
  return `${waiting.subject}: ${state}`;
}

const meaning: Readonly<Record<string, string>> = {
  retry: 'try the step again',
  skip: 'go on without it',
  'mark-done': 'you did it by hand; its end is checked in the world',
  cancel: 'stop what still runs of it',
  stopped: 'you made sure that nothing of it runs any more',
  renew: 'gather the evidence of this gate again',
  choose: 'restore from another copy; the gate is shown anew',
  'switch-back': 'send users back to where they were',
  reopen: 'open the side again that DNS points at',
  hold: 'stay where we are and look again',
  abort: 'end the run (asks before it leaves nobody serving)',
  later: 'decide later: leave, or stop the remote work',
};

function askReason(context: PromptContext, message: string): Promise<Answer> {
  return context.ask.question({
    message,
    refuse: (text) => (text.length >= 3 ? undefined : 'a few words are needed: they go into the record'),
    signal: context.signal,
    pasteAllowed: true,
  });
}

function unanswered(answer: Exclude<Answer, { kind: 'typed' }>): Prompted {
  return answer.kind === 'interrupted' ? { kind: 'later' } : answer;
}

function quoted(word: string): string {
  return `'${word}'`;
}
