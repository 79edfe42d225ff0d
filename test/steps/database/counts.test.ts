import { describe, expect, test } from '@jest/globals';
import {
  contentDifferences,
  contentLines,
  countDifferences,
  countsInWords,
  countsJson,
  countsOf,
  parseCounts,
} from '../../../src/steps/database/counts.ts';

const lines = [
  '{"table" : "kyc.users", "rows" : 3}',
  '{"table" : "orders", "rows" : 10}',
  '{"newest" : "orders", "at" : "2026-11-21T17:50:46.153Z"}',
  '{"newest" : "kyc.users", "at" : null}',
];

describe('counts of a database', () => {
  test('are read from its own lines; an empty watched table has no newest row', () => {
    expect(parseCounts(lines)).toEqual({
      tables: 2,
      rows: { 'kyc.users': 3, orders: 10 },
      newest: '2026-11-21T17:50:46.153Z',
      newestBy: { orders: '2026-11-21T17:50:46.153Z' },
      contents: { read: 'none', sums: {} },
    });
  });

  test('hold what was read of the rows, table by table; other contents under the same number are named', () => {
    const read = (sum: string) =>
      parseCounts(
        [`{"table" : "orders", "rows" : 194, "read" : 2, "sum" : "${sum}"}`, '{"table" : "log", "rows" : 9}'],
        'sampled',
      );
    expect(read('77').contents).toEqual({ read: 'sampled', sums: { orders: '2 77' } });
    expect(countsOf(JSON.parse(JSON.stringify(countsJson(read('77')))))).toEqual(read('77'));
    expect(contentDifferences(read('77'), read('77'))).toEqual([]);
    expect(contentDifferences(read('77'), read('78'))).toEqual(['orders']);
    expect(countDifferences(read('77'), read('78'))).toEqual([]);
    expect(contentLines(read('77'), [])).toEqual([expect.stringMatching(/^contents of 2 rows, .*equal/)]);
    // What was read in another way cannot be compared.
    expect(contentDifferences(read('77'), parseCounts(['{"table" : "orders", "rows" : 194}']))).toEqual([]);
  });

  test('survive the way through a journal', () => {
    const counts = parseCounts(lines);
    expect(countsOf(JSON.parse(JSON.stringify(countsJson(counts))))).toEqual(counts);
    expect(countsOf('nothing')).toBeUndefined();
  });

  test('differ by name, in both directions', () => {
    const found = parseCounts(['{"table" : "kyc.users", "rows" : 2}', '{"table" : "new", "rows" : 0}']);
    expect(countDifferences(parseCounts(lines), found)).toEqual([
      'kyc.users: 3 in the dump, 2 here',
      'new: no table in the dump, 0 here',
      'orders: 10 in the dump, no table here',
    ]);
    expect(countDifferences(found, found)).toEqual([]);
  });

  test('are said largest first', () => {
    expect(countsInWords(parseCounts(lines))).toBe('orders 10, kyc.users 3');
  });
});
