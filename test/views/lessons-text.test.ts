import { describe, expect, test } from '@jest/globals';
import { isPastDue, lessonsOfRuns, pastDueLines } from '../../src/views/lessons-text.ts';
import { plainStyle } from '../../src/views/style.ts';
import { eventfulRun } from './report/eventful-run.ts';

const view = { width: 80, style: plainStyle };

describe('lessons past the day they were due', () => {
  const lessons = lessonsOfRuns([eventfulRun()]);

  test('an open one is late from the day after; a closed one never', () => {
    const late = (nowAt: string) => lessons.filter((one) => isPastDue(one, nowAt)).map(({ id }) => id);
    expect(late('2026-12-31T23:00:00.000Z')).toEqual([]);
    expect(late('2027-01-01T00:00:00.000Z')).toEqual(['k3f9-2a7m.lesson-7h2k']);
    expect(late('2028-01-01T00:00:00.000Z')).toEqual(['k3f9-2a7m.lesson-7h2k']);
  });

  test('a few are named with their owner and day, the rest counted', () => {
    const [one] = lessons;
    if (one === undefined) throw new Error('no lesson');
    expect(pastDueLines([], view)).toEqual([]);
    const lines = pastDueLines(
      ['a', 'b', 'c', 'd', 'e'].map((id) => ({ ...one, id })),
      view,
    );
    expect(lines.join('\n')).toContain('late lesson a, for vera until 2026-12-31: the key | was <b>in</b> the lost');
    expect(lines.at(-1)).toBe('       2 more; see them with: drp lesson list');
  });
});
