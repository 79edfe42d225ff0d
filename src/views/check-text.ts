import { formatDuration } from '../base/duration.ts';
import type { FindingStatus } from '../checks/check.ts';
import type { Change } from '../checks/since.ts';
import { countStatuses, worstFirst, type CheckReport, type DatedFinding } from '../checks/verdict.ts';
import { printableLine } from './escape.ts';
import { betweenMs, instantText } from './instants.ts';
import { padTo, table, wrap } from './layout.ts';
import type { Style } from './style.ts';

export interface CheckView {
  readonly width: number;
  readonly style: Style;
  /** Also what is well, a line each. */
  readonly all: boolean;
}

const words: Readonly<Record<FindingStatus, string>> = {
  fail: 'FAIL',
  unknown: 'UNKNOWN',
  warn: 'WARN',
  ok: 'ok',
  skipped: 'skipped',
};
const indent = ' '.repeat(9);

/** What was found, the worst first, each with what to do; what is well in few words. */
export function checkText(report: CheckReport, view: CheckView): string {
  const problems = worstFirst(report.findings).filter(({ status }) => status !== 'ok' && status !== 'skipped');
  return [
    ...headLines(report, view),
    ...problems.flatMap((finding) => ['', ...problemLines(finding, report.at, view)]),
    '',
    ...(view.all ? wellRows(report, view) : wellSummary(report, view)),
    ...skippedLines(report, view),
  ].join('\n');
}

/** One line a change, for `--watch`: when, which, from what to what, and what to do. */
export function changeLine({ before, finding }: Change, at: string, style: Style): string {
  const { probe, subject, status, found, threshold, advice } = finding;
  const limit = threshold === undefined ? '' : ` (${threshold})`;
  const todo = advice === undefined || status === 'ok' ? '' : ` → ${advice}`;
  const was = before === undefined ? '' : `${words[before]} → `;
  const now = painted(words[status], status, style);
  return `${instantText(at)}  ${was}${now}  ${probe} ${printableLine(`${subject}: ${found}${limit}${todo}`)}`;
}

function headLines(report: CheckReport, { width, style }: CheckView): string[] {
  const { site, at, durationMs, findings, lost, only } = report;
  const counts = countStatuses(findings);
  const verdict = [
    ...(counts.fail > 0 ? [style.bad(`${counts.fail} FAILED`)] : []),
    ...(counts.unknown > 0 ? [style.attention(`${counts.unknown} not known`)] : []),
    ...(counts.warn > 0 ? [style.attention(`${counts.warn} ${counts.warn === 1 ? 'warning' : 'warnings'}`)] : []),
    ...(counts.ok > 0 ? [style.good(counts.ok === findings.length ? `all ${counts.ok} ok` : `${counts.ok} ok`)] : []),
  ];
  return [
    `${style.bold(`Site ${site}`)}  ${verdict.join(' · ') || 'nothing was looked at'}`,
    style.dim(`${instantText(at)}, ${formatDuration(durationMs)}${only === undefined ? '' : `, only ${only}`}`),
    ...(lost.length === 0
      ? []
      : wrap(`As if ${lost.join(' and ')} were gone: nothing there was contacted.`, width).map(style.attention)),
  ];
}

function problemLines(finding: DatedFinding, at: string, { width, style }: CheckView): string[] {
  const { probe, subject, status, found, threshold, advice, since } = finding;
  const ageMs = since === undefined ? 0 : betweenMs(since, at);
  const age = ageMs < 1_000 ? '' : style.dim(`  for ${formatDuration(ageMs)}`);
  const room = Math.max(30, width - indent.length);
  const limit = threshold === undefined ? '' : ` (${threshold})`;
  return [
    `${painted(padTo(words[status], indent.length - 2), status, style)}  ${style.bold(printableLine(subject))}  ${probe}${age}`,
    ...wrap(printableLine(`${found}${limit}`), room).map((line) => indent + line),
    ...(advice === undefined ? [] : wrap(`→ ${printableLine(advice)}`, room, '  ').map((line) => indent + line)),
  ];
}

/** By kind of thing: how many, and of what. */
function wellSummary({ findings }: CheckReport, { width, style }: CheckView): string[] {
  const areas = new Map<string, DatedFinding[]>();
  for (const finding of findings.filter(({ status }) => status === 'ok')) {
    const area = finding.probe.split('.')[0] ?? '';
    areas.set(area, [...(areas.get(area) ?? []), finding]);
  }
  const labelWidth = Math.max(0, ...[...areas.keys()].map((area) => area.length));
  return [...areas].flatMap(([area, list]) => {
    const subjects = [...new Set(list.map(({ subject }) => subject.split(':')[0] ?? ''))];
    const text = `${String(list.length).padStart(4)}  ${subjects.join(', ')}`;
    const lead = `${padTo(words.ok, indent.length - 2)}  ${padTo(area, labelWidth)}`;
    const lines = wrap(printableLine(text), Math.max(30, width - lead.length), '      ');
    return lines.map(
      (line, at) => (at === 0 ? `${style.good(lead.slice(0, 2))}${lead.slice(2)}` : padTo('', lead.length)) + line,
    );
  });
}

function wellRows({ findings }: CheckReport, { style }: CheckView): string[] {
  const rows = findings
    .filter(({ status }) => status === 'ok')
    .map(({ probe, subject, found, threshold }) => [
      style.good(words.ok),
      probe,
      printableLine(subject),
      printableLine(threshold === undefined ? found : `${found} (${threshold})`),
    ]);
  return table(rows);
}

function skippedLines({ findings }: CheckReport, { width }: CheckView): string[] {
  const reasons = new Map<string, string[]>();
  for (const { status, subject, found } of findings) {
    if (status === 'skipped') reasons.set(found, [...(reasons.get(found) ?? []), subject]);
  }
  return [...reasons].flatMap(([reason, subjects]) =>
    wrap(printableLine(`${words.skipped}  ${[...new Set(subjects)].join(', ')}: ${reason}`), width, indent),
  );
}

function painted(text: string, status: FindingStatus, style: Style): string {
  switch (status) {
    case 'fail':
      return style.bad(text);
    case 'unknown':
    case 'warn':
      return style.attention(text);
    case 'ok':
      return style.good(text);
    case 'skipped':
      return style.dim(text);
  }
}
