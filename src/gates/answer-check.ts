import { z } from 'zod';
import { DrpError, isDrpError } from '../base/errors.ts';
import type { Statement } from '../events/event.ts';
import { person } from '../runbook/schema/world.ts';
import { approvalDiffers, parseSignedText, type SignedText } from './approval.ts';
import { allowedBy, strengthShown } from './people.ts';
import { verifySignature } from './sshsig.ts';

/** An answer as a record has it; nothing of it is believed. */
export interface AnswerOnRecord {
  readonly event: { readonly at: string; readonly type: string; readonly data: unknown };
  readonly identity: Readonly<Record<string, unknown>>;
  readonly statement?: unknown;
  readonly people: unknown;
  readonly carriedSigners?: string;
}

const peopleShape = z.record(z.string(), person);

/**
 * Checks answers of a record long after they were given, offline. `allowedSigners`: who people are, from outside; without it
 * their keys are taken as the run carried them, and the caller must say so. For `verifyExport`'s `checkAnswer`.
 */
export function createAnswerCheck(options: { readonly allowedSigners?: string } = {}) {
  return (answer: AnswerOnRecord): { readonly good: boolean; readonly text: string } => {
    try {
      return { good: true, text: check(answer, options.allowedSigners) };
    } catch (thrown) {
      if (!isDrpError(thrown)) throw thrown;
      return { good: false, text: thrown.message };
    }
  };
}

/** How the verdict names the source of keys. */
export function keysSource(allowedSigners: string | undefined): string {
  return allowedSigners === undefined ? 'keys as the run carried them' : 'keys from the given allowed_signers';
}

function check(answer: AnswerOnRecord, given: string | undefined): string {
  const { identity, event } = answer;
  const data = event.data as Readonly<Record<string, unknown>>;
  const text = String(identity['signed'] ?? '');
  const facts = verifySignature(String(identity['signature']), text);
  const signed = parseSignedText(text);
  const said = event.type === 'lesson.added' ? lessonSaid(data) : data;
  const differs = signed === undefined ? 'kind of text' : differsFrom(signed, said, answer);
  if (differs !== undefined) throw invalid(`the text signed has another ${differs} than the record`);
  if (identity['fingerprint'] !== facts.fingerprint) throw invalid('the record names another key');
  const claims = String(identity['strength']);
  if (claims.startsWith('hardware-key') && !strengthShown(facts).startsWith(claims)) {
    const more = claims === 'hardware-key' ? 'touched one' : 'PIN';
    throw invalid(
      `the record says ${claims === 'hardware-key' ? 'hardware key' : claims}, the signature shows no ${more}`,
    );
  }
  const people = peopleShape.safeParse(answer.people);
  const name = String(data['person']);
  const signers = given ?? answer.carriedSigners;
  const context = {
    people: people.data ?? {},
    at: event.at,
    ...(signers === undefined ? {} : { allowedSigners: signers }),
  };
  allowedBy(facts, name, context);
  return `signed by ${name} with ${facts.fingerprint}`;
}

/** Types of event that stand for one decision, and how a signed text may name it. */
const decisionsOf: Readonly<Record<string, readonly unknown[]>> = {
  'obligation.settled': ['', 'settle'],
  'run.adopted': ['adopt'],
  'watch.handed': ['handover'],
  'lesson.added': ['lesson'],
  'lesson.closed': ['close-lesson'],
};

/** A lesson as it was signed: its text is the reason, owner and day are what it promises. */
function lessonSaid(data: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return { ...data, reason: data['text'], evidence: lessonPromise(String(data['owner']), String(data['dueAt'])) };
}

/** Who sees to a lesson until when, in the words that are signed. */
export function lessonPromise(owner: string, dueAt: string): string {
  return `owner ${owner}, due ${dueAt.slice(0, 10)}`;
}

/** First field in which what was signed is not what the record says. */
function differsFrom(
  signed: SignedText,
  data: Readonly<Record<string, unknown>>,
  answer: AnswerOnRecord,
): string | undefined {
  if (signed.person !== data['person']) return 'person';
  if (signed.reason !== data['reason']) return 'reason';
  if (signed.format === 'drp-approval@v1') {
    if (answer.event.type !== 'gate.decided') return 'kind';
    if (signed.decision !== data['decision']) return 'decision';
    if (signed.at !== data['at']) return 'time';
    return answer.statement === undefined ? 'statement' : approvalDiffers(signed, answer.statement as Statement);
  }
  if (answer.event.type === 'run.aborting') return signed.verb === 'abort' ? undefined : 'verb';
  const decisions = decisionsOf[answer.event.type] ?? [data['verb'] ?? ''];
  if (!decisions.includes(signed.decision)) return 'decision';
  if (signed.subject !== (data['subject'] ?? data['id'] ?? data['to'] ?? '')) return 'subject';
  return String(data['evidence'] ?? '').startsWith(signed.evidence) ? undefined : 'evidence';
}

function invalid(reason: string): DrpError {
  return new DrpError('signature-invalid', { reason });
}
