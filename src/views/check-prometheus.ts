import type { FindingStatus } from '../checks/check.ts';
import type { CheckReport } from '../checks/verdict.ts';

const numbers: Readonly<Record<FindingStatus, number>> = { ok: 0, warn: 1, fail: 2, unknown: 3, skipped: 4 };

/** The report for node_exporter's textfile collector: a status each, and every number that was measured. */
export function checkPrometheus(report: CheckReport): string {
  const { site, findings, at, durationMs } = report;
  const statuses = findings.map((finding) => `drp_check_status${labels(site, finding)} ${numbers[finding.status]}`);
  const series = new Map<string, string[]>();
  for (const finding of findings) {
    for (const metric of finding.metrics ?? []) {
      const name = `drp_check_${finding.probe}_${metric.name}`.replaceAll(/[^A-Za-z0-9_]/g, '_');
      series.set(name, [...(series.get(name) ?? []), `${name}${labels(site, finding)} ${metric.value}`]);
    }
  }
  return [
    '# HELP drp_check_status 0 ok, 1 warning, 2 failed, 3 not known, 4 not looked at',
    '# TYPE drp_check_status gauge',
    ...unique(statuses),
    '# HELP drp_check_timestamp_seconds When this look began.',
    '# TYPE drp_check_timestamp_seconds gauge',
    `drp_check_timestamp_seconds{site="${escaped(site)}"} ${Date.parse(at) / 1000}`,
    '# HELP drp_check_duration_seconds How long it took.',
    '# TYPE drp_check_duration_seconds gauge',
    `drp_check_duration_seconds{site="${escaped(site)}"} ${durationMs / 1000}`,
    ...[...series].flatMap(([name, lines]) => [`# TYPE ${name} gauge`, ...unique(lines)]),
    '',
  ].join('\n');
}

function labels(site: string, { probe, subject }: { readonly probe: string; readonly subject: string }): string {
  return `{site="${escaped(site)}",probe="${escaped(probe)}",subject="${escaped(subject)}"}`;
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

/** One sample a series: the collector refuses a file that names one twice. */
function unique(lines: readonly string[]): readonly string[] {
  const seen = new Set<string>();
  return lines.filter((line) => {
    const key = line.slice(0, line.lastIndexOf(' '));
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
