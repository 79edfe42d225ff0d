import { formatDuration } from '../base/duration.ts';
import type { FindingStatus } from '../checks/check.ts';
import type { Change } from '../checks/since.ts';
import { countStatuses, worstFirst, type CheckReport, type DatedFinding } from '../checks/verdict.ts';
import { fitting, grouped } from './check-groups.ts';
import { printableLine } from './escape.ts';
import { betweenMs, instantText } from './instants.ts';
import { padTo, table, wrap } from './layout.ts';
import type { Style } from './style.ts';

export interface CheckView {
  readonly width: number;
  readonly style: Style;
  /** Also what is well, a line each. */
  readonly all: boolean;
  /** Into a pipe or a file: what is well stays on one line each, for grep, however wide. */
  readonly piped?: boolean;
}

const words: Readonly<Record<FindingStatus, string>> = {
  fail: 'FAIL',
  unknown: 'UNKNOWN',
  warn: 'WARN',
  ok: 'ok',
  skipped: 'skipped',
};
const indent = ' '.repeat(9);
/** From so many columns on, a table of four has room for what was found. */
const wideFrom = 110;

/** What was found, the worst first, each with what to do; what is well in few words. */
export function checkText(report: CheckReport, view: CheckView): string {
  const problems = worstFirst(report.findings).filter(({ status }) => status !== 'ok' && status !== 'skipped');
  // With --lost the question was what would be left: its answers stand together, before what is wrong besides.
  const asked = problems.filter(({ probe }) => report.lost.length > 0 && probe.startsWith('lost.'));
  const besides = problems.filter((finding) => !asked.includes(finding));
  const blocks = (list: readonly DatedFinding[]): readonly string[] =>
    grouped(list).flatMap((group) => ['', ...problemLines(group, report.at, view)]);
  return [
    ...headLines(report, view),
    ...blocks(asked),
    ...leftLines(report, view),
    ...blocks(besides),
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
    ...(counts.ok > 0
      ? [style.good(counts.ok === findings.length && counts.ok > 1 ? `all ${counts.ok} ok` : `${counts.ok} ok`)]
      : []),
  ];
  return [
    `${style.bold(`Site ${site}`)}  ${verdict.join(' · ') || 'nothing was looked at'}`,
    style.dim(`${instantText(at)}, ${formatDuration(durationMs)}${only === undefined ? '' : `, only ${only}`}`),
    ...(lost.length === 0
      ? []
      : wrap(`As if ${lost.join(' and ')} were gone: nothing there was contacted.`, width).map(style.attention)),
  ];
}

/** What a loss would leave is what was asked with `--lost`: said in full, also where it is well. */
function leftLines({ findings, lost, at }: CheckReport, view: CheckView): string[] {
  if (lost.length === 0 || view.all) return [];
  const left = findings.filter(({ probe, status }) => probe.startsWith('lost.') && status === 'ok');
  return left.length === 0 ? [] : ['', ...grouped(left).flatMap((group) => problemLines(group, at, view))];
}

function problemLines(group: readonly DatedFinding[], at: string, { width, style }: CheckView): string[] {
  const [finding] = group;
  if (finding === undefined) return [];
  const { probe, status, found, threshold, advice } = finding;
  const ages = group.map(({ since }) => (since === undefined ? 0 : betweenMs(since, at)));
  const ageMs = Math.max(...ages);
  const age = ageMs < 1_000 ? '' : `for ${formatDuration(ageMs)}`;
  const room = Math.max(30, width - indent.length);
  const limit = threshold === undefined ? '' : ` (${threshold})`;
  const lead = `${probe}  `;
  const subjects = fitting(
    group.map(({ subject }) => subject),
    Math.max(12, room - lead.length - age.length - 2),
  );
  return [
    `${painted(padTo(words[status], indent.length - 2), status, style)}  ${lead}${style.bold(subjects)}${age === '' ? '' : style.dim(`  ${age}`)}`,
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
  return [...areas].map(([area, list]) => {
    const lead = `${padTo('', indent.length - 2 - words.ok.length)}  ${padTo(area, labelWidth)}  ${String(list.length).padStart(3)}  `;
    const subjects = list.map(({ subject }) => subject.split(/[:@]/)[0] ?? '');
    return `${style.good(words.ok)}${lead}${fitting(subjects, Math.max(20, width - words.ok.length - lead.length))}`;
  });
}

/** What is well, a row each; on a narrow screen the thing stands before what was found of it, in one column. */
function wellRows({ findings }: CheckReport, { style, width, piped }: CheckView): string[] {
  const rows = findings
    .filter(({ status }) => status === 'ok')
    .map(({ probe, subject, found, threshold }) => {
      const [thing, said] = [subject, threshold === undefined ? found : `${found} (${threshold})`].map(printableLine);
      const told = width < wideFrom && piped !== true ? [`${thing}: ${said}`] : [thing ?? '', said ?? ''];
      return [style.good(words.ok), probe, ...told];
    });
  return table(rows, '', piped === true ? Infinity : width);
}

function skippedLines({ findings }: CheckReport, { width }: CheckView): string[] {
  const reasons = new Map<string, string[]>();
  for (const { status, subject, found } of findings) {
    if (status === 'skipped') reasons.set(found, [...(reasons.get(found) ?? []), subject]);
  }
  const room = Math.max(30, width - indent.length);
  return [...reasons].flatMap(([reason, subjects]) =>
    wrap(`${fitting(subjects, room)}: ${printableLine(reason)}`, room).map(
      (line, at) => padTo(at === 0 ? words.skipped : '', indent.length) + line,
    ),
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
