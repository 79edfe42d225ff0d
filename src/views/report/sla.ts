import { betweenMs } from '../instants.ts';

/** A quarter of a year, UTC: from its first instant to the first of the next. */
export interface Quarter {
  readonly name: string;
  readonly fromAt: string;
  readonly toAt: string;
}

/** `2026Q4` → its bounds; undefined for anything else. */
export function quarterOf(name: string): Quarter | undefined {
  const match = /^(\d{4})-?Q([1-4])$/i.exec(name.trim());
  if (match === null) return undefined;
  const year = Number(match[1]);
  const first = (Number(match[2]) - 1) * 3;
  const at = (month: number): string => new Date(Date.UTC(year, month, 1)).toISOString();
  return { name: `${String(year)}Q${match[2] ?? ''}`, fromAt: at(first), toAt: at(first + 3) };
}

/** A time without service, from a run or told by somebody. */
export interface ToldOutage {
  readonly kind: 'unplanned' | 'planned';
  readonly fromAt: string;
  /** Absent: it goes on, or its end is not known. */
  readonly toAt?: string;
  /** Run, file or flag it comes from. */
  readonly source: string;
  readonly what: string;
  /** When users were told of a planned stop; absent: not known. */
  readonly announcedAt?: string;
  readonly events?: readonly number[];
}

export interface SlaRules {
  readonly noticeWorkingDays: number;
  readonly plannedPerQuarter: number;
  /** Days that are no working days, as `2026-12-25`. */
  readonly holidays: readonly string[];
  /** Promised availability in thousandths of a percent: 99.8 % is 99800. */
  readonly promise?: number;
}

export interface CountedOutage extends ToldOutage {
  /** What it counts as by the rules. */
  readonly countedAs: 'unplanned' | 'planned';
  readonly why: string;
  /** Of it, inside the quarter. */
  readonly ms: number;
}

export interface Sla {
  readonly quarter: Quarter;
  readonly totalMs: number;
  readonly plannedMs: number;
  readonly unplannedMs: number;
  /** Percent with two decimals, never rounded up. */
  readonly availability: string;
  readonly promise?: { readonly percent: string; readonly kept: boolean };
  readonly outages: readonly CountedOutage[];
  /** The rules it was counted by. */
  readonly rules: SlaRules;
  /** The quarter has not ended: what comes is counted as served. */
  readonly unfinished: boolean;
}

interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * Availability of a quarter: (T - planned - unplanned) / (T - planned). A planned stop that breaks the rules of notice counts as
 * unplanned; a moment that is both is unplanned; overlapping outages count once.
 */
export function slaOf(
  quarter: Quarter,
  told: readonly ToldOutage[],
  context: { readonly rules: SlaRules; readonly nowAt: string },
): Sla {
  const { rules, nowAt } = context;
  const totalMs = betweenMs(quarter.fromAt, quarter.toAt);
  const clip = ({ fromAt, toAt }: ToldOutage): Span => ({
    fromMs: Math.max(Date.parse(fromAt), Date.parse(quarter.fromAt)),
    toMs: Math.min(Date.parse(toAt ?? nowAt), Date.parse(quarter.toAt)),
  });
  const inside = told
    .filter((one) => clip(one).toMs > clip(one).fromMs)
    .toSorted((a, b) => Date.parse(a.fromAt) - Date.parse(b.fromAt));
  let planned = 0;
  const outages = inside.map((one): CountedOutage => {
    const span = clip(one);
    const ms = span.toMs - span.fromMs;
    if (one.kind === 'unplanned') return { ...one, countedAs: 'unplanned', why: '', ms };
    const broken = brokenRule(one, rules, planned);
    if (broken !== undefined) return { ...one, countedAs: 'unplanned', why: broken, ms };
    planned += 1;
    const why =
      one.announcedAt === undefined
        ? 'when it was announced is not known: taken as announced in time (--announced says when)'
        : '';
    return { ...one, countedAs: 'planned', why, ms };
  });
  const spans = (kind: string): Span[] => outages.filter(({ countedAs }) => countedAs === kind).map(clip);
  const unplannedMs = lengthOf(spans('unplanned'));
  const plannedMs = lengthOf([...spans('planned'), ...spans('unplanned')]) - unplannedMs;
  const agreedMs = totalMs - plannedMs;
  const servedMs = agreedMs - unplannedMs;
  const { promise } = rules;
  return {
    quarter,
    totalMs,
    plannedMs,
    unplannedMs,
    availability: percentText(servedMs, agreedMs),
    ...(promise === undefined
      ? {}
      : { promise: { percent: promiseText(promise), kept: servedMs * 100_000 >= promise * agreedMs } }),
    outages,
    rules,
    unfinished: nowAt < quarter.toAt,
  };
}

function brokenRule(outage: ToldOutage, rules: SlaRules, before: number): string | undefined {
  const { announcedAt, fromAt } = outage;
  if (announcedAt !== undefined) {
    const days = workingDaysBetween(announcedAt, fromAt, rules.holidays);
    if (days < rules.noticeWorkingDays) {
      return `announced ${days} working days before, ${rules.noticeWorkingDays} are promised: counts as unplanned`;
    }
  }
  if (before >= rules.plannedPerQuarter) {
    return `planned stop ${before + 1} of the quarter, ${rules.plannedPerQuarter} allowed: counts as unplanned`;
  }
  return undefined;
}

/** Working days (Monday to Friday, no holiday) after the day of `fromAt`, up to that of `toAt`; UTC. */
export function workingDaysBetween(fromAt: string, toAt: string, holidays: readonly string[] = []): number {
  const dayMs = 86_400_000;
  const last = Math.floor(Date.parse(toAt) / dayMs);
  let count = 0;
  for (let day = Math.floor(Date.parse(fromAt) / dayMs) + 1; day <= last; day += 1) {
    const date = new Date(day * dayMs);
    const weekday = date.getUTCDay();
    if (weekday !== 0 && weekday !== 6 && !holidays.includes(date.toISOString().slice(0, 10))) count += 1;
  }
  return count;
}

/** Milliseconds that at least one of them covers. */
function lengthOf(spans: readonly Span[]): number {
  let total = 0;
  let reachedMs = Number.NEGATIVE_INFINITY;
  for (const { fromMs, toMs } of spans.toSorted((a, b) => a.fromMs - b.fromMs)) {
    total += Math.max(0, toMs - Math.max(fromMs, reachedMs));
    reachedMs = Math.max(reachedMs, toMs);
  }
  return total;
}

/** Two decimals, cut off: a promise is not kept by rounding. */
function percentText(part: number, whole: number): string {
  if (whole <= 0) return 'not defined';
  const hundredths = Math.floor((part * 10_000) / whole);
  return `${String(Math.floor(hundredths / 100))}.${String(hundredths % 100).padStart(2, '0')}`;
}

function promiseText(thousandths: number): string {
  return `${String(Math.floor(thousandths / 1000))}.${String(thousandths % 1000).padStart(3, '0')}`.replace(
    /0{1,2}$/,
    '',
  );
}
