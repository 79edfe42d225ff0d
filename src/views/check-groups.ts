import type { DatedFinding } from '../checks/verdict.ts';
import { printableLine } from './escape.ts';
import { columns } from './layout.ts';

/** Findings that say the same of several things are one block: five hosts without a program are one problem. */
export function grouped(findings: readonly DatedFinding[]): readonly (readonly DatedFinding[])[] {
  const groups = new Map<string, DatedFinding[]>();
  for (const finding of findings) {
    const { probe, status, found, threshold } = finding;
    const key = JSON.stringify([probe, status, found, threshold]);
    groups.set(key, [...(groups.get(key) ?? []), finding]);
  }
  return [...groups.values()];
}

/** As many names as fit into a width, the first always; how many more there are. */
export function fitting(names: readonly string[], width: number): string {
  const all = [...new Set(names)].map(printableLine);
  for (let count = all.length; count > 1; count -= 1) {
    const rest = all.length - count;
    const text = `${all.slice(0, count).join(', ')}${rest === 0 ? '' : ` and ${rest} more`}`;
    if (columns(text) <= width) return text;
  }
  return `${all[0] ?? ''}${all.length > 1 ? ` and ${all.length - 1} more` : ''}`;
}
