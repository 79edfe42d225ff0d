import { isAlias, isMap, isScalar, isSeq, parseDocument, type Document, type Pair, type YAMLMap } from 'yaml';
import { DrpError } from '../base/errors.ts';
import type { Path } from './source.ts';

/** Plain values a runbook holds. */
export type EditValue = string | number | boolean | readonly EditValue[] | { readonly [key: string]: EditValue };

/** A change at a path: a new value (the key is added where it is missing), or the entry taken away. */
export type Edit = { readonly path: Path; readonly value: EditValue } | { readonly path: Path; readonly remove: true };

/**
 * Applies edits to the text of a runbook, one after another. Only the bytes of each value change: comments, order and
 * layout stay as their author left them. Throws runbook-invalid where the text is not YAML or a path has no place in it.
 */
export function editRunbook(text: string, edits: readonly Edit[]): string {
  return edits.reduce((before, edit) => applyEdit(before, edit), text);
}

/** Pins a host: its public keys (`TYPE BASE64`) and, when given, the marker that proves which machine it is. */
export function setHostPins(
  text: string,
  host: string,
  pins: { readonly hostKeys: readonly string[]; readonly identity?: { readonly file: string; readonly text: string } },
): string {
  const identity =
    pins.identity === undefined ? [] : [{ path: ['hosts', host, 'identity'], value: { ...pins.identity } }];
  return editRunbook(text, [{ path: ['hosts', host, 'hostKeys'], value: pins.hostKeys }, ...identity]);
}

/** A value as YAML that fits on the rest of a line. */
export function inlineYaml(value: EditValue): string {
  if (typeof value === 'string') return plainOrQuoted(value);
  if (typeof value !== 'object') return String(value);
  if (Array.isArray(value)) return `[${value.map((item: EditValue) => inlineYaml(item)).join(', ')}]`;
  return `{ ${Object.entries(value)
    .map(([key, item]: [string, EditValue]) => `${plainOrQuoted(key)}: ${inlineYaml(item)}`)
    .join(', ')} }`;
}

function applyEdit(text: string, edit: Edit): string {
  const document = parseDocument(text);
  if (document.errors.length > 0) throw invalid(document.errors.length);
  const pair = pairAt(document, edit.path);
  if ('remove' in edit) return pair === undefined ? text : withoutEntry(text, pair);
  const node = pair === undefined ? document.getIn(edit.path, true) : pair.value;
  const range = rangeOf(node);
  if (range !== undefined)
    return replace(text, range, { value: edit.value, key: pair === undefined ? undefined : rangeOf(pair.key) });
  const parent: unknown = document.getIn(edit.path.slice(0, -1), true);
  if (!isMap(parent)) throw invalid(1);
  return withNewEntry(text, parent, inlineEntry(String(edit.path.at(-1)), edit.value));
}

type Range = readonly [start: number, valueEnd: number, nodeEnd: number];

function replace(
  text: string,
  range: Range,
  change: { readonly value: EditValue; readonly key: Range | undefined },
): string {
  const old = text.slice(range[0], range[1]);
  const rest = old.slice(old.trimEnd().length) + text.slice(range[1]);
  const { key, value } = change;
  // A block value begins on a line of its own; the new one stands beside its key.
  const start = key !== undefined && /\n/.test(text.slice(key[1], range[0])) ? text.indexOf(':', key[1]) + 1 : range[0];
  const gap = start === range[0] ? '' : ' ';
  return `${text.slice(0, start)}${gap}${inlineYaml(value)}${rest}`;
}

function withNewEntry(text: string, parent: YAMLMap, entry: string): string {
  const first = rangeOf(parent.items[0]?.key);
  const range = rangeOf(parent);
  if (first === undefined && range !== undefined)
    return `${text.slice(0, range[0])}{ ${entry} }${text.slice(range[1])}`;
  if (first === undefined) throw invalid(1);
  const indent = first[0] - (text.lastIndexOf('\n', first[0] - 1) + 1);
  const separator = parent.flow === true ? ', ' : `\n${' '.repeat(indent)}`;
  return `${text.slice(0, first[0])}${entry}${separator}${text.slice(first[0])}`;
}

/** Takes whole lines away: entries of a block, not of a `{…}`. */
function withoutEntry(text: string, pair: Pair): string {
  const key = rangeOf(pair.key);
  const end = rangeOf(pair.value)?.[2];
  if (key === undefined || end === undefined) throw invalid(1);
  const start = text.lastIndexOf('\n', key[0] - 1) + 1;
  const newline = text[end - 1] === '\n' ? end : text.indexOf('\n', end) + 1;
  if (text.slice(start, key[0]).trim() !== '') throw invalid(1);
  return text.slice(0, start) + text.slice(newline === 0 ? text.length : newline);
}

function pairAt(document: Document, path: Path): Pair | undefined {
  const parent: unknown = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  if (!isMap(parent)) return undefined;
  return parent.items.find((pair) => String(isScalar(pair.key) ? pair.key.value : pair.key) === String(path.at(-1)));
}

function rangeOf(node: unknown): Range | undefined {
  if (isScalar(node) || isMap(node) || isSeq(node) || isAlias(node)) return node.range ?? undefined;
  return undefined;
}

function inlineEntry(key: string, value: EditValue): string {
  return `${plainOrQuoted(key)}: ${inlineYaml(value)}`;
}

/** Plain where YAML reads the same text back, inside `[…]` and `{…}` too; otherwise in JSON's quotes, which YAML has too. */
function plainOrQuoted(text: string): string {
  const plain =
    /^[A-Za-z0-9/+](?:[A-Za-z0-9 /+._=@~-]|:(?=[^\s,\]}]))*$/.test(text) &&
    text.trim() === text &&
    parseDocument(text).toJS() === text;
  return plain ? text : JSON.stringify(text);
}

function invalid(count: number): DrpError {
  return new DrpError('runbook-invalid', { file: 'text', count, site: '' });
}
