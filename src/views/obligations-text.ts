import { printable, printableLine } from './escape.ts';
import { instantText } from './instants.ts';
import { wrap } from './layout.ts';
import type { ObligationSummary } from './run-summary.ts';

/** What sites owe; settled ones only where asked for. */
export function obligationsText(obligations: readonly ObligationSummary[], width: number): string {
  if (obligations.length === 0) return 'nothing is owed\n';
  const lines = obligations.flatMap((one) => [
    `${one.id}  site ${one.site}, run ${one.run}, ${one.kind}, since ${instantText(one.openedAt)}`,
    // Its text may hold a message to paste: line ends stay.
    ...printable(one.text)
      .split('\n')
      .flatMap((line) => wrap(`    ${line}`, width).map((part) => part.trimEnd())),
    one.settled === undefined
      ? `    settle: drp obligation settle ${one.id} --reason TEXT`
      : `    settled ${instantText(one.settled.at)} by ${one.settled.by}: ${printableLine(one.settled.reason)}`,
  ]);
  return `${lines.join('\n')}\n`;
}
