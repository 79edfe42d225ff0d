import type { Event } from './event.ts';

/** Something outside the store that vouches for the record up to an event. */
export interface Anchor {
  /** The event that says so. */
  readonly seq: number;
  readonly at: string;
  readonly upToSeq: number;
  /** A command of the runbook, a message a desk took, an answer under a signature. */
  readonly kind: 'command' | 'message' | 'signature';
  /** Name of the command, step of the message, person who signed. */
  readonly name: string;
}

/** Everything outside the store that vouches for some of a run, in order. */
export function anchorsIn(events: readonly Event[]): readonly Anchor[] {
  const heads = new Map<string, number>();
  return events.flatMap((event): readonly Anchor[] => {
    if (event.type === 'gate.opened') heads.set(event.data.digest, event.data.statement.head.seq);
    const reached = reaches(event, heads);
    return reached === undefined ? [] : [{ seq: event.seq, at: event.at, ...reached }];
  });
}

/**
 * Last event that something outside the store vouches for: an anchor command, a message that arrived, a signature. Everything
 * after it rests on whoever keeps the store.
 */
export function anchoredUpTo(events: readonly Event[]): number {
  return anchorsIn(events).reduce((upTo, anchor) => Math.max(upTo, anchor.upToSeq), 0);
}

function reaches(event: Event, heads: ReadonlyMap<string, number>): Omit<Anchor, 'seq' | 'at'> | undefined {
  switch (event.type) {
    case 'anchor.kept':
      return { kind: 'command', name: event.data.where, upToSeq: event.data.seq };
    case 'gate.decided': {
      const upToSeq = heads.get(event.data.statementDigest);
      if (event.data.identity.signature === undefined || upToSeq === undefined) return undefined;
      return { kind: 'signature', name: event.data.person, upToSeq };
    }
    case 'step.done': {
      const upToSeq = messageReaches(event.data.output);
      return upToSeq === undefined ? undefined : { kind: 'message', name: event.data.step, upToSeq };
    }
    default:
      return undefined;
  }
}

/** A ticket or mail carried `RUN SEQ:HEAD12`, where a desk took it. */
function messageReaches(output: unknown): number | undefined {
  if (typeof output !== 'object' || output === null || !('anchor' in output) || !('desks' in output)) return undefined;
  if (Object.keys(output.desks ?? {}).length === 0) return undefined;
  const seq = / (\d{1,9}):[0-9a-f]+$/.exec(String(output.anchor))?.[1];
  return seq === undefined ? undefined : Number(seq);
}
