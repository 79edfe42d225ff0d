import { expect, test } from '@jest/globals';
import { fitRows } from '../../src/views/layout.ts';

const five = 'one\ntwo\nthree\nfour\nfive\n';

test('a text that fits a screen is shown whole', () => {
  expect(fitRows(five, 6)).toBe(five);
});

test('a text taller than the screen is cut, and says how much is missing', () => {
  expect(fitRows(five, 5)).toBe('one\ntwo\nthree\n… 2 lines more; whole with: drp status\n');
});
