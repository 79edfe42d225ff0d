import type { EndingKey, MayAnswer, MayRow, MayTable } from '../gates/who-can.ts';
import { printableLine } from './escape.ts';
import { table, wrap } from './layout.ts';

const words = { yes: 'yes', 'unless-starter': 'yes*', no: '–' } as const;
const word = ({ may, aside }: MayAnswer): string => aside ?? words[may];

/** Gates and deciding verbs by person. */
export function whoCanText(tables: readonly MayTable[], width: number): string {
  const parts = tables.flatMap(({ procedure, gates, verbs, ending }) => {
    const people = gates[0]?.people.map(({ person }) => person) ?? verbs[0]?.people.map(({ person }) => person) ?? [];
    const rows = (list: readonly MayRow[]): (readonly string[])[] =>
      list.map((row) => [row.what, ...row.people.map(word), row.needs]);
    const head = ['GATE', ...people, 'NEEDS'];
    const weak = gates.filter((row) => !row.enough);
    return [
      procedure.toUpperCase(),
      ...table([head, ...rows(gates), ['VERB', ...people, ''], ...rows(verbs)], '  '),
      ...notes(gates, width),
      ...ending.flatMap((key) => wrap(endingText(key), width, '       ')),
      ...weak.map(weakText),
      '',
    ];
  });
  const asides = new Set(
    tables.flatMap(({ gates }) => gates.flatMap(({ people }) => people.map(({ aside }) => aside))),
  );
  return [
    ...parts,
    '* unless this person started the run, or drives it (mark-done)',
    ...(asides.has('phone')
      ? ['phone: by reading six words back over the phone, attested; a review is then owed']
      : []),
    ...(asides.has('alone') ? ['alone: by break-glass, with a reason; a review is then owed'] : []),
    '',
  ].join('\n');
}

function weakText({ what, approvals, people }: MayRow): string {
  const asides = [...new Set(people.flatMap(({ aside }) => aside ?? []))].sort().reverse();
  const left = asides.length === 0 ? '' : `; only ${asides.map((one) => asideWords[one]).join(' or ')}`;
  return `  RED  gate ${what} cannot be passed: it needs ${approvals}, and too few can${left}`;
}
const asideWords = { phone: 'over the phone', alone: 'alone, by break-glass' } as const;

function endingText({ person, until, days, another }: EndingKey): string {
  const rest = another ? 'another one lasts longer' : 'make a new one now';
  return `  ${another ? 'NOTE' : 'SOON'} a key of ${person} is good until ${until.slice(0, 10)}, ${days} ${days === 1 ? 'day' : 'days'} more; ${rest}`;
}

/** Why somebody with the right role still may not: the line that is mended before the fire. */
function notes(gates: readonly MayRow[], width: number): readonly string[] {
  const found = new Map<string, string[]>();
  for (const row of gates) {
    for (const { person, may, why } of row.people) {
      if (may !== 'no' || !why.startsWith('has ')) continue;
      const key = `${person} ${why}`;
      found.set(key, [...(found.get(key) ?? []), row.what]);
    }
  }
  return [...found].flatMap(([why, where]) =>
    wrap(`  NOTE ${printableLine(why)}: ${where.join(', ')}`, width, '       '),
  );
}
