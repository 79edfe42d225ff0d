import { DrpError, isDrpError } from '../base/errors.ts';
import type { Statement } from '../events/event.ts';
import { buildApproval, parseSignedText, signedText, type Approval } from '../gates/approval.ts';
import { verifySignature } from '../gates/sshsig.ts';
import type { Io } from './io.ts';
import { readGivenText } from './read-given.ts';

/** An answer that was signed where drp is not: text and signature as files, or both pasted on stdin. */
export interface SignedElsewhere {
  readonly text: string;
  readonly signature: string;
  readonly approval: Approval;
}

const armor = '-----BEGIN SSH SIGNATURE-----';
/** Longer than any answer and its signature. */
const pastedMax = 65_536;

/** The exact text a person signs to approve or to reject, canonical and on one line. */
export function answerText(
  statement: Statement,
  answer: Pick<Approval, 'decision' | 'person' | 'reason' | 'at'>,
): string {
  return signedText(buildApproval(statement, answer));
}

/**
 * Reads what was signed elsewhere: `signed` names a file, or `-` for stdin, where text and signature follow each other;
 * `signature` its signature, else the file beside it that ssh-keygen writes. Throws wrong-usage, signature-invalid.
 */
export async function readSignedElsewhere(
  io: Io,
  given: { readonly signed: string; readonly signature?: string },
): Promise<SignedElsewhere> {
  const both = given.signed === '-' ? await pasted(io) : await readGivenText(io, given.signed, 'approve');
  const place = both.indexOf(armor);
  const handed = place < 0 ? both : both.slice(0, place);
  const signature = place < 0 ? await signatureFile(io, given) : `${both.slice(place).trim()}\n`;
  const text = asSigned(handed, signature);
  const approval = parseSignedText(text);
  if (approval?.format !== 'drp-approval@v1')
    throw new DrpError('signature-invalid', { reason: 'the text under it is no answer to a gate' });
  return { text, signature, approval };
}

/**
 * The text as it was under the key: a phone may have signed what it read without the line feed that a file ends with, and a
 * mail may have changed its kind. Where none fits it stays as it came; the driver judges it anyway.
 */
function asSigned(text: string, signature: string): string {
  const bare = text.replace(/\r?\n$/, '');
  return [text, bare, `${bare}\n`].find((one) => holds(one, signature)) ?? text;
}

function holds(text: string, signature: string): boolean {
  try {
    verifySignature(signature, text);
    return true;
  } catch (error) {
    if (isDrpError(error, 'signature-invalid')) return false;
    throw error;
  }
}

async function signatureFile(io: Io, given: { readonly signed: string; readonly signature?: string }): Promise<string> {
  if (given.signature === '-') return pasted(io);
  if (given.signature === undefined && given.signed === '-') {
    const what = 'the pasted text holds no signature: paste what ssh-keygen wrote behind it';
    throw new DrpError('wrong-usage', { what, command: 'approve' });
  }
  return await readGivenText(io, given.signature ?? `${given.signed}.sig`, 'approve');
}

async function pasted(io: Io): Promise<string> {
  let text = '';
  for await (const chunk of io.stdin) {
    text += String(chunk);
    if (text.includes('-----END SSH SIGNATURE-----') || text.length > pastedMax) break;
  }
  return text;
}
