import { anchorsIn, type Anchor } from '../../events/anchored.ts';
import type { Event } from '../../events/event.ts';
import type { RecordFacts, RecordHead } from './report.ts';

/** What the record behind a report is made of. `others`: how far other runs of the site were read; absent: not at all. */
export function recordFacts(events: readonly Event[], others: readonly RecordHead[] | undefined): RecordFacts {
  const last = events.at(-1);
  const answers = events.flatMap((event) =>
    'identity' in event.data && event.data.identity !== undefined ? [event.data.identity] : [],
  );
  const signed = answers.filter((identity) => identity.signature !== undefined).length;
  const attested = answers.filter((identity) => identity.attested !== undefined).length;
  const kept = events.findLast((event) => event.type === 'witness.kept');
  const anchors = latest(anchorsIn(events));
  const anchoredUpToSeq = anchors.reduce((upTo, { upToSeq }) => Math.max(upTo, upToSeq), 0);
  return {
    events: events.length,
    head: { seq: last?.seq ?? 0, hash: last?.hash ?? '' },
    signedAnswers: signed,
    attestedAnswers: attested,
    otherAnswers: answers.length - signed - attested,
    refusedWords: events.filter((event) => event.type === 'word.refused').length,
    copies:
      kept?.type === 'witness.kept' ? kept.data.hosts.map((host) => `${host}, up to event ${kept.data.upToSeq}`) : [],
    anchors: anchors.map(({ seq, kind, name, upToSeq }) => ({
      seq,
      kind,
      name,
      upToSeq,
      hash: events[upToSeq - 1]?.hash ?? '',
    })),
    anchoredUpToSeq,
    unanchored: Math.max(0, events.length - anchoredUpToSeq),
    ...(others === undefined ? {} : { others }),
  };
}

/** The furthest of each place: it vouches for all before it. */
function latest(anchors: readonly Anchor[]): readonly Anchor[] {
  const found = new Map<string, Anchor>();
  for (const anchor of anchors) {
    const place = `${anchor.kind} ${anchor.name}`;
    if (anchor.upToSeq >= (found.get(place)?.upToSeq ?? 0)) found.set(place, anchor);
  }
  return [...found.values()].sort((a, b) => a.upToSeq - b.upToSeq || a.seq - b.seq);
}
