import type { FindingStatus, Metric } from '../checks/check.ts';
import { countStatuses, worstFirst, worstStatus, type CheckReport, type DatedFinding } from '../checks/verdict.ts';
import { fitting, grouped } from './check-groups.ts';
import { printableLine } from './escape.ts';

/** What monitoring expects of a plugin: its exit code, and its text (one line, details below it). */
export interface NagiosAnswer {
  readonly text: string;
  readonly exitCode: 0 | 1 | 2 | 3;
}

/** Bytes that Nagios and Icinga take of a plugin at least (MAX_PLUGIN_OUTPUT_LENGTH of Nagios Core 3). */
const bytesMax = 8_192;
const perfBytesMax = 5_000;
const firstLineMax = 1_200;
const namedMax = 3;
/** Details are read in a message on a phone: what is wrong, not every host of it. */
const detailsMax = 12;
const detailMax = 300;
const subjectsMax = 60;
const moreBytes = 120;

const states: Readonly<Record<FindingStatus, readonly [word: string, exitCode: NagiosAnswer['exitCode']]>> = {
  fail: ['CRITICAL', 2],
  unknown: ['UNKNOWN', 3],
  warn: ['WARNING', 1],
  ok: ['OK', 0],
  skipped: ['OK', 0],
};

/** The report as a monitoring plugin says it, performance data behind the bar; several things with one fault are one line. */
export function checkNagios(report: CheckReport): NagiosAnswer {
  const sorted = worstFirst(report.findings);
  const problems = grouped(sorted.filter(({ status }) => status !== 'ok' && status !== 'skipped'));
  const [word, exitCode] = states[worstStatus(report.findings)];
  const counts = countStatuses(report.findings);
  const totals = `${counts.fail} failed, ${counts.unknown} unknown, ${counts.warn} warnings, ${counts.ok} ok`;
  const named = problems.slice(0, namedMax).map(saying);
  const rest = problems.length > namedMax ? `; and ${problems.length - namedMax} more` : '';
  const said = named.length === 0 ? '' : ` - ${named.join('; ')}${rest}`;
  const first = cut(plain(`DRP ${report.site} ${word}: ${totals}${said}`), firstLineMax);
  const data = perfData(sorted);
  const head = data === '' ? first : `${first} | ${data}`;
  const details = fittingBytes(
    problems.slice(0, detailsMax).map(detail),
    bytesMax - Buffer.byteLength(head) - moreBytes,
  );
  const left = problems.length - details.length;
  const more = left > 0 ? [`${left} more: drp check --site ${report.site}`] : [];
  return { text: [head, ...details, ...more].join('\n'), exitCode };
}

/** The first lines that take no more than so many bytes. */
function fittingBytes(lines: readonly string[], bytes: number): readonly string[] {
  let taken = 0;
  const end = lines.findIndex((line) => (taken += Buffer.byteLength(line) + 1) > bytes);
  return end < 0 ? lines : lines.slice(0, end);
}

/** What a plugin says when nobody could look: never green, never silent. */
export function nagiosUnknown(site: string, why: string): NagiosAnswer {
  return { text: cut(plain(`DRP ${site} UNKNOWN: ${why}`), firstLineMax), exitCode: 3 };
}

function saying(group: readonly DatedFinding[]): string {
  const subjects = fitting(
    group.map(({ subject }) => subject),
    subjectsMax,
  );
  return `${subjects} ${group[0]?.probe ?? ''}: ${group[0]?.found ?? ''}`;
}

/** What to do is for what is broken; the rest is read in `drp check`. */
function detail(group: readonly DatedFinding[]): string {
  const { status = 'unknown', threshold, advice } = group[0] ?? {};
  const limit = threshold === undefined ? '' : ` (${threshold})`;
  const todo = advice === undefined || status === 'warn' ? '' : ` - ${advice}`;
  return cut(plain(`${states[status][0]} ${saying(group)}${limit}${todo}`), detailMax);
}

/** `'label'=value[unit];warn;crit`, the worst first, as many as monitoring takes. */
function perfData(findings: readonly DatedFinding[]): string {
  let data = '';
  for (const finding of findings) {
    for (const metric of finding.metrics ?? []) {
      const one = perfValue(finding, metric);
      if (data.length + one.length + 1 > perfBytesMax) return data;
      data += data === '' ? one : ` ${one}`;
    }
  }
  return data;
}

const units: readonly (readonly [suffix: string, unit: string])[] = [
  ['_percent', '%'],
  ['_bytes', 'B'],
  ['_seconds', 's'],
  ['_ms', 'ms'],
];

function perfValue({ probe, subject }: DatedFinding, { name, value, warn, fail, least }: Metric): string {
  const label = `${subject} ${probe}.${name}`.replaceAll(/['=|\s]+/g, ' ');
  const unit = units.find(([suffix]) => name.endsWith(suffix))?.[1] ?? '';
  // A range of the plugin guidelines: `10` is left above ten, `10:` below it.
  const range = (limit: number | undefined): string =>
    limit === undefined ? '' : `${limit}${least === true ? ':' : ''}`;
  const limits = fail !== undefined ? `;${range(warn)};${range(fail)}` : warn !== undefined ? `;${range(warn)}` : '';
  return `'${label}'=${value}${unit}${limits}`;
}

/** A bar begins performance data: in words it would be taken for it. A broken bar shows that a command had one. */
function plain(text: string): string {
  return printableLine(text).replaceAll('|', '¦');
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}
