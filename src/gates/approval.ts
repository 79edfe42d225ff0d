import { canonicalJson } from '../events/canonical.ts';
import type { Statement } from '../events/event.ts';
import { statementDigest } from './statement.ts';

/**
 * The text a person signs: names the statement by digest and repeats what makes it unlike every other, so that it can be
 * neither moved to another gate nor used twice.
 */
export interface Approval {
  readonly format: 'drp-approval@v1';
  readonly statementDigest: string;
  readonly run: string;
  readonly planDigest: string;
  readonly gate: string;
  readonly attempt: number;
  readonly evidenceDigest: string;
  readonly head: { readonly seq: number; readonly hash: string };
  readonly nonce: string;
  readonly expiresAt: string;
  readonly decision: 'approve' | 'reject';
  readonly person: string;
  readonly reason: string;
  readonly at: string;
}

/** Any other word, signed: binds to the run, what it is about, an instant and a nonce that is taken once. */
export interface SignedWord {
  readonly format: 'drp-word@v1';
  readonly run: string;
  readonly verb: 'decide' | 'note' | 'abort';
  readonly subject: string;
  readonly decision: string;
  readonly reason: string;
  readonly evidence: string;
  readonly person: string;
  readonly at: string;
  readonly nonce: string;
}

export type SignedText = Approval | SignedWord;

/** The answer of one person to one statement, ready to be signed. */
export function buildApproval(
  statement: Statement,
  answer: Pick<Approval, 'decision' | 'person' | 'reason' | 'at'>,
): Approval {
  const { run, planDigest, gate, attempt, evidenceDigest, head, nonce, expiresAt } = statement;
  const { decision, person, reason, at } = answer;
  return {
    format: 'drp-approval@v1',
    statementDigest: statementDigest(statement),
    run,
    planDigest,
    gate,
    attempt,
    evidenceDigest,
    head,
    nonce,
    expiresAt,
    decision,
    person,
    reason,
    at,
  };
}

/** The exact text to sign: canonical JSON, one line. A line feed after it (a file's) is part of what is signed. */
export function signedText(value: SignedText): string {
  return canonicalJson(value);
}

const textFields = {
  'drp-approval@v1':
    'at decision evidenceDigest expiresAt format gate nonce person planDigest reason run statementDigest'.split(' '),
  'drp-word@v1': 'at decision evidence format nonce person reason run subject verb'.split(' '),
};
const otherFields = { 'drp-approval@v1': ['attempt', 'head'], 'drp-word@v1': [] };

/** Reads a signed text back; undefined where it is not exactly one. */
export function parseSignedText(text: string): SignedText | undefined {
  try {
    const line = text.replace(/\r?\n$/, '');
    const value = JSON.parse(line) as Record<string, unknown>;
    const format = value['format'];
    if (format !== 'drp-approval@v1' && format !== 'drp-word@v1') return undefined;
    const fields = [...textFields[format], ...otherFields[format]].sort();
    if (Object.keys(value).sort().join() !== fields.join()) return undefined;
    if (textFields[format].some((field) => typeof value[field] !== 'string')) return undefined;
    if (canonicalJson(value) !== line) return undefined;
    return isPlausible(value, format) ? (value as unknown as SignedText) : undefined;
  } catch {
    // No text, not JSON, or not a text with one spelling: not a signed text.
    return undefined;
  }
}

/** First field in which an approval differs from the statement it should stand under; undefined where it fits. */
export function approvalDiffers(approval: Approval, statement: Statement): string | undefined {
  const { decision, person, reason, at } = approval;
  const expected = buildApproval(statement, { decision, person, reason, at });
  const fields = Object.keys(expected) as (keyof Approval)[];
  return fields.find((field) => canonicalJson(approval[field]) !== canonicalJson(expected[field]));
}

function isPlausible(value: Record<string, unknown>, format: SignedText['format']): boolean {
  if (Number.isNaN(Date.parse(String(value['at'])))) return false;
  if (format === 'drp-word@v1') return ['decide', 'note', 'abort'].includes(String(value['verb']));
  const head = value['head'] as Record<string, unknown> | null;
  if (typeof head !== 'object' || head === null) return false;
  return typeof head['seq'] === 'number' && typeof head['hash'] === 'string' && typeof value['attempt'] === 'number';
}
