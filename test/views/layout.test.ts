import { expect, test } from '@jest/globals';
import { columns, fitRows, inOneLine, table } from '../../src/views/layout.ts';

const five = 'one\ntwo\nthree\nfour\nfive\n';

test('a text that fits a screen is shown whole', () => {
  expect(fitRows(five, 6)).toBe(five);
});

test('a text taller than the screen is cut, and says how much is missing', () => {
  expect(fitRows(five, 5)).toBe('one\ntwo\nthree\n… 2 lines more; whole with: drp status\n');
});

test('a table with a width wraps its last column under itself', () => {
  const rows = [
    ['ok', 'host.route', 'a way there'],
    ['ok', 'people.gate', 'anne, vera can pass it (authoriser or approver)'],
  ];
  expect(table(rows, '', 40)).toEqual([
    'ok  host.route   a way there',
    'ok  people.gate  anne, vera can pass it',
    '                 (authoriser or',
    '                 approver)',
  ]);
  expect(table(rows)).toHaveLength(2);
  for (const line of table(rows, '  ', 60)) expect(columns(line)).toBeLessThanOrEqual(60);
});

test('lines told in one are parted by semicolons, but for what a colon leads into', () => {
  expect(inOneLine(['nobody was told; desk would have had:', 'Subject: ready', 'the text'])).toBe(
    'nobody was told; desk would have had: Subject: ready; the text',
  );
  expect(inOneLine([])).toBe('');
});
