import { stripVTControlCharacters } from 'node:util';

/** Columns a text takes on a terminal; wide East Asian characters take two, combining marks none. */
export function columns(text: string): number {
  let width = 0;
  for (const char of stripVTControlCharacters(text)) {
    if (/\p{M}/u.test(char)) continue;
    width += wide.test(char) ? 2 : 1;
  }
  return width;
}
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;

export function padTo(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - columns(text)));
}

/** Breaks plain text at spaces into lines of at most `width` columns; later lines start with `indent`. */
export function wrap(text: string, width: number, indent = ''): string[] {
  return text.split('\n').flatMap((paragraph) => wrapLine(paragraph, width, indent));
}

function wrapLine(text: string, width: number, indent: string): string[] {
  const lines: string[] = [];
  const lead = /^\s*/.exec(text)?.[0] ?? '';
  let line = lead;
  for (const word of text.trim().split(/ +/)) {
    const glue = line.trim() === '' ? '' : ' ';
    if (glue !== '' && columns(line + glue + word) > width) {
      lines.push(line);
      line = lead + indent + word;
    } else {
      line += glue + word;
    }
  }
  return [...lines, line];
}

/** Rows in aligned columns, two spaces between; the last column is not padded. */
export function table(rows: readonly (readonly string[])[], indent = ''): string[] {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, at) => (widths[at] = Math.max(widths[at] ?? 0, columns(cell))));
  return rows.map((row) =>
    (
      indent + row.map((cell, at) => (at === row.length - 1 ? cell : padTo(cell, widths[at] ?? 0))).join('  ')
    ).trimEnd(),
  );
}

/** `label   value` lines with wrapped values. */
export function facts(pairs: readonly (readonly [string, string])[], width: number, indent = ''): string[] {
  const labelWidth = Math.max(0, ...pairs.map(([label]) => columns(label)));
  const room = Math.max(20, width - indent.length - labelWidth - 2);
  return pairs.flatMap(([label, value]) =>
    wrap(value, room, '  ').map((line, at) =>
      `${indent}${padTo(at === 0 ? label : '', labelWidth)}  ${line}`.trimEnd(),
    ),
  );
}

/** Cut to a screen of so many rows, the last one saying what is not shown; whole where it fits. */
export function fitRows(text: string, rows: number): string {
  const lines = text.trimEnd().split('\n');
  if (lines.length < rows) return `${lines.join('\n')}\n`;
  const shown = Math.max(1, rows - 2);
  return `${lines.slice(0, shown).join('\n')}\n… ${lines.length - shown} lines more; whole with: drp status\n`;
}
