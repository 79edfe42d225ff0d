import { printable, printableLine } from '../escape.ts';
import { sections, type SectionId } from './report.ts';

// The few forms an HTML report is built from. Every text of the record goes through `esc`.

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text of the record on one line of HTML: shown, never acted on. */
export function esc(text: string): string {
  return escaped(printableLine(text));
}

/** The same with its line ends. */
export function escLines(text: string): string {
  return escaped(printable(text));
}

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (char) => entities[char] ?? '');
}

/** A section with its heading, named for screen readers. `body` is HTML. */
export function section(id: SectionId, body: string): string {
  return `<section id="${id}" aria-labelledby="${id}-title">\n<h2 id="${id}-title">${esc(sections[id])}</h2>\n${body}\n</section>`;
}

export function paragraph(text: string): string {
  return `<p>${esc(text)}</p>`;
}

export function pairs(rows: readonly (readonly [string, string])[]): string {
  const items = rows.map(([label, value]) => `<div><dt>${esc(label)}</dt><dd>${esc(value)}</dd></div>`);
  return `<dl class="facts">\n${items.join('\n')}\n</dl>`;
}

export interface Grid {
  readonly caption: string;
  readonly heads: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Said instead of a table without rows. */
  readonly none?: string;
  /** A class for each row, by its first cell or any other rule. */
  readonly mark?: (row: readonly string[]) => string;
  /** The column that names the row. */
  readonly named?: number;
}

/** Columns whose words may be broken anywhere: paths, digests, what hosts said. The others keep theirs whole. */
const wordy: ReadonlySet<string> = new Set([
  'How it was measured',
  'How it ended',
  'What it said',
  'Copy',
  'SHA-256',
  'How it is verified',
  'What was read back',
  'About',
  'Reason',
  'Obligation',
  'What is owed',
  'State',
  'Lesson',
  'What should be better',
  'What they did (event)',
  'Machine',
  'Began as',
  'Ended',
]);

/** Columns that stay on one line: instants and lengths. */
const whole: ReadonlySet<string> = new Set([
  ...['Began', 'Planned', 'Actual', 'Aim', 'Achieved', 'Length', 'Loss', 'Due', 'Verdict'],
]);

function classOf(head: string): string {
  if (wordy.has(head)) return ' class="wordy"';
  return whole.has(head) ? ' class="whole"' : '';
}

/**
 * A table with caption and headings. On a phone its rows become cards; the roles are written out, since a browser forgets
 * what a table is once it is laid out in another way.
 */
export function grid({ caption, heads, rows, none = 'None.', mark, named = 0 }: Grid): string {
  if (rows.length === 0) return paragraph(none);
  const head = heads.map((text) => `<th role="columnheader" scope="col">${esc(text)}</th>`).join('');
  const body = rows.map((row) => {
    const cells = row.map((text, at) => {
      const head = heads[at] ?? '';
      const label = `data-label="${esc(head)}"${classOf(head)}`;
      const shown = `<span>${esc(text) || '–'}</span>`;
      return at === named
        ? `<th role="rowheader" scope="row" ${label}>${shown}</th>`
        : `<td role="cell" ${label}>${shown}</td>`;
    });
    const marked = mark?.(row) ?? '';
    return `<tr role="row"${marked === '' ? '' : ` class="${esc(marked)}"`}>${cells.join('')}</tr>`;
  });
  return `<table role="table">
<caption>${esc(caption)}</caption>
<thead role="rowgroup"><tr role="row">${head}</tr></thead>
<tbody role="rowgroup">
${body.join('\n')}
</tbody>
</table>`;
}
