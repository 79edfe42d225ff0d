import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { dueMs } from '../../../src/checks/backups/freshness.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const start = Date.parse('2024-01-01T00:00:00Z');
const minute = fc.integer({ min: 10 * 24 * 60, max: 3 * 366 * 24 * 60 }).map((count) => start + count * 60_000);
const parity = fc.constantFrom('even' as const, 'odd' as const);
const rhythm = fc.constantFrom(hourMs, 2 * hourMs, 6 * hourMs, dayMs);

/** The newest copy of a server that was given every copy of its days, as soon as it was due. */
function newest(everyMs: number, days: 'even' | 'odd', nowMs: number): number {
  for (let at = Math.floor(nowMs / everyMs) * everyMs; ; at -= everyMs) {
    if ((new Date(at).getUTCDate() % 2 === 0) === (days === 'even')) return at;
  }
}

describe('when the newest copy of a source is due', () => {
  test('a server of even or odd days that got each of its copies is never late, whatever the month', () => {
    fc.assert(
      fc.property(rhythm, parity, minute, (everyMs, days, nowMs) => {
        expect(newest(everyMs, days, nowMs)).toBeGreaterThanOrEqual(dueMs({ days }, { everyMs, sources: 2 }, nowMs));
      }),
      { numRuns: 500 },
    );
  });

  test('one that got none for its last whole day is late', () => {
    fc.assert(
      fc.property(rhythm, parity, minute, (everyMs, days, nowMs) => {
        const today = Math.floor(nowMs / dayMs) * dayMs;
        const missed = newest(dayMs, days, today - 1);
        const before = newest(everyMs, days, missed - 1);
        expect(before).toBeLessThan(dueMs({ days }, { everyMs, sources: 2 }, nowMs));
      }),
      { numRuns: 500 },
    );
  });

  test('sources that share a rhythm without saying how may take turns', () => {
    const nowMs = Date.parse('2026-11-21T12:00:00Z');
    expect(nowMs - dueMs({}, { everyMs: 2 * hourMs, sources: 1 }, nowMs)).toBe(3 * hourMs);
    expect(nowMs - dueMs({}, { everyMs: 2 * hourMs, sources: 2 }, nowMs)).toBe(6 * hourMs);
  });
});
