import { canonicalJson } from '../../src/events/canonical.ts';
import { digestOf, sha256Hex } from '../../src/events/digest.ts';
import type { Json, Statement } from '../../src/events/event.ts';
import { buildApproval, parseSignedText, signedText } from '../../src/gates/approval.ts';
import { evidenceDigest, statementDigest } from '../../src/gates/statement.ts';
import { readExport, renderExport } from '../../src/journal/export.ts';

export interface Forged {
  readonly type: string;
  readonly at: string;
  readonly data: Fields;
  [key: string]: unknown;
}
export interface Fields {
  [key: string]: unknown;
}
/** Signs a text in the name of a person: somebody who has everybody's keys. */
export type Signer = (
  text: string,
  person: string,
  data: Fields,
) => { readonly signature: string; readonly fingerprint: string };

/**
 * A record written anew by somebody who owns its store and everybody's keys: what `change` does to it is hashed, digested,
 * bound to the head and signed again, so that only rules can still be broken. It may return events to follow one.
 */
export function forged(
  text: string,
  change: (event: Forged, data: Fields) => readonly Omit<Forged, 'by'>[] | void,
  sign: Signer,
): string {
  const { frame, stored } = readExport(text);
  const lines: { line: string; hash: string }[] = [];
  const shown = new Map<unknown, Statement>();
  let planDigest = '';
  const write = (event: Forged): void => {
    const { type, data } = event;
    if (type === 'run.began') {
      const { digest: _, ...plan } = data['plan'] as Fields;
      planDigest = digestOf(plan as Json);
      Object.assign(data, { plan: { ...plan, digest: planDigest }, planDigest });
    }
    if (type === 'gate.opened') {
      const before = data['statement'] as Statement;
      const head = { seq: before.head.seq, hash: lines[before.head.seq - 1]?.hash ?? '' };
      const statement = { ...before, planDigest, head, ...bound(before) };
      Object.assign(data, { statement, digest: statementDigest(statement) });
      shown.set(data['gate'], statement);
    }
    const statement = type === 'gate.decided' ? shown.get(data['gate']) : undefined;
    if (statement !== undefined) data['statementDigest'] = statementDigest(statement);
    signAgain(data, statement, sign);
    const prev = lines.at(-1)?.hash ?? '0'.repeat(64);
    const line = canonicalJson({ ...event, run: frame.run, seq: lines.length + 1, prev } as never);
    lines.push({ line, hash: sha256Hex(line) });
  };
  for (const { line } of stored) {
    const event = JSON.parse(line) as Forged;
    const more = change(event, event.data) ?? [];
    write(event);
    for (const one of more) write({ by: 'otto', ...one } as never);
  }
  return renderExport(frame, lines);
}

/** Evidence of another shape keeps the digest it had. */
function bound(statement: Statement): { readonly evidenceDigest?: string } {
  try {
    return { evidenceDigest: evidenceDigest(statement.evidence) };
  } catch {
    return {};
  }
}

/** What was signed says what the record says now. */
function signAgain(data: Fields, statement: Statement | undefined, sign: Signer): void {
  const identity = data['identity'] as Fields | undefined;
  if (typeof identity?.['signed'] !== 'string') return;
  const said = parseSignedText(identity['signed']);
  const text =
    statement === undefined
      ? signedText({ ...(said as never as Fields), ...(data['resign'] as Fields) } as never)
      : signedText(buildApproval(statement, data as never));
  delete data['resign'];
  Object.assign(identity, { signed: text, ...sign(text, String(data['person']), data) });
}
