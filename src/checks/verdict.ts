import type { Finding, FindingStatus } from './check.ts';

/** A finding, and since when it is so; `since` is absent where that is not remembered. */
export interface DatedFinding extends Finding {
  readonly since?: string;
}

/** One look at everything. */
export interface CheckReport {
  readonly site: string;
  /** When the look began. */
  readonly at: string;
  readonly durationMs: number;
  /** Datacentres taken as gone. */
  readonly lost: readonly string[];
  /** What was asked for, where not everything was: the beginning of probes' names. */
  readonly only?: string;
  readonly findings: readonly DatedFinding[];
}

/** From what needs a person first to what needs none. */
const statusOrder: readonly FindingStatus[] = ['fail', 'unknown', 'warn', 'ok', 'skipped'];

/** How many findings have each status. */
export function countStatuses(findings: readonly Finding[]): Readonly<Record<FindingStatus, number>> {
  const counts = { ok: 0, warn: 0, fail: 0, unknown: 0, skipped: 0 };
  for (const { status } of findings) counts[status] += 1;
  return counts;
}

/** The worst status of these; `ok` where nothing was looked at. `unknown` is worse than `warn`: it may hide anything. */
export function worstStatus(findings: readonly Finding[]): FindingStatus {
  return statusOrder.find((status) => status !== 'skipped' && findings.some((one) => one.status === status)) ?? 'ok';
}

/**
 * Exit code for people and pipelines: 1 where something failed, 4 where something was out of reach and nothing else
 * failed, 0 otherwise (warnings are told, not failed).
 */
export function exitCodeOf(findings: readonly Finding[]): 0 | 1 | 4 {
  if (findings.some((one) => one.status === 'fail' && one.outOfReach !== true)) return 1;
  return findings.some((one) => one.status === 'fail' || one.status === 'unknown') ? 4 : 0;
}

/** The worst first; among equals in the order of the probes. */
export function worstFirst<T extends Finding>(findings: readonly T[]): readonly T[] {
  return statusOrder.flatMap((status) => findings.filter((one) => one.status === status));
}
