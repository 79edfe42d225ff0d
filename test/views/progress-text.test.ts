import { expect, test } from '@jest/globals';
import { bytesPerSecond } from '../../src/plan/copy-progress.ts';
import { progressText } from '../../src/views/progress-text.ts';

const fromAt = '2026-11-21T14:00:00.000Z';
const at = (seconds: number) => new Date(Date.parse(fromAt) + seconds * 1000).toISOString();
const nowMs = (seconds: number) => Date.parse(at(seconds));

test('a rate counts what this attempt moved, not what an earlier one had', () => {
  const progress = { doneBytes: 700, totalBytes: 1000, text: '', at: at(10), fromBytes: 600, fromAt };
  expect(bytesPerSecond(progress)).toBe(10);
});

test('the time left is a range that holds a steady transfer and narrows as it goes on', () => {
  const left = (share: number) =>
    progressText(
      { doneBytes: 1e9 * share, totalBytes: 1e9, text: '', at: at(600 * share), fromBytes: 0, fromAt },
      nowMs(600 * share),
    );
  expect(left(0.2)).toBe('200 MB of 1.0 GB (20 %), 1.7 MB/s, 6 min 00 s to 10 min 00 s left');
  expect(left(0.6)).toBe('600 MB of 1.0 GB (60 %), 1.7 MB/s, about 4 min 00 s left');
});

test('silence is said, and nothing is invented where nothing is known', () => {
  expect(
    progressText({ doneBytes: 0, totalBytes: 0, text: 'locking tables', at: fromAt, fromBytes: 0, fromAt }, nowMs(90)),
  ).toBe('silent for 1 min 30 s, locking tables');
});
