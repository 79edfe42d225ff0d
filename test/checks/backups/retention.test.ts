import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { retentionGaps, rulesOf, shippedRules } from '../../../src/checks/backups/retention.ts';
import type { KeepRule } from '../../../src/runbook/schema/world.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const iso = (ms: number): string => new Date(ms).toISOString();
const start = Date.parse('2020-01-01T00:00:00Z');

/** Any minute of thirteen years, leap days and year ends included. */
const instant = fc.integer({ min: 0, max: 13 * 365 * 24 * 60 }).map((minutes) => start + minutes * 60_000);
const every = (ms: number, fromMs: number, toMs: number): readonly string[] => {
  const found: string[] = [];
  for (let at = Math.floor(fromMs / ms) * ms; at <= toMs; at += ms) found.push(iso(at));
  return found;
};
const calendarRule = fc.record({
  every: fc.constantFrom('day' as const, 'week' as const, 'month' as const, 'year' as const),
  last: fc.integer({ min: 1, max: 5 }),
});
const rhythmRule = fc
  .tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 10 }))
  .map(([hours, days]): KeepRule => ({ everyMs: hours * hourMs, forMs: days * dayMs }));
const rules = fc.array(fc.oneof(calendarRule, rhythmRule), { minLength: 1, maxLength: 4 });
const days = fc.constantFrom(undefined, 'even' as const, 'odd' as const);

