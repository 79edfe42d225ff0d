import type { FindingStatus, Metric } from '../checks/check.ts';
import { countStatuses, worstFirst, worstStatus, type CheckReport, type DatedFinding } from '../checks/verdict.ts';
import { printableLine } from './escape.ts';

/** What monitoring expects of a plugin: its exit code, and its text (one line, details below it). */
export interface NagiosAnswer {
  readonly text: string;
  readonly exitCode: 0 | 1 | 2 | 3;
}

/** Bytes that Nagios and Icinga take of a plugin at least (MAX_PLUGIN_OUTPUT_LENGTH of Nagios Core 3). */
const bytesMax = 8_192;
const perfBytesMax = 5_000;
const namedMax = 3;

const states: Readonly<Record<FindingStatus, readonly [word: string, exitCode: NagiosAnswer['exitCode']]>> = {
  fail: ['CRITICAL', 2],
  unknown: ['UNKNOWN', 3],
  warn: ['WARNING', 1],
  ok: ['OK', 0],
  skipped: ['OK', 0],
};

/** The report as a monitoring plugin says it, performance data behind the bar. */
export function checkNagios(report: CheckReport): NagiosAnswer {
  const sorted = worstFirst(report.findings);
  const problems = sorted.filter(({ status }) => status !== 'ok' && status !== 'skipped');
  const [word, exitCode] = states[worstStatus(report.findings)];
  const counts = countStatuses(report.findings);
  const totals = `${counts.fail} failed, ${counts.unknown} unknown, ${counts.warn} warnings, ${counts.ok} ok`;
  const named = problems.slice(0, namedMax).map(({ subject, probe, found }) => `${subject} ${probe}: ${found}`);
  const rest = problems.length > namedMax ? `; and ${problems.length - namedMax} more` : '';
  const said = named.length === 0 ? '' : ` - ${named.join('; ')}${rest}`;
  const first = cut(`DRP ${report.site} ${word}: ${totals}${plain(said)}`, 1_200);
  const data = perfData(sorted);
  let text = data === '' ? first : `${first} | ${data}`;
  for (const finding of problems) {
    const line = `\n${detail(finding)}`;
    if (Buffer.byteLength(text + line) > bytesMax - 100) {
      text += '\nmore: drp check --site ' + report.site;
      break;
    }
    text += line;
  }
  return { text, exitCode };
}

function detail({ status, subject, probe, found, threshold, advice }: DatedFinding): string {
  const limit = threshold === undefined ? '' : ` (${threshold})`;
  return cut(
    plain(`${states[status][0]} ${subject} ${probe}: ${found}${limit}${advice === undefined ? '' : ` - ${advice}`}`),
    600,
  );
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

function perfValue({ probe, subject }: DatedFinding, { name, value, warn, fail }: Metric): string {
  const label = `${subject} ${probe}.${name}`.replaceAll(/['=|\s]+/g, ' ');
  const unit = units.find(([suffix]) => name.endsWith(suffix))?.[1] ?? '';
  const limits = fail !== undefined ? `;${warn ?? ''};${fail}` : warn !== undefined ? `;${warn}` : '';
  return `'${label}'=${value}${unit}${limits}`;
}

/** A bar begins performance data: in words it would be taken for it. */
function plain(text: string): string {
  return printableLine(text).replaceAll('|', '/');
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}
