import type { Report } from './report.ts';

/** The report as data: one key order, two spaces, a line end. The same report gives the same bytes. */
export function reportJson(report: Report): string {
  return `${JSON.stringify(report, null, 2)}\n`;
}
