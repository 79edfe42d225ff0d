import type { Event } from '../../events/event.ts';
import { reportHtml } from './html.ts';
import { reportJson } from './json.ts';
import { reportMarkdown } from './markdown.ts';
import { reportOf } from './model.ts';
import type { RecordHead, Report } from './report.ts';

export type ReportForm = 'markdown' | 'json' | 'html';

/** The text of a report in one of its forms. */
export function renderReport(report: Report, form: ReportForm): string {
  switch (form) {
    case 'markdown':
      return reportMarkdown(report);
    case 'json':
      return reportJson(report);
    case 'html':
      return reportHtml(report);
  }
}

/** What a file says it was made from. Nothing of it is believed. */
export interface ReportClaim {
  readonly form: ReportForm;
  readonly run: string;
  readonly seq: number;
  readonly hash: string;
  /** Other runs of the site it was made from; absent: none was looked at. */
  readonly others?: readonly RecordHead[];
}

const mark =
  /^(<!doctype html>\n)?<!-- drp-report@v1 run (\S+) event (\d{1,9}) head ([0-9a-f]{64})( alone|(?: with [\w.?-]+ \d{1,9}:[0-9a-f]{64})*) -->/;

/** The claim at the head of a report; undefined where the text is none. */
export function reportClaim(text: string): ReportClaim | undefined {
  if (text.trimStart().startsWith('{')) return jsonClaim(text);
  const found = mark.exec(text);
  if (found === null) return undefined;
  const [, doctype, run = '', seq = '', hash = '', beside = ''] = found;
  const others = [...beside.matchAll(/ with (\S+) (\d+):([0-9a-f]+)/g)].map(
    ([, name = '', at = '', head = '']): RecordHead => ({ run: name, seq: Number(at), hash: head }),
  );
  const form = doctype === undefined ? 'markdown' : 'html';
  return { form, run, seq: Number(seq), hash, ...(beside === ' alone' ? {} : { others }) };
}

function jsonClaim(text: string): ReportClaim | undefined {
  try {
    const { format, run, record } = JSON.parse(text) as Partial<Report>;
    if (format !== 'drp-report@v1' || run === undefined || record === undefined) return undefined;
    const others = record.others?.map(({ run: name, seq, hash }) => ({ run: name, seq, hash }));
    const { seq, hash } = record.head;
    return { form: 'json', run, seq, hash, ...(others === undefined ? {} : { others }) };
  } catch {
    // Not JSON, or not this shape: no report.
    return undefined;
  }
}

export type ReportVerdict =
  | {
      readonly kind: 'same';
      readonly laterEvents: number;
      /** A report made now would differ: the run went on, or another run of the site settled something. */
      readonly outdated: boolean;
    }
  | { readonly kind: 'other-record'; readonly reason: string }
  /** It was made from another run of the site too, which is not at hand. */
  | { readonly kind: 'run-missing'; readonly run: string }
  | { readonly kind: 'changed'; readonly line: number; readonly found: string; readonly expected: string };

/**
 * Whether a text is, byte for byte, the report that these events give. `others`: the other runs of the site, where they
 * are at hand.
 */
export function compareReport(
  text: string,
  claim: ReportClaim,
  record: { readonly events: readonly Event[]; readonly others?: readonly (readonly Event[])[] },
): ReportVerdict {
  const { events, others } = record;
  const own = cutTo(claim, events);
  if (typeof own === 'string') return { kind: 'other-record', reason: own };
  const given = (head: RecordHead) => others?.find(([first]) => first?.run === head.run);
  const absent = claim.others?.find((head) => given(head) === undefined);
  if (absent !== undefined) return { kind: 'run-missing', run: absent.run };
  const beside = claim.others?.map((head) => cutTo(head, given(head) ?? []));
  const missing = beside?.find((one) => typeof one === 'string');
  if (typeof missing === 'string') return { kind: 'other-record', reason: missing };
  const report = reportOf(own, beside as readonly (readonly Event[])[] | undefined);
  const expected = renderReport(report, claim.form);
  // --json prints the same on one line.
  const same = text === expected || (claim.form === 'json' && text === `${JSON.stringify(report)}\n`);
  if (!same) return { kind: 'changed', ...firstDifference(text, expected) };
  const now = renderReport(reportOf(events, claim.others === undefined ? undefined : (others ?? [])), claim.form);
  return { kind: 'same', laterEvents: events.length - claim.seq, outdated: now !== expected };
}

/** The events up to a claimed head; a text where they are not there, or are others. */
function cutTo({ run, seq, hash }: RecordHead, events: readonly Event[]): readonly Event[] | string {
  const last = events[seq - 1];
  if (last === undefined) {
    return `run ${run} ends with event ${events.length} in the journal, with ${seq} in the report`;
  }
  return last.hash === hash
    ? events.slice(0, seq)
    : `event ${seq} of run ${run} has another hash in the journal than in the report`;
}

function firstDifference(text: string, expected: string): { line: number; found: string; expected: string } {
  const lines = expected.split('\n');
  const given = text.split('\n');
  const differs = given.findIndex((line, at) => line !== lines[at]);
  const line = differs < 0 ? given.length : differs;
  return { line: line + 1, found: given[line] ?? '', expected: lines[line] ?? '' };
}
