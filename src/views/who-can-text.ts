import type { MayRow, MayTable } from '../gates/who-can.ts';
import { printableLine } from './escape.ts';
import { table, wrap } from './layout.ts';

const words = { yes: 'yes', 'unless-starter': 'yes*', no: '–' } as const;

/** Gates and deciding verbs by person. */
export function whoCanText(tables: readonly MayTable[], width: number): string {
  const parts = tables.flatMap(({ procedure, gates, verbs }) => {
    const people = gates[0]?.people.map(({ person }) => person) ?? verbs[0]?.people.map(({ person }) => person) ?? [];
    const rows = (list: readonly MayRow[]): (readonly string[])[] =>
      list.map((row) => [row.what, ...row.people.map(({ may }) => words[may]), row.needs]);
    const head = ['GATE', ...people, 'NEEDS'];
    const weak = gates.filter((row) => !row.enough);
    return [
      procedure.toUpperCase(),
      ...table([head, ...rows(gates), ['VERB', ...people, ''], ...rows(verbs)], '  '),
      ...notes(gates, width),
      ...weak.map((row) => `  RED  gate ${row.what} cannot be passed: it needs ${row.approvals}, and too few can`),
      '',
    ];
  });
  return `${parts.join('\n')}* unless this person started the run\n`;
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
