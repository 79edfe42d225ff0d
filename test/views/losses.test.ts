import { expect, test } from '@jest/globals';
import { lossesText } from '../../src/views/losses.ts';
import { plainStyle } from '../../src/views/style.ts';

const hourMs = 3_600_000;
const losses = { filesMs: 32 * hourMs, databaseMs: 2 * hourMs, skewMs: hourMs };
const limits = { filesMs: 24 * hourMs, databaseMs: 2 * hourMs, skewMs: 24 * hourMs };

test('each loss stands beside what the runbook allows, and a missed objective says so', () => {
  expect(lossesText(losses, plainStyle, limits)).toBe(
    'files 32 h 00 min (RPO 24 h 00 min MISSED), databases 2 h 00 min (RPO 2 h 00 min kept), skew between them 1 h 00 min (at most 24 h 00 min kept)',
  );
});

test('without limits there is no verdict, and of what is not known nothing is said', () => {
  expect(lossesText({ filesMs: 32 * hourMs }, plainStyle)).toBe('files 32 h 00 min');
  expect(lossesText({}, plainStyle, limits)).toBe('');
});
