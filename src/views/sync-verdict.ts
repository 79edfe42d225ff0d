import { printable } from './escape.ts';
import type { Style } from './style.ts';

/** What an independent check of a record of syncs found; the shape of executor/verify-sync, which this folder may not import. */
export interface SyncVerdictShown {
  readonly good: boolean;
  readonly entries: number;
  readonly upToSeq: number;
  readonly head: string;
  readonly torn: boolean;
  readonly anchoredUpToSeq: number;
  readonly problems: readonly { readonly seq: number; readonly message: string }[];
}

/** The verdict on a record of syncs, with what it does not prove. */
export function syncVerdictPage(
  verdict: SyncVerdictShown,
  view: { readonly file: string; readonly style: Style },
): string {
  const { good, entries, upToSeq, head, torn, anchoredUpToSeq, problems } = verdict;
  const { style } = view;
  const file = printable(view.file);
  const count = `${String(entries)} ${entries === 1 ? 'entry' : 'entries'}`;
  const title = good
    ? style.good(`verified: ${file}, ${count}, head ${head.slice(0, 12)}`)
    : style.bad(`BROKEN: ${file} is good up to entry ${String(upToSeq)} of ${String(entries)}`);
  const vouched =
    anchoredUpToSeq > 0
      ? `  heads kept elsewhere vouch for it up to entry ${String(anchoredUpToSeq)}`
      : '  not proved: that nothing was cut off its end; give a head that cron mailed: --anchor HEAD12';
  return [
    title,
    ...problems.map(({ seq, message }) => `  ${seq === 0 ? 'file' : `entry ${String(seq)}`}: ${printable(message)}`),
    ...(torn ? ['  a crash left half a line behind it; the next sync sets that aside'] : []),
    ...(good ? [vouched] : []),
  ].join('\n');
}
