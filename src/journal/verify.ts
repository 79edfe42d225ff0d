import { checkMeaning, type AnswerCheck, type AnswerFinding, type MeaningContext } from './verify-meaning.ts';
import { readFile, zeros, type JournalProblem, type ReadEvent } from './verify-read.ts';

export type { AnswerCheck, AnswerFinding, RecordedAnswer } from './verify-meaning.ts';
export type { JournalProblem, ReadEvent } from './verify-read.ts';

/**
 * An independent reader of exported journals: docs/journal-format.md, written a second time. It shares no code with what
 * appends or stores, works offline, and says how far a journal is good rather than only that it is bad.
 */

export interface VerifyOptions {
  /** Checks the signature of an answer and whose key made it (see gates/answer-check); without it signatures are not judged. */
  readonly checkAnswer?: AnswerCheck;
  /** Heads seen elsewhere, as tickets and mails carry them: `RUN SEQ:HEAD12`. */
  readonly anchors?: readonly string[];
}

export interface AnchorFinding {
  readonly anchor: string;
  readonly good: boolean;
  readonly text: string;
}

export interface JournalVerdict {
  /** Every check that was asked for passed. */
  readonly good: boolean;
  readonly run: string;
  readonly site: string;
  readonly events: number;
  /** Good up to this event; 0: not even the first. */
  readonly upToSeq: number;
  readonly head: { readonly seq: number; readonly hash: string };
  readonly problems: readonly JournalProblem[];
  readonly answers: readonly AnswerFinding[];
  readonly anchors: readonly AnchorFinding[];
  /** Events up to here are vouched for from outside: by a given anchor, or by a signature that held. */
  readonly anchoredUpToSeq: number;
}

/** Verifies the exact bytes of one export. Never throws for what is in them. */
export function verifyExport(bytes: Uint8Array, options: VerifyOptions = {}): JournalVerdict {
  const { run, events, problems } = readFile(bytes);
  const meaning: MeaningContext = {
    run,
    ...(options.checkAnswer === undefined ? {} : { checkAnswer: options.checkAnswer }),
  };
  const { answers, site, problems: wrong } = checkMeaning(events, meaning);
  problems.push(...wrong);
  const anchors = (options.anchors ?? []).map((anchor) => checkAnchor(anchor, run, events));
  for (const { good, text } of anchors) if (!good) problems.push({ seq: 0, message: text });
  problems.sort((a, b) => a.seq - b.seq);
  const last = events.at(-1);
  const firstWrong = problems.find(({ seq }) => seq > 0)?.seq;
  return {
    good: problems.length === 0,
    run,
    site,
    events: events.length,
    upToSeq: firstWrong === undefined ? events.length : Math.min(firstWrong - 1, events.length),
    head: { seq: events.length, hash: last?.hash ?? zeros },
    problems,
    answers,
    anchors,
    anchoredUpToSeq: Math.max(
      0,
      ...anchors.filter(({ good }) => good).map(({ anchor }) => Number(anchorParts(anchor)?.seq ?? 0)),
      ...answers.filter(({ signature }) => signature === 'good').map(({ anchorsSeq }) => anchorsSeq),
    ),
  };
}

/** What a person is told first. */
export function verdictText(verdict: JournalVerdict): string {
  const { run, events, upToSeq, head, good, problems } = verdict;
  const place = `run ${run}: good up to event ${upToSeq} of ${events}`;
  if (good) return `${place}, head ${head.seq}:${head.hash.slice(0, 12)}`;
  return [place, ...problems.map(({ seq, message }) => `  ${seq === 0 ? 'file' : `event ${seq}`}: ${message}`)].join(
    '\n',
  );
}

function checkAnchor(anchor: string, run: string, events: readonly ReadEvent[]): AnchorFinding {
  const parts = anchorParts(anchor);
  if (parts === undefined) return { anchor, good: false, text: `anchor '${anchor}' is not RUN SEQ:HEAD12` };
  if (parts.run !== run) return { anchor, good: false, text: `anchor '${anchor}' is of another run` };
  const event = events[Number(parts.seq) - 1];
  if (event === undefined) {
    return {
      anchor,
      good: false,
      text: `the journal ends at event ${events.length}, before anchor '${anchor}': its tail was cut`,
    };
  }
  if (!event.hash.startsWith(parts.head)) {
    return {
      anchor,
      good: false,
      text: `event ${parts.seq} is not the one of anchor '${anchor}': the journal was rewritten`,
    };
  }
  return { anchor, good: true, text: `event ${parts.seq} is the one of anchor '${anchor}'` };
}

/** An anchor as tickets and mails carry it, `RUN SEQ:HEAD12` with 12 digits or more; undefined: it is none. */
export function anchorParts(
  anchor: string,
): { readonly run: string; readonly seq: string; readonly head: string } | undefined {
  const [, run = '', seq = '', head = ''] = /^\s*(\S+) (\d{1,9}):([0-9a-f]{12,64})\s*$/.exec(anchor) ?? [];
  return run === '' ? undefined : { run, seq, head };
}
