import { expect, test } from '@jest/globals';
import { progressLine } from '../../src/cli/check-progress.ts';

test('a check that takes long says how far it is and what it waits for', () => {
  const progress = { done: 28, total: 31, waiting: ['backup files@store', 'backup database@store', 'host web'] };
  expect(progressLine(progress, 14_200)).toBe('28 of 31 looked at, 14 s; waiting for backup files@store and 2 more');
});
