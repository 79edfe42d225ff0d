import type { Json } from '../../events/event.ts';
import type { Said } from '../remote/follow-job.ts';

/** What a database holds, in numbers: part of the output of import, dump and salvage steps. */
export interface DatabaseCounts {
  readonly tables: number;
  /** Table → rows; tables outside the schema `public` are named `schema.table`. */
  readonly rows: Readonly<Record<string, number>>;
  /** Newest instant of all watched columns; '' where nothing is watched. */
  readonly newest: string;
  /** Watched table (as the runbook writes it) → newest instant. */
  readonly newestBy: Readonly<Record<string, string>>;
  readonly contents: ReadContents;
}

/** What was read of the rows themselves. */
export interface ReadContents {
  readonly read: 'sampled' | 'all' | 'none';
  /** Table → `ROWS_READ CHECKSUM`; a table without a primary key is not sampled. */
  readonly sums: Readonly<Record<string, string>>;
}

/** Counts from the lines that `count.sql` prints: `{"table", "rows"}` and `{"newest", "at"}`. */
export function parseCounts(lines: readonly string[], read: ReadContents['read'] = 'none'): DatabaseCounts {
  const rows: Record<string, number> = {};
  const newestBy: Record<string, string> = {};
  const sums: Record<string, string> = {};
  for (const line of lines) {
    const value: unknown = JSON.parse(line);
    if (typeof value !== 'object' || value === null) continue;
    if ('table' in value && 'rows' in value) rows[String(value.table)] = Number(value.rows);
    if ('table' in value && 'read' in value && 'sum' in value)
      sums[String(value.table)] = `${String(value.read)} ${String(value.sum)}`;
    if ('newest' in value && 'at' in value && value.at !== null) newestBy[String(value.newest)] = String(value.at);
  }
  const newest = Object.values(newestBy).reduce((latest, at) => (at > latest ? at : latest), '');
  return { tables: Object.keys(rows).length, rows, newest, newestBy, contents: { read, sums } };
}

/** Counts a job said, line by line. */
export function saidCounts(said: readonly Said[], read: ReadContents['read'] = 'none'): DatabaseCounts {
  const lines = said.filter((one) => one.word === 'count').map((one) => one.rest);
  return parseCounts(lines, read);
}

/** Counts as part of a step's output. */
export function countsJson(counts: DatabaseCounts): { readonly [key: string]: Json } {
  const { tables, rows, newest, newestBy, contents } = counts;
  const { read, sums } = contents;
  return { tables, rows, newest, newestBy, ...(read === 'none' ? {} : { contents: { read, sums } }) };
}

/** Counts read back from a step's output; undefined where the output holds none. */
export function countsOf(output: Json | undefined): DatabaseCounts | undefined {
  if (typeof output !== 'object' || output === null || !('rows' in output)) return undefined;
  const { rows, newest, newestBy } = output;
  return {
    tables: Object.keys(numbers(rows)).length,
    rows: numbers(rows),
    newest: typeof newest === 'string' ? newest : '',
    newestBy: Object.fromEntries(Object.entries(texts(newestBy))),
    contents: contentsOf(output['contents']),
  };
}

/** Tables whose rows differ, in words. */
export function countDifferences(expected: DatabaseCounts, found: DatabaseCounts): readonly string[] {
  const names = [...new Set([...Object.keys(expected.rows), ...Object.keys(found.rows)])].sort();
  return names.flatMap((name) => {
    const [before, after] = [expected.rows[name], found.rows[name]];
    return before === after ? [] : [`${name}: ${before ?? 'no table'} in the dump, ${after ?? 'no table'} here`];
  });
}

/** Tables of which the same rows were read on both sides, and said something else. */
export function contentDifferences(expected: DatabaseCounts, found: DatabaseCounts): readonly string[] {
  if (expected.contents.read !== found.contents.read) return [];
  const { sums } = found.contents;
  return Object.entries(expected.contents.sums)
    .filter(([table, sum]) => sums[table] !== sum)
    .map(([table]) => table)
    .sort();
}

/** What was compared of the rows' contents, for people. */
export function contentLines({ contents }: DatabaseCounts, strange: readonly string[]): readonly string[] {
  if (contents.read === 'none') return ['contents of rows were not compared (contents: none in the runbook)'];
  const read = Object.values(contents.sums).reduce((sum, one) => sum + Number(one.split(' ')[0]), 0);
  const what = contents.read === 'all' ? `all ${read} rows` : `${read} rows, one in a hundred`;
  if (strange.length === 0) return [`contents of ${what}: equal to those of the snapshot`];
  return [`contents differ from those of the snapshot in ${strange.join(', ')} (${what} compared)`];
}

/** The tables with most rows, in words: `users 1200, orders 300, and 5 more tables`. */
export function countsInWords(counts: DatabaseCounts): string {
  const sorted = Object.entries(counts.rows).sort(([, a], [, b]) => b - a);
  const shown = sorted.slice(0, 4).map(([name, rows]) => `${name} ${rows}`);
  return [...shown, ...(sorted.length > 4 ? [`and ${sorted.length - 4} more`] : [])].join(', ');
}

function contentsOf(value: Json | undefined): ReadContents {
  if (typeof value !== 'object' || value === null || !('sums' in value)) return { read: 'none', sums: {} };
  const { read, sums } = value;
  return { read: read === 'all' || read === 'sampled' ? read : 'none', sums: texts(sums) };
}

function numbers(value: Json | undefined): Readonly<Record<string, number>> {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(Object.entries(value).flatMap(([key, n]) => (typeof n === 'number' ? [[key, n]] : [])));
}

function texts(value: Json | undefined): Readonly<Record<string, string>> {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(Object.entries(value).flatMap(([key, t]) => (typeof t === 'string' ? [[key, t]] : [])));
}
