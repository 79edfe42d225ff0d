import { describe, expect, test } from '@jest/globals';
import { notedProgress } from '../../src/executor/noted-progress.ts';

type Report = readonly [second: number, doneBytes: number, totalBytes: number];

/** The reports that are noted, of an effect that began at second 0. */
function noted(reports: readonly Report[]): readonly Report[] {
  const isWorthNoting = notedProgress(0);
  return reports.filter(([second, doneBytes, totalBytes]) =>
    isWorthNoting({ doneBytes, totalBytes, text: '', lastOutputAt: '' }, second * 1000),
  );
}

const copy = (seconds: number, everySeconds = 0.5): readonly Report[] =>
  Array.from({ length: seconds / everySeconds + 1 }, (_, index) => {
    const second = index * everySeconds;
    return [second, Math.round((1e9 * second) / seconds), 1e9] as const;
  });

describe('what of a copy is noted', () => {
  test('its first report that knows the whole, and the one with its last byte, at once', () => {
    const found = noted([
      [0.2, 0, 0],
      [0.6, 5, 100],
      [0.7, 50, 100],
      [0.9, 100, 100],
      [1.0, 100, 100],
    ]);
    expect(found).toEqual([
      [0.6, 5, 100],
      [0.9, 100, 100],
    ]);
  });

  test.each([8, 40, 4_000])('of %d seconds: its course at every eighth of the way, in few events', (seconds) => {
    const found = noted(copy(seconds));
    for (let share = 0; share < 1; share += 0.125)
      expect(found.filter(([, done]) => done >= share * 1e9 && done <= (share + 0.126) * 1e9)).not.toEqual([]);
    expect(found.length).toBeLessThanOrEqual(42 + seconds / 10);
  });

  test('one that does not know how much there is: once in ten seconds, first after two', () => {
    const found = noted(Array.from({ length: 60 }, (_, second) => [second, second, 0] as const));
    expect(found.map(([second]) => second)).toEqual([2, 12, 22, 32, 42, 52]);
  });
});
