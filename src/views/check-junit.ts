import type { CheckReport, DatedFinding } from '../checks/verdict.ts';
import { printable } from './escape.ts';

/** The report as JUnit XML: a suite a kind of thing, a case a finding. */
export function checkJunit(report: CheckReport): string {
  const suites = new Map<string, DatedFinding[]>();
  for (const finding of report.findings) {
    const area = finding.probe.split('.')[0] ?? '';
    suites.set(area, [...(suites.get(area) ?? []), finding]);
  }
  const seconds = (report.durationMs / 1000).toFixed(3);
  const lines = [...suites].flatMap(([area, findings]) => [
    `  <testsuite name="${xml(area)}" ${totals(findings)} timestamp="${xml(report.at.slice(0, 19))}" time="${seconds}">`,
    ...findings.flatMap(testCase),
    '  </testsuite>',
  ]);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="drp check --site ${xml(report.site)}" ${totals(report.findings)} time="${seconds}">`,
    ...lines,
    '</testsuites>',
    '',
  ].join('\n');
}

function totals(findings: readonly DatedFinding[]): string {
  const count = (status: DatedFinding['status']): number => findings.filter((one) => one.status === status).length;
  return `tests="${findings.length}" failures="${count('fail')}" errors="${count('unknown')}" skipped="${count('skipped')}"`;
}

function testCase(finding: DatedFinding): string[] {
  const { probe, subject, status, found, threshold, advice } = finding;
  const text = [
    threshold === undefined ? found : `${found} (${threshold})`,
    ...(advice === undefined ? [] : [advice]),
  ].join('\n');
  const open = `    <testcase classname="${xml(probe)}" name="${xml(subject)}"`;
  switch (status) {
    case 'ok':
      return [`${open}/>`];
    case 'warn':
      return [`${open}><system-out>${xml(`warning: ${text}`)}</system-out></testcase>`];
    case 'skipped':
      return [`${open}><skipped message="${xml(found)}"/></testcase>`];
    case 'fail':
      return [`${open}><failure message="${xml(found)}">${xml(text)}</failure></testcase>`];
    case 'unknown':
      return [`${open}><error message="${xml(found)}">${xml(text)}</error></testcase>`];
  }
}

function xml(text: string): string {
  return printable(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll('\n', '&#10;')
    .replaceAll('\t', '&#9;');
}
