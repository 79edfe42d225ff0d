import { DrpError, toError } from '../../base/errors.ts';
import type { DnsChange, DnsOutcome, RecordSet } from '../providers.ts';
import { standingOf } from './record-set.ts';

/** One sending of a change: made, or why it is not known (`saysNo`: the server found other values than the old ones). */
export type Sending =
  { readonly kind: 'made' } | { readonly kind: 'not-known'; readonly reason: string; readonly saysNo: boolean };

/**
 * Sends a batch, and reads back whenever the answer does not say that it was made: wholly new → `already`, wholly old → sent
 * again (at most `tries` times), anything else → `conflict`. Safe, because a sending that arrives late still meets its own
 * condition. Throws what `send` throws as DrpError: a refusal that another try would not change.
 */
export async function sendAndReadBack(
  changes: readonly DnsChange[],
  doors: {
    readonly send: () => Promise<Sending>;
    readonly read: () => Promise<readonly RecordSet[]>;
    readonly tries: number;
  },
  signal?: AbortSignal,
): Promise<DnsOutcome> {
  let reason = 'nothing was sent';
  for (let attempt = 1; attempt <= doors.tries; attempt += 1) {
    const sending = await doors.send().catch((error: unknown): Sending => {
      signal?.throwIfAborted();
      if (error instanceof DrpError) throw error;
      return { kind: 'not-known', reason: toError(error).message, saysNo: false };
    });
    if (sending.kind === 'made') return { kind: 'applied' };
    reason = sending.reason;
    let current: readonly RecordSet[];
    try {
      current = await doors.read();
    } catch (error) {
      signal?.throwIfAborted();
      return { kind: 'unknown', reason: `${reason}; then ${toError(error).message}` };
    }
    const standing = standingOf(current, changes);
    if (standing === 'to') return { kind: 'already' };
    if (standing === 'other' || sending.saysNo) return { kind: 'conflict', current };
  }
  return { kind: 'unknown', reason };
}
