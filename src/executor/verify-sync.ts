import { isUtf8 } from 'node:buffer';
import { z } from 'zod';
import { isCanonical } from '../events/canonical.ts';
import { sha256Hex } from '../events/digest.ts';

/** What is wrong with one entry of a record of syncs; 0: with the file as a whole. */
export interface SyncProblem {
  readonly seq: number;
  readonly message: string;
}

/** The verdict on a record of syncs. */
export interface SyncVerdict {
  readonly good: boolean;
  /** Whole lines of the file. */
  readonly entries: number;
  /** Entries before the first that is wrong. */
  readonly upToSeq: number;
  /** SHA-256 of the last entry that holds; 64 zeros where there is none. */
  readonly head: string;
  /** Half a line stands at its end: a crash left it, it was never acknowledged. */
  readonly torn: boolean;
  /** Entry up to which heads kept elsewhere vouch for it. */
  readonly anchoredUpToSeq: number;
  readonly problems: readonly SyncProblem[];
}

const at = z.iso.datetime();
const digest = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.int().min(0);
const entrySchema = z.discriminatedUnion('what', [
  z.strictObject({ what: z.literal('refused'), at, reason: z.string() }),
  z.strictObject({
    what: z.literal('began'),
    at,
    step: z.string(),
    token: z.string(),
    choices: z.record(z.string(), z.unknown()),
    by: z.string(),
  }),
  z.strictObject({
    what: z.literal('tree'),
    at,
    step: z.string(),
    kind: z.enum(['done', 'failed']),
    token: z.string().optional(),
    from: z.string(),
    takenAt: z.string(),
    lines: z.array(z.string()),
    files: count,
    bytes: count,
    tookMs: z.int(),
  }),
]);
const lineSchema = z.strictObject({ seq: z.int(), prev: digest, entry: entrySchema });
const zeros = '0'.repeat(64);
/** Bytes; far above what any sync writes into one entry. */
const longestLine = 16 * 1024 * 1024;

/**
 * Reads a record of syncs with nothing else at hand: that every line is whole and goes on from the one before it, and that nothing
 * ends which had not begun, or ends twice. `anchors` are heads seen elsewhere (12 to 64 digits), as each sync prints its own. Never
 * throws for what the bytes hold. A record cut at the end of a line holds by itself: only an anchor shows that.
 */
export function verifySync(bytes: Uint8Array, anchors: readonly string[] = []): SyncVerdict {
  const record = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const heads: string[] = [];
  const open = new Map<string, string>();
  const problems: SyncProblem[] = [];
  let entries = 0;
  let end = 0;
  for (let at = record.indexOf(0x0a); at >= 0; at = record.indexOf(0x0a, end)) {
    entries += 1;
    const line = record.subarray(end, at);
    end = at + 1;
    if (problems.length > 0) continue;
    const message = faultOf(line, { seq: entries, prev: heads.at(-1) ?? zeros, open });
    if (message === undefined) heads.push(sha256Hex(line));
    else problems.push({ seq: entries, message });
  }
  const found = anchors.map((anchor) => ({ anchor, seq: seqOf(anchor, heads) }));
  for (const { anchor, seq } of found)
    if (seq === 0)
      problems.push({ seq: 0, message: `no entry has head '${anchor}': the record was cut or rewritten before it` });
  return {
    good: problems.length === 0,
    entries,
    upToSeq: heads.length,
    head: heads.at(-1) ?? zeros,
    torn: end < record.length,
    anchoredUpToSeq: Math.max(0, ...found.map(({ seq }) => seq)),
    problems,
  };
}

/** Why a line is no entry of the record; undefined where it is. Notes in `open` what it begins and ends: token → step. */
function faultOf(
  bytes: Uint8Array,
  place: { readonly seq: number; readonly prev: string; readonly open: Map<string, string> },
): string | undefined {
  // Else bytes that are no text would be read as U+FFFD: other bytes, the same entry.
  if (bytes.length > longestLine || !isUtf8(bytes)) return 'it is not the one text of what it says';
  const text = Buffer.from(bytes).toString('utf8');
  if (!isCanonical(text)) return 'it is not the one text of what it says';
  const line = lineSchema.safeParse(JSON.parse(text));
  if (!line.success)
    return `it is no entry: ${line.error.issues[0]?.path.join('.') || 'its form'} is not as it should be`;
  const { seq, prev, entry } = line.data;
  if (seq !== place.seq || prev !== place.prev) return 'it does not continue the entry before it';
  if (entry.what === 'began') {
    if (place.open.has(entry.token)) return `token ${entry.token} was used before`;
    place.open.set(entry.token, entry.step);
  }
  if (entry.what !== 'tree' || entry.token === undefined) return undefined;
  if (place.open.get(entry.token) !== entry.step) return `it ends what had not begun, or had ended (${entry.token})`;
  place.open.set(entry.token, '');
  return undefined;
}

/** Number of the entry an anchor names; 0: none. */
function seqOf(anchor: string, heads: readonly string[]): number {
  const digits = anchor.trim().toLowerCase();
  return /^[0-9a-f]{12,64}$/.test(digits) ? heads.findIndex((head) => head.startsWith(digits)) + 1 : 0;
}
