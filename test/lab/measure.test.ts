import { describe, expect, test } from '@jest/globals';
import { downWindows, turns } from './measure.ts';
import type { Tick } from './site-client.ts';

const startedAt = Date.parse('2026-11-21T14:00:00Z');
const served = { status: 200, site: 'limburg' };
const refused = { error: 'ECONNREFUSED' };
const closed = { status: 503, error: 'maintenance' };
const moved = { status: 200, site: 'gravelines' };

const timeline = (answers: readonly Partial<Tick>[]): readonly Tick[] =>
  answers.map((answer, n) => ({ n, at: new Date(startedAt + n * 200).toISOString(), tookMs: 1, ...answer }));

describe('downtime', () => {
  test('a window reaches from its first tick that was not served to the end of its last one’s interval', () => {
    const [window, ...others] = downWindows(timeline([served, refused, refused, closed, served]));
    expect(others).toEqual([]);
    expect(window).toEqual({
      fromAt: '2026-11-21T14:00:00.200Z',
      toAt: '2026-11-21T14:00:00.600Z',
      downMs: 600,
      ticks: 3,
      errors: { ECONNREFUSED: 2, maintenance: 1 },
    });
  });

  test('a served tick between two outages makes two windows, and an outage at the end of the timeline counts', () => {
    expect(downWindows(timeline([refused, served, refused])).map((window) => window.downMs)).toEqual([200, 200]);
  });

  test('an answer that is no 200 is not service', () => {
    expect(downWindows(timeline([served, { status: 500, error: 'status 500' }]))).toHaveLength(1);
  });

  test('turns name which site served, and a gap does not end one', () => {
    const found = turns(timeline([served, refused, served, moved, moved]));
    expect(found.map(({ site, ticks }) => [site, ticks])).toEqual([
      ['limburg', 2],
      ['gravelines', 2],
    ]);
  });
});
