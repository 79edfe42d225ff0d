import type { KeepRule, Retention } from '../../runbook/schema/world.ts';

/** A stretch of time in which a copy should be and is none. */
export interface RetentionGap {
  /** The rule it breaks, for people: `one each month, 24 back`. */
  readonly rule: string;
  readonly fromAt: string;
  readonly toAt: string;
}

/** When and for whom a policy is asked. */
export interface RetentionQuestion {
  readonly nowMs: number;
  /** What should have come after this is not asked; absent: up to now. */
  readonly untilMs?: number;
  /** Nothing that began before is missed. */
  readonly sinceMs?: number;
  /** Days of the month (UTC) whose copies are to be here; absent: all. */
  readonly days?: 'even' | 'odd';
}

interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** A copy may come this much later than its rhythm before a gap is called one. */
const lateness = 1.5;

const calendar = (every: 'day' | 'week' | 'month' | 'year', last: number): KeepRule => ({ every, last });

/** The rules that ship with drp, by the name a runbook gives them. */
export const shippedRules: Readonly<
  Record<Extract<Retention, { rule: string }>['rule'], Readonly<Record<'files' | 'database', readonly KeepRule[]>>>
> = {
  // Files once a day and the database every two hours, on two servers in turn, for two weeks.
  'even-odd': {
    files: [calendar('day', 14)],
    database: [{ everyMs: 2 * hourMs, forMs: 14 * dayMs }],
  },
  grandfather: both([calendar('day', 7), calendar('week', 12), calendar('month', 24), calendar('year', 7)]),
  'three-months': both([calendar('day', 7), calendar('week', 4), calendar('month', 3)]),
  'thirty-days': both([calendar('day', 30)]),
};

function both(rules: readonly KeepRule[]): Readonly<Record<'files' | 'database', readonly KeepRule[]>> {
  return { files: rules, database: rules };
}

/** The rules a runbook's `retention` stands for. */
export function rulesOf(retention: Retention, kind: 'files' | 'database'): readonly KeepRule[] {
  return 'rule' in retention ? shippedRules[retention.rule][kind] : retention.keep;
}

/** `one each day, 7 back`. */
function spellRule(rule: KeepRule): string {
  if ('every' in rule) return `one each ${rule.every}, ${String(rule.last)} back`;
  const hours = (ms: number): string => (ms % dayMs === 0 ? `${String(ms / dayMs)} d` : `${String(ms / hourMs)} h`);
  return `one every ${hours(rule.everyMs)}, for ${hours(rule.forMs)}`;
}

/**
 * Where copies are missing, newest first, one entry a hole. A calendar rule wants one copy in each of so many days, ISO
 * weeks, months or years, whichever day of it, the running one counted where it has one already: so programs that rotate
 * count, too. A duration wants no longer gap (half a rhythm late is no
 * gap). All UTC. Pure; the order of the instants is of no account.
 */
export function retentionGaps(
  rules: readonly KeepRule[],
  instants: readonly string[],
  question: RetentionQuestion,
): readonly RetentionGap[] {
  const times = instants.map((instant) => Date.parse(instant)).toSorted((a, b) => a - b);
  return rules
    .flatMap((rule) => {
      const holes = 'every' in rule ? emptyUnits(rule, times, question) : longGaps(rule, times, question);
      return holes.map((hole) => ({ rule: spellRule(rule), ...hole }));
    })
    .toSorted((a, b) => b.toMs - a.toMs)
    .map(({ rule, fromMs, toMs }) => ({ rule, fromAt: iso(fromMs), toAt: iso(toMs) }));
}

function emptyUnits(
  { every, last }: Extract<KeepRule, { every: unknown }>,
  times: readonly number[],
  question: RetentionQuestion,
): readonly Span[] {
  const units: Span[] = [];
  let toMs = unitStart(every, question.nowMs);
  const begun = times.some((time) => time >= toMs && time <= question.nowMs);
  for (let back = begun ? 1 : 0; back < last; back += 1) {
    const fromMs = unitStart(every, toMs - 1);
    units.push({ fromMs, toMs });
    toMs = fromMs;
  }
  return units
    .filter(({ fromMs }) => fromMs >= (question.sinceMs ?? -Infinity) && fromMs <= (question.untilMs ?? Infinity))
    .filter(({ fromMs }) => every !== 'day' || isHeld(fromMs, question.days))
    .filter((unit) => !times.some((time) => time >= unit.fromMs && time < unit.toMs));
}

function longGaps(
  { everyMs, forMs }: Extract<KeepRule, { everyMs: number }>,
  times: readonly number[],
  question: RetentionQuestion,
): readonly Span[] {
  const fromMs = Math.max(question.nowMs - forMs, question.sinceMs ?? -Infinity);
  const toMs = Math.min(question.nowMs, question.untilMs ?? Infinity);
  return heldSpans({ fromMs, toMs }, question.days).flatMap((span) => {
    const inside = times.filter((time) => time >= span.fromMs && time < span.toMs);
    const points = [span.fromMs, ...inside, span.toMs];
    return points
      .slice(1)
      .map((toMs, index) => ({ fromMs: points[index] ?? toMs, toMs }))
      .filter((gap) => gap.toMs - gap.fromMs > everyMs * lateness);
  });
}

/** The parts of a span that a source holding even or odd days answers for. */
export function heldSpans(span: Span, days: 'even' | 'odd' | undefined): readonly Span[] {
  if (days === undefined) return span.fromMs < span.toMs ? [span] : [];
  const spans: Span[] = [];
  for (let startMs = unitStart('day', span.fromMs); startMs < span.toMs; startMs += dayMs) {
    if (!isHeld(startMs, days)) continue;
    spans.push({ fromMs: Math.max(startMs, span.fromMs), toMs: Math.min(startMs + dayMs, span.toMs) });
  }
  return spans;
}

function isHeld(dayStartMs: number, days: 'even' | 'odd' | undefined): boolean {
  return days === undefined || (new Date(dayStartMs).getUTCDate() % 2 === 0) === (days === 'even');
}

/** First moment of the day, ISO week, month or year (UTC) that an instant is in. */
function unitStart(unit: 'day' | 'week' | 'month' | 'year', ms: number): number {
  const at = new Date(ms);
  const [year, month, date] = [at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate()];
  switch (unit) {
    case 'day':
      return Date.UTC(year, month, date);
    case 'week':
      return Date.UTC(year, month, date - ((at.getUTCDay() + 6) % 7));
    case 'month':
      return Date.UTC(year, month, 1);
    case 'year':
      return Date.UTC(year, 0, 1);
  }
}

const iso = (ms: number): string => new Date(ms).toISOString();
