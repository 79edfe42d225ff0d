import { canonicalJson } from '../events/canonical.ts';
import { sha256Hex } from '../events/digest.ts';
import type { Draft, Event } from '../events/event.ts';
import { upcast, type RawEvent } from '../events/upcast.ts';
import type { Head, StoredLine } from './journal.ts';

/** Before the first event of every run. */
export const genesis: Head = { seq: 0, hash: '0'.repeat(64) };

export interface Linked extends StoredLine {
  readonly event: Event;
}

/** Lines for `drafts` of one run behind `head`, chained. Throws not-canonical. */
export function linkAll(
  drafts: readonly Draft[],
  place: { readonly run: string; readonly head: Head; readonly at: string },
): readonly Linked[] {
  const { run, head, at } = place;
  const linked: Linked[] = [];
  let previous = head;
  for (const draft of drafts) {
    const { by, type, data } = draft;
    const line = canonicalJson({ seq: previous.seq + 1, run, at, by, type, data, prev: previous.hash });
    const hash = sha256Hex(line);
    // What goes out is what was stored, not the object the caller may still change.
    const event = upcast({ ...(JSON.parse(line) as Omit<RawEvent, 'hash'>), hash });
    linked.push({ line, hash, event });
    previous = { seq: event.seq, hash };
  }
  return linked;
}

export type Unlinked =
  | { readonly kind: 'good'; readonly event: RawEvent; readonly head: Head }
  | { readonly kind: 'broken'; readonly reason: string };

/** A stored line checked against its own hash and its predecessor. */
export function unlink(run: string, previous: Head, stored: StoredLine): Unlinked {
  const seq = previous.seq + 1;
  if (sha256Hex(stored.line) !== stored.hash)
    return broken(`event ${seq} was changed: its bytes do not match its hash`);
  let raw: Omit<RawEvent, 'hash'>;
  try {
    raw = JSON.parse(stored.line) as Omit<RawEvent, 'hash'>;
  } catch {
    // The parser's words say nothing an operator can use; the place does.
    return broken(`event ${seq} is not JSON`);
  }
  if (raw.seq !== seq) return broken(`event ${seq} is missing, event ${raw.seq} follows`);
  if (raw.run !== run) return broken(`event ${seq} belongs to run ${raw.run}`);
  if (raw.prev !== previous.hash) return broken(`event ${seq} does not continue event ${previous.seq}`);
  return { kind: 'good', event: { ...raw, hash: stored.hash }, head: { seq, hash: stored.hash } };
}

function broken(reason: string): Unlinked {
  return { kind: 'broken', reason };
}
