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

/**
 * Each line that is too wide, broken at spaces and otherwise as it is: columns inside it stay aligned. A terminal itself would break
 * it in the middle of a word.
 */
export function fold(text: string, width: number): string {
  return text
    .split('\n')
    .flatMap((line) =>
      columns(line) <= width ? [line] : foldLine(line, width, { indent: '    ', words: /( *)([^ ]+)/g }),
    )
    .join('\n');
}

/** Paragraphs that were written for another width, anew for this one: lines that are not indented and stand together. */
export function reflow(text: string, width: number): string {
  const parts: string[][] = [];
  let before = '';
  for (const line of text.split('\n')) {
    const goesOn = /^\S/.test(line) && /^\S/.test(before);
    if (goesOn) parts.at(-1)?.push(line);
    else parts.push([line]);
    before = line;
  }
  return parts
    .map((lines) => (lines.length > 1 ? wrap(lines.join(' '), width).join('\n') : fold(lines.join(''), width)))
    .join('\n');
}

/** `words`: each with the spaces before it. */
function foldLine(
  text: string,
  width: number,
  { indent, words }: { readonly indent: string; readonly words: RegExp },
): string[] {
  const lead = /^ */.exec(text)?.[0] ?? '';
  const lines: string[] = [];
  let line = lead;
  for (const [, gap = '', word = ''] of text.slice(lead.length).matchAll(words)) {
    if (line.trim() !== '' && columns(line + gap + word) > width) {
      lines.push(line);
      line = lead + indent + word;
    } else {
      line += gap + word;
    }
  }
  return [...lines, line];
}

const commandEnd = ' \\';
/** What stands between quotes is one word: a backslash in it would be part of it. */
const commandWords = /( *)((?:'[^']*'|"[^"]*"|[^ ])+)/g;

/** A command that can be pasted as it is shown: what does not fit goes on behind a backslash. */
export function commandLines(command: string, width: number): string[] {
  if (columns(command) <= width) return [command];
  const lines = foldLine(command, width - commandEnd.length, { indent: '  ', words: commandWords });
  return lines.map((line, at) => (at === lines.length - 1 ? line : `${line}${commandEnd}`));
}

/**
 * Rows in aligned columns, two spaces between; the last column is not padded. Where a width is given, the last column is
 * wrapped into what the others leave of it.
 */
export function table(rows: readonly (readonly string[])[], indent = '', width = Infinity): string[] {
  const widths: number[] = [];
  const long = Math.max(0, ...rows.map((row) => row.length)) - 1;
  for (const row of rows) row.forEach((cell, at) => (widths[at] = Math.max(widths[at] ?? 0, columns(cell))));
  const lead = indent.length + widths.slice(0, long).reduce((sum, one) => sum + one + 2, 0);
  const room = Math.max(20, width - lead);
  return rows.flatMap((row) => {
    const cells = row.map((cell, at) => (at === row.length - 1 ? cell : padTo(cell, widths[at] ?? 0)));
    const line = (indent + cells.join('  ')).trimEnd();
    if (row.length - 1 !== long || columns(line) <= width) return [line];
    const start = indent + cells.slice(0, -1).join('  ');
    return wrap(cells.at(-1) ?? '', room).map((part, at) => `${at === 0 ? start : ' '.repeat(lead - 2)}  ${part}`);
  });
}

/** Lines told in one: a line that ends with a colon leads into the next. */
export function inOneLine(lines: readonly string[]): string {
  return lines.reduce((told, line) => (told === '' ? line : `${told}${told.endsWith(':') ? '' : ';'} ${line}`), '');
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
