import type { WholeReading } from './backups/whole-reading.ts';
import type { Finding, FindingStatus } from './check.ts';
import type { DatedFinding } from './verdict.ts';

/** What earlier checks saw last: by `PROBE SUBJECT`. */
export interface CheckMemory {
  readonly format: 1;
  readonly site: string;
  readonly seen: Readonly<Record<string, SeenFinding>>;
  /** Copies of backups that were read whole, by source. */
  readonly whole?: Readonly<Record<string, WholeReading>> | undefined;
}

/** A status that was seen, and the time it spans. */
export interface SeenFinding {
  readonly status: FindingStatus;
  /** Since when it has this status. */
  readonly since: string;
  /** When it was seen last. */
  readonly last: string;
}

/** What nobody looked at for this long is forgotten: hosts and records come and go. */
const forgottenAfterMs = 30 * 86_400_000;

/** What is remembered of a site that was never looked at. */
export function emptyMemory(site: string): CheckMemory {
  return { format: 1, site, seen: {} };
}

/** Findings with the time since when they are so, and what to remember of them. Pure. */
export function remember(
  memory: CheckMemory,
  findings: readonly Finding[],
  at: string,
): { readonly findings: readonly DatedFinding[]; readonly memory: CheckMemory } {
  const dated = findings.map((finding) => {
    const before = memory.seen[keyOf(finding)];
    return { ...finding, since: before?.status === finding.status ? before.since : at };
  });
  const kept = Object.entries(memory.seen).filter(
    ([, { last }]) => Date.parse(at) - Date.parse(last) < forgottenAfterMs,
  );
  const now = dated.map((one) => [keyOf(one), { status: one.status, since: one.since, last: at }] as const);
  return { findings: dated, memory: { ...memory, seen: Object.fromEntries([...kept, ...now]) } };
}

/** One finding whose status is another than the last time; absent `before`: seen for the first time. */
export interface Change {
  readonly before?: FindingStatus;
  readonly finding: Finding;
}

/** What is told of a new look: every status that changed, and what is new and not well. Pure. */
export function changesSince(before: readonly Finding[], now: readonly Finding[]): readonly Change[] {
  const known = new Map(before.map((finding) => [keyOf(finding), finding.status]));
  return now.flatMap((finding): readonly Change[] => {
    const status = known.get(keyOf(finding));
    if (status === finding.status) return [];
    if (status === undefined) return finding.status === 'ok' || finding.status === 'skipped' ? [] : [{ finding }];
    return [{ before: status, finding }];
  });
}

function keyOf({ probe, subject }: Finding): string {
  return `${probe} ${subject}`;
}
