import type { EvidenceItem, Json } from '../../events/event.ts';
import type { BackupChoice } from '../../plan/backups.ts';

/** A copy that a gate shows and a person may choose instead of the one taken by the rule. */
export interface OfferedCopy {
  readonly backup: string;
  readonly host: string;
  /** Absolute path on that host. */
  readonly path: string;
  readonly takenAt: string;
  /** Its datacentre is declared lost: only a person takes it. */
  readonly lost: boolean;
  /** It is the one that is taken as things stand. */
  readonly taken: boolean;
}

/** Copies that a statement keeps of one backup, newest first: four days of a dump every 2 hours. */
const keptMax = 48;

/** How a copy is named at a gate and on the command line. */
export function spellCopy(copy: { readonly host: string; readonly takenAt: string }): string {
  return `${copy.host}:${copy.takenAt.replace(/:00\.000Z$/, 'Z')}`;
}

/** What a word carries that chooses a copy: `BACKUP HOST:TIME`, so that a signature stands over it. */
export function spellChoice(backup: string, copy: string): string {
  return `${backup} ${copy}`;
}

/** The fit copies of a backup as its evidence keeps them. Broken ones are never offered. */
export function copiesFact(choice: BackupChoice): readonly Json[] {
  const fit = [
    ...(choice.chosen === undefined ? [] : [choice.chosen]),
    ...choice.others,
    ...choice.excluded.flatMap(({ kind, candidate }) =>
      kind === 'lost' && candidate !== undefined ? [candidate] : [],
    ),
  ];
  const lost = new Set(choice.excluded.flatMap(({ kind, candidate }) => (kind === 'lost' ? [candidate] : [])));
  return fit
    .toSorted((a, b) => Date.parse(b.takenAt) - Date.parse(a.takenAt))
    .slice(0, keptMax)
    .map((copy) => ({
      host: copy.host,
      path: copy.path,
      takenAt: copy.takenAt,
      lost: lost.has(copy),
      taken: copy === choice.chosen,
    }));
}

/** The copies that evidence shown at a gate offers. */
export function offeredCopies(evidence: readonly EvidenceItem[]): readonly OfferedCopy[] {
  return evidence.flatMap(({ id, facts }) => {
    if (!id.startsWith('backup:') || typeof facts !== 'object' || facts === null || !('copies' in facts)) return [];
    const { copies } = facts;
    // Written by copiesFact alone; it has come through the journal.
    const listed = (Array.isArray(copies) ? copies : []) as readonly Omit<OfferedCopy, 'backup'>[];
    return listed.map((copy) => ({ backup: id.slice('backup:'.length), ...copy }));
  });
}

/** The offered copy that `BACKUP HOST:TIME` names, whichever way the instant is written; undefined: none. */
export function namedCopy(named: string, offered: readonly OfferedCopy[]): OfferedCopy | undefined {
  const [, backup = '', host = '', time = ''] = /^(\S+) ([^:\s]+):(\S+)$/.exec(named) ?? [];
  const atMs = Date.parse(time);
  return offered.find((copy) => copy.backup === backup && copy.host === host && Date.parse(copy.takenAt) === atMs);
}
