import type { EndingKey, MayAnswer, MayRow, MayTable } from '../gates/who-can.ts';
import { printableLine } from './escape.ts';
import { table, wrap } from './layout.ts';
import type { Style } from './style.ts';

const words = { yes: 'yes', 'unless-starter': 'yes*', no: '–' } as const;
const word = ({ may, aside }: MayAnswer): string => aside ?? words[may];

interface Space {
  readonly width: number;
  readonly style: Style;
}

/**
 * By person: the gates of each procedure, what cannot be passed first; then the deciding verbs, once where they are the
 * same for all; then what is wrong with keys, each said once.
 */
export function whoCanText(tables: readonly MayTable[], view: Space): string {
  const { width } = view;
  const all = tables.flatMap(({ gates }) => gates);
  const asides = new Set(all.flatMap(({ people }) => people.map(({ aside }) => aside)));
  const once = [
    ...new Set([
      ...notes(tables, width),
      ...tables.flatMap(({ ending }) => ending.flatMap((key) => wrap(endingText(key), width, '       '))),
    ]),
  ];
  return [
    ...tables.flatMap((one) => [...gateLines(one, view), '']),
    ...alike(tables).flatMap(([names, verbs]) => [names, ...rowLines('VERB', verbs, width), '']),
    ...once,
    ...(once.length === 0 ? [] : ['']),
    '* unless this person started the run, or drives it (mark-done)',
    ...(asides.has('phone')
      ? ['phone: by reading six words back over the phone, attested; a review is then owed']
      : []),
    ...(asides.has('alone') ? ['alone: by break-glass, with a reason; a review is then owed'] : []),
    '',
  ].join('\n');
}

function gateLines({ procedure, gates }: MayTable, { width, style }: Space): string[] {
  const weak = gates.filter((row) => !row.enough).flatMap((row) => wrap(weakText(row), width, '     '));
  return [procedure.toUpperCase(), ...weak.map(style.bad), ...rowLines('GATE', gates, width)];
}

function rowLines(title: string, list: readonly MayRow[], width: number): string[] {
  const people = list[0]?.people.map(({ person }) => person) ?? [];
  const rows = list.map((row) => [row.what, ...row.people.map(word), row.needs]);
  return table([[title, ...people, 'NEEDS'], ...rows], '  ', width);
}

/** The verbs of procedures, those that are the same under one heading. */
function alike(tables: readonly MayTable[]): readonly (readonly [names: string, verbs: readonly MayRow[]])[] {
  const groups = new Map<string, MayTable[]>();
  for (const one of tables) {
    const key = JSON.stringify(one.verbs);
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return [...groups.values()].map((group) => [
    group.map(({ procedure }) => procedure.toUpperCase()).join(', '),
    group[0]?.verbs ?? [],
  ]);
}

function weakText({ what, approvals, people }: MayRow): string {
  const asides = [...new Set(people.flatMap(({ aside }) => aside ?? []))].sort().reverse();
  const left = asides.length === 0 ? '' : `; only ${asides.map((one) => asideWords[one]).join(' or ')}`;
  return `  RED gate ${what} cannot be passed: it needs ${approvals}, and too few can${left}`;
}
const asideWords = { phone: 'over the phone', alone: 'alone, by break-glass' } as const;

function endingText({ person, until, days, another }: EndingKey): string {
  const rest = another ? 'another one lasts longer' : 'make a new one now';
  return `  ${another ? 'NOTE' : 'SOON'} a key of ${person} is good until ${until.slice(0, 10)}, ${days} ${days === 1 ? 'day' : 'days'} more; ${rest}`;
}

/** Why somebody with the right role still may not: the line that is mended before the fire. */
function notes(tables: readonly MayTable[], width: number): readonly string[] {
  const found = new Map<string, Set<string>>();
  for (const { procedure, gates } of tables) {
    for (const { what, people } of gates) {
      for (const { person, may, why } of people) {
        if (may !== 'no' || !why.startsWith('has ')) continue;
        const key = `${person} ${why}`;
        found.set(key, (found.get(key) ?? new Set()).add(`${procedure} ${what}`));
      }
    }
  }
  return [...found].flatMap(([why, where]) =>
    wrap(`  NOTE ${printableLine(why)}: ${[...where].join(', ')}`, width, '       '),
  );
}
