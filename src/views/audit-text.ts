import type { Event } from '../events/event.ts';
import { eventLine } from './event-line.ts';
import { instantText } from './instants.ts';
import { wrap } from './layout.ts';

/** The record of a run, one event after another: number, instant, who, what, and the beginning of its hash. */
export function auditText(events: readonly Event[], width: number): string {
  const digits = String(events.at(-1)?.seq ?? 0).length;
  const lines = events.flatMap((event) => {
    const lead = `${String(event.seq).padStart(digits)}  ${instantText(event.at)}  ${event.hash.slice(0, 8)}  `;
    const [first = '', ...rest] = wrap(`${event.by === 'drp' ? '' : `[${event.by}] `}${eventLine(event)}`, Math.max(30, width - lead.length));
    return [`${lead}${first}`, ...rest.map((line) => `${' '.repeat(lead.length)}${line}`)];
  });
  return `${lines.join('\n')}\n`;
}
