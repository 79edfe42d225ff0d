import { esc, escLines } from '../report/html-parts.ts';

// The forms a booklet is made of. Every text of the runbook goes through `esc`.

export function heading(text: string, page = false): string {
  return `<h2${page ? ' class="page"' : ''}>${esc(text)}</h2>`;
}

export function paragraph(text: string): string {
  return `<p>${esc(text)}</p>`;
}

export function bullets(lines: readonly string[], ordered = false): string {
  if (lines.length === 0) return '';
  const tag = ordered ? 'ol' : 'ul';
  return `<${tag}>${lines.map((line) => `<li>${esc(line)}</li>`).join('')}</${tag}>`;
}

export function commands(lines: readonly string[]): string {
  return lines.length === 0 ? '' : `<pre>${command(lines.join('\n'))}</pre>`;
}

/**
 * To be typed as it stands: a word with a hyphen begins on a new line rather than being broken behind it, where nobody could tell
 * whether a space belongs there.
 */
export function command(text: string): string {
  return text
    .split(/([ \n]+)/)
    .map((word) => (word.includes('-') ? `<span class="word">${escLines(word)}</span>` : escLines(word)))
    .join('');
}

/** `label: …` before commands or a text. */
export function labelled(label: string, html: string): string {
  return html === '' ? '' : `<p class="label">${esc(label)}</p>${html}`;
}

/** Lines to write on. A label that begins with `!` takes the whole width. */
export function fields(labels: readonly string[]): string {
  const one = (label: string): string =>
    label.startsWith('!') ? `<div class="wide">${esc(label.slice(1))}</div>` : `<div>${esc(label)}</div>`;
  return `<div class="fill">${labels.map(one).join('')}</div>`;
}

/** A box to tick and what it stands for. */
export function ticked(texts: readonly string[]): string {
  return `<p>${texts.map((text) => `<span class="tick"></span>${esc(text)}`).join(' &nbsp; ')}</p>`;
}

export function table(caption: string, heads: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const named = heads.some((head) => head !== '');
  const head = heads.map((text) => `<th scope="col">${esc(text)}</th>`).join('');
  const body = rows.map((row) => `<tr>${row.map((cell) => `<td>${escLines(cell)}</td>`).join('')}</tr>`).join('\n');
  return `<table><caption>${esc(caption)}</caption>${named ? `<thead><tr>${head}</tr></thead>` : ''}<tbody>\n${body}\n</tbody></table>`;
}
