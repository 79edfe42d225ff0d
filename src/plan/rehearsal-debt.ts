import { rehearsedPhases, type RehearsalChange } from './rehearsal.ts';

/** A drill that walked to its end. */
export interface PassedDrill {
  readonly run: string;
  readonly endedAt: string;
  /** Version of drp that drove it. */
  readonly version: string;
}

/** A way a run may go that a straight one does not: what a person says, or how a step ends. */
export interface Branch {
  /** `reject`, `retry`, `skip`, `abort`, `switch-back`, `failed`, `in-doubt`; `lost` for a datacentre. */
  readonly verb: string;
  /** Gate, step, phase or datacentre; of an abort the state it leads to. */
  readonly subject: string;
}

/** How far an activation's plan has gone from what was last rehearsed. */
export interface RehearsalDebt {
  /** `never`: no drill of this site passed. `needs-drill`: its restoration is another one than the last drill's. */
  readonly standing: 'rehearsed' | 'needs-drill' | 'never';
  readonly lastDrill?: PassedDrill;
  /** Of the restoration: what drill and activation share. */
  readonly changes: readonly RehearsalChange[];
  /** People, keys, runbook: shown, and no drill is needed for them. */
  readonly surroundings: readonly RehearsalChange[];
  /** Branches of the machine, and of the question what is lost, that no drill and no real run ever walked. */
  readonly unwalked: readonly Branch[];
  /** Of how many branches. */
  readonly branches: number;
  /** Steps of the straight way that no drill and no real run ever did: drills only speak of them. */
  readonly undone: readonly UndoneStep[];
}

export interface UndoneStep {
  readonly step: string;
  readonly phase: string;
}

const dayMs = 86_400_000;
/** So many changes are told one by one. */
const changesMax = 12;

/** What a plan owes to rehearsal, in one line. */
export function rehearsalHeadline(debt: RehearsalDebt, nowMs: number): string {
  const last = debt.lastDrill;
  if (last === undefined) return 'NEEDS DRILL: no drill of this plan ever passed';
  const days = Math.max(0, Math.floor((nowMs - Date.parse(last.endedAt)) / dayMs));
  const ago = days === 0 ? 'today' : days === 1 ? '1 day ago' : `${String(days)} days ago`;
  const drill = `last passed drill ${ago} (${last.endedAt.slice(0, 10)}, run ${last.run})`;
  if (debt.standing === 'rehearsed') {
    const spokenOf = debt.undone.filter(({ phase }) => rehearsedPhases.includes(phase)).map(({ step }) => step);
    const but = spokenOf.length === 0 ? '' : `, but for what drills only speak of: ${spokenOf.join(', ')}`;
    return `${drill}; the restoration is the one that was drilled${but}`;
  }
  const count = debt.changes.length;
  return `NEEDS DRILL: ${drill}; ${count === 1 ? '1 change' : `${String(count)} changes`} of the restoration since`;
}

/** What changed: first what needs a drill, then people, keys and the runbook. Empty: nothing, or no drill to compare with. */
export function changeLines(debt: RehearsalDebt): readonly string[] {
  return [...told(debt.changes, 'since the drill'), ...told(debt.surroundings, 'beside the restoration')];
}

function told(changes: readonly RehearsalChange[], when: string): readonly string[] {
  const more = changes.length - changesMax;
  return [
    ...changes.slice(0, changesMax).map(({ kind, area, name, what }) => {
      const how = what.length === 0 ? '' : `: ${what.join('; ')}`;
      return `${when}, ${kind}: ${area} ${name}${how}`;
    }),
    ...(more > 0 ? [`and ${String(more)} more changes`] : []),
  ];
}

/** Steps that a real run would do for the first time, in one line. Empty: none, or no drill and no run ever did anything. */
export function undoneLines({ undone, standing }: RehearsalDebt, namesMax = 6): readonly string[] {
  if (undone.length === 0 || standing === 'never') return [];
  const names = undone.map(({ step }) => step);
  return [`never really done, drills only speak of it: ${few(names, namesMax)}`];
}

/**
 * Branches nobody ever walked, so that a hundred of them are a handful of lines: by verb, verbs of the same subjects
 * together, at most `namesMax` names in a line. The JSON of `drp status` has them all.
 */
export function unwalkedLines({ unwalked, branches }: RehearsalDebt, namesMax = 6): readonly string[] {
  if (unwalked.length === 0) return [`each of the ${String(branches)} branches was walked by a drill or a run`];
  if (unwalked.length === branches)
    return [`beside the straight way nothing was ever walked: ${String(branches)} branches`];
  const byVerb = new Map<string, string[]>();
  for (const { verb, subject } of unwalked) byVerb.set(verb, [...(byVerb.get(verb) ?? []), subject]);
  const bySubjects = new Map<string, { readonly verbs: string[]; readonly subjects: readonly string[] }>();
  for (const [verb, subjects] of byVerb) {
    const key = subjects.join(' ');
    const group = bySubjects.get(key) ?? { verbs: [], subjects };
    group.verbs.push(sayings[verb] ?? verb);
    bySubjects.set(key, group);
  }
  return [
    `never walked by a drill or a run: ${String(unwalked.length)} of ${String(branches)} branches`,
    ...[...bySubjects.values()].map(({ verbs, subjects }) => `never ${listed(verbs)}: ${few(subjects, namesMax)}`),
  ];
}

function few(names: readonly string[], most: number): string {
  const more = names.length - most;
  return more > 0 ? `${names.slice(0, most).join(', ')} and ${String(more)} more` : names.join(', ');
}

function listed(words: readonly string[]): string {
  return words.length <= 1 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1) ?? ''}`;
}

const sayings: Readonly<Record<string, string>> = {
  reject: 'rejected',
  failed: 'failed',
  'in-doubt': 'in doubt',
  retry: 'retried by a person',
  'mark-done': 'done by hand',
  skip: 'skipped',
  cancel: 'cancelled',
  abort: 'aborted by way of',
  'switch-back': 'switched back from',
  hold: 'called a switch back off in',
  reopen: 'reopened at',
  lost: 'declared lost',
};