describe('retention', () => {
  test('a copy every hour, kept for ever, misses nothing under any rule, at any moment', () => {
    fc.assert(
      fc.property(rules, instant, days, (kept, nowMs, held) => {
        const reach = kept.map((rule) => ('every' in rule ? reachOf(rule) : rule.forMs));
        const copies = every(hourMs, nowMs - Math.max(...reach), nowMs);
        expect(retentionGaps(kept, copies, { nowMs, ...(held === undefined ? {} : { days: held }) })).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });

  test('what is missing from one whole unit is named as that unit, and nothing else', () => {
    fc.assert(
      fc.property(calendarRule, instant, fc.integer({ min: 0, max: 4 }), (rule, nowMs, pick) => {
        const all = every(dayMs / 2, nowMs - reachOf(rule), nowMs);
        const bare = retentionGaps([rule], [], { nowMs });
        const gone = bare[pick % bare.length]!;
        const left = all.filter((at) => at < gone.fromAt || at >= gone.toAt);
        // The running unit has a copy, and stands for the oldest.
        expect(retentionGaps([rule], left, { nowMs })).toEqual(gone === bare.at(-1) ? [] : [gone]);
      }),
      { numRuns: 40 },
    );
  });

  test('without any copy every unit asked for is missing', () => {
    fc.assert(
      fc.property(calendarRule, instant, (rule, nowMs) => {
        expect(retentionGaps([rule], [], { nowMs })).toHaveLength(rule.last);
      }),
    );
  });

  test('the order of the copies is of no account, and a further copy never makes more time bare', () => {
    const copies = fc.array(instant, { maxLength: 40 });
    fc.assert(
      fc.property(rules, copies, fc.tuple(instant, instant), (kept, found, [more, nowMs]) => {
        const texts = found.map(iso);
        const gaps = retentionGaps(kept, texts, { nowMs });
        expect(retentionGaps(kept, texts.toReversed(), { nowMs })).toEqual(gaps);
        const bare = (list: typeof gaps): number =>
          list.reduce((sum, { fromAt, toAt }) => sum + Date.parse(toAt) - Date.parse(fromAt), 0);
        expect(bare(retentionGaps(kept, [...texts, iso(more)], { nowMs }))).toBeLessThanOrEqual(bare(gaps));
      }),
      { numRuns: 200 },
    );
  });

  test('two servers that take the even and the odd days hold together what one would', () => {
    fc.assert(
      fc.property(rhythmRule, instant, (rule, nowMs) => {
        if (!('everyMs' in rule)) return;
        const copies = every(rule.everyMs, nowMs - rule.forMs - dayMs, nowMs);
        const onDays = (parity: number): readonly string[] =>
          copies.filter((at) => new Date(at).getUTCDate() % 2 === parity);
        expect(retentionGaps([rule], onDays(0), { nowMs, days: 'even' })).toEqual([]);
        expect(retentionGaps([rule], onDays(1), { nowMs, days: 'odd' })).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });

  test.each(['grandfather', 'three-months', 'thirty-days'] as const)(
    'a rotation that keeps the newest copy of each unit as %s says misses nothing, day after day, and every copy counts',
    (name) => {
      fc.assert(
        fc.property(instant, (nowMs) => {
          const kept = rotated(shippedRules[name].files, every(dayMs, nowMs - 8 * 366 * dayMs, nowMs));
          expect(retentionGaps(shippedRules[name].files, kept, { nowMs })).toEqual([]);
          const [, , third] = kept.toReversed();
          const without = kept.filter((at) => at !== third);
          expect(retentionGaps(shippedRules[name].files, without, { nowMs })[0]).toMatchObject({ fromAt: third });
        }),
        { numRuns: 6 },
      );
    },
  );

  test('a gap is the longest stretch without a copy, half a rhythm late is none', () => {
    const rule: KeepRule = { everyMs: 2 * hourMs, forMs: dayMs };
    const nowMs = Date.parse('2026-11-21T12:00:00Z');
    const copies = every(2 * hourMs, nowMs - dayMs, nowMs);
    const without = (...hours: readonly string[]) => copies.filter((at) => !hours.includes(at.slice(11, 16)));
    expect(retentionGaps([rule], without('06:00'), { nowMs })).toEqual([
      { rule: 'one every 2 h, for 1 d', fromAt: '2026-11-21T04:00:00.000Z', toAt: '2026-11-21T08:00:00.000Z' },
    ]);
    const late = copies.map((at) => (at.includes('T06:00') ? at.replace('T06:00', 'T06:59') : at));
    expect(retentionGaps([rule], late, { nowMs })).toEqual([]);
  });

  test('what began before the policy, or should have come after the last moment asked for, is not missed', () => {
    const rule: KeepRule = { every: 'month', last: 24 };
    const nowMs = Date.parse('2026-11-21T12:00:00Z');
    const since = { nowMs, sinceMs: Date.parse('2026-08-15T00:00:00Z') };
    expect(retentionGaps([rule], [], since).map(({ fromAt }) => fromAt.slice(0, 7))).toEqual(['2026-10', '2026-09']);
    const until = { ...since, untilMs: Date.parse('2026-09-30T00:00:00Z') };
    expect(retentionGaps([rule], [], until).map(({ fromAt }) => fromAt.slice(0, 7))).toEqual(['2026-09']);
  });

  test.each([
    ['even-odd', 'files', 14],
    ['even-odd', 'database', 1],
    ['grandfather', 'files', 7 + 12 + 24 + 7],
    ['three-months', 'database', 7 + 4 + 3],
    ['thirty-days', 'files', 30],
  ] as const)('the shipped rule %s wants of %s what its policy says', (rule, kind, missing) => {
    const nowMs = Date.parse('2026-11-21T12:00:00Z');
    expect(rulesOf({ rule }, kind)).toBe(shippedRules[rule][kind]);
    expect(retentionGaps(rulesOf({ rule }, kind), [], { nowMs })).toHaveLength(missing);
    expect(
      retentionGaps(
        rulesOf({ rule }, kind),
        [...every(dayMs, nowMs - 8 * 366 * dayMs, nowMs), ...every(2 * hourMs, nowMs - 14 * dayMs, nowMs)],
        { nowMs },
      ),
    ).toEqual([]);
  });
});

/** What restic and the like keep: the newest copy of each of so many days, weeks, months and years. */
function rotated(kept: readonly KeepRule[], copies: readonly string[]): readonly string[] {
  const left = new Set<string>();
  for (const rule of kept) {
    if (!('every' in rule)) continue;
    const units = new Map<string, string>();
    for (const at of copies) units.set(unitOf(rule.every, at), at);
    for (const at of [...units.values()].slice(-rule.last)) left.add(at);
  }
  return [...left].sort();
}

/** The unit that an instant is in; weeks by the Monday they begin with. */
function unitOf(unit: 'day' | 'week' | 'month' | 'year', at: string): string {
  if (unit === 'week') {
    const day = new Date(at);
    return iso(Date.UTC(day.getUTCFullYear(), day.getUTCMonth(), day.getUTCDate() - ((day.getUTCDay() + 6) % 7)));
  }
  return at.slice(0, { day: 10, month: 7, year: 4 }[unit]);
}

function reachOf({ every: unit, last }: { readonly every: 'day' | 'week' | 'month' | 'year'; readonly last: number }) {
  return (last + 1) * { day: 1, week: 7, month: 31, year: 366 }[unit] * dayMs;
}
