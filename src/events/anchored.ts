import type { Event } from './event.ts';

/**
 * Last event that something outside the store vouches for: an anchor command, a message that arrived, a signature. Everything
 * after it rests on whoever keeps the store.
 */
export function anchoredUpTo(events: readonly Event[]): number {
  const heads = new Map<string, number>();
  let upTo = 0;
  for (const event of events) {
    if (event.type === 'gate.opened') heads.set(event.data.digest, event.data.statement.head.seq);
    upTo = Math.max(upTo, reaches(event, heads));
  }
  return upTo;
}

function reaches(event: Event, heads: ReadonlyMap<string, number>): number {
  switch (event.type) {
    case 'anchor.kept':
      return event.data.seq;
    case 'gate.decided':
      return event.data.identity.signature === undefined ? 0 : (heads.get(event.data.statementDigest) ?? 0);
    case 'step.done':
      return messageReaches(event.data.output);
    default:
      return 0;
  }
}

/** A ticket or mail carried `RUN SEQ:HEAD12`, where a desk took it. */
function messageReaches(output: unknown): number {
  if (typeof output !== 'object' || output === null || !('anchor' in output) || !('desks' in output)) return 0;
  const taken = Object.keys(output.desks ?? {}).length > 0;
  return taken ? Number(/ (\d{1,9}):[0-9a-f]+$/.exec(String(output.anchor))?.[1] ?? 0) : 0;
}
