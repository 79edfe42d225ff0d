import type { Event } from '../../events/event.ts';
import { reportHtml } from './html.ts';
import { reportJson } from './json.ts';
import { reportMarkdown } from './markdown.ts';
import { reportOf } from './model.ts';
import type { Report } from './report.ts';

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
}

/** The claim at the head of a report; undefined where the text is none. */
export function reportClaim(text: string): ReportClaim | undefined {
  if (text.trimStart().startsWith('{')) return jsonClaim(text);
  const mark = /<!-- drp-report@v1 run (\S+) event (\d{1,9}) head ([0-9a-f]{64}) -->/.exec(text.slice(0, 400));
  if (mark === null) return undefined;
  const [, run = '', seq = '', hash = ''] = mark;
  return { form: text.startsWith('<!doctype html>') ? 'html' : 'markdown', run, seq: Number(seq), hash };
}

function jsonClaim(text: string): ReportClaim | undefined {
  try {
    const { format, run, record } = JSON.parse(text) as Partial<Report>;
    if (format !== 'drp-report@v1' || run === undefined || record === undefined) return undefined;
    return { form: 'json', run, seq: record.head.seq, hash: record.head.hash };
  } catch {
    // Not JSON: no report.
    return undefined;
  }
}

export type ReportVerdict =
  | { readonly kind: 'same'; readonly laterEvents: number }
  | { readonly kind: 'other-record'; readonly reason: string }
  | { readonly kind: 'changed'; readonly line: number; readonly found: string; readonly expected: string };

/** Whether a text is, byte for byte, the report that these events give. */
export function compareReport(text: string, claim: ReportClaim, events: readonly Event[]): ReportVerdict {
  const last = events[claim.seq - 1];
  if (last === undefined) {
    return {
      kind: 'other-record',
      reason: `the journal ends with event ${events.length}, the report with ${claim.seq}`,
    };
  }
  if (last.hash !== claim.hash) {
    return { kind: 'other-record', reason: `event ${claim.seq} has another hash in the journal than in the report` };
  }
  const report = reportOf(events.slice(0, claim.seq));
  const expected = renderReport(report, claim.form);
  // --json prints the same on one line.
  const same = text === expected || (claim.form === 'json' && text === `${JSON.stringify(report)}\n`);
  if (same) return { kind: 'same', laterEvents: events.length - claim.seq };
  const lines = expected.split('\n');
  const given = text.split('\n');
  const differs = Math.max(
    0,
    given.findIndex((line, at) => line !== lines[at]),
  );
  const line = given.every((one, at) => one === lines[at]) ? given.length : differs;
  return { kind: 'changed', line: line + 1, found: given[line] ?? '', expected: lines[line] ?? '' };
}
