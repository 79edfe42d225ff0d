import { formatDuration } from '../base/duration.ts';
import { printableLine } from './escape.ts';
import { instantText } from './instants.ts';
import { facts, wrap } from './layout.ts';
import type { CountedOutage, Sla, SlaRules } from './report/sla.ts';

/** The quarter of a site for people: the sum, then each outage with where it is on record. */
export function slaText(site: string, sla: Sla, width: number): string {
  const { quarter, totalMs, plannedMs, unplannedMs, availability, promise, outages, rules, unfinished } = sla;
  const hours = (ms: number): string => `${(ms / 3_600_000).toFixed(2)} h (${formatDuration(ms)})`;
  const kept =
    promise === undefined ? [] : [['promise', `${promise.percent} %: ${promise.kept ? 'kept' : 'NOT KEPT'}`] as const];
  const lines = [
    `${site}, ${quarter.name}: ${availability} % available`,
    ...facts(
      [
        ['quarter', `${instantText(quarter.fromAt)} to ${instantText(quarter.toAt)}, ${hours(totalMs)}`],
        ['planned', hours(plannedMs)],
        ['unplanned', hours(unplannedMs)],
        ['planned is', plannedRule(rules)],
        ['formula', '(quarter - planned - unplanned) / (quarter - planned), cut after two decimals'],
        ...kept,
        ...(unfinished ? [['note', 'the quarter is not over: what comes is counted as served'] as const] : []),
      ],
      width,
      '  ',
    ),
    ...(outages.length === 0 ? ['  no outage is known'] : outages.flatMap((one) => outageLines(one, width))),
  ];
  return `${lines.join('\n')}\n`;
}

function plannedRule({ noticeWorkingDays, plannedPerQuarter, holidays }: SlaRules): string {
  const days = noticeWorkingDays === 1 ? '1 working day' : `${String(noticeWorkingDays)} working days`;
  const stops = plannedPerQuarter === 1 ? 'one stop' : `${String(plannedPerQuarter)} stops`;
  const free =
    holidays.length === 0
      ? ''
      : `, ${holidays.length === 1 ? '1 holiday' : `${String(holidays.length)} holidays`} counted out`;
  return `${stops} a quarter, announced ${days} before${free} (--planned-limit, --notice-days)`;
}

function outageLines(outage: CountedOutage, width: number): readonly string[] {
  const { fromAt, toAt, ms, source, what, countedAs, why, events } = outage;
  const until = toAt === undefined ? 'its end is not known' : `to ${instantText(toAt)}`;
  const where = events === undefined || events.length === 0 ? source : `${source}, events ${events.join(' and ')}`;
  const text = `  ${countedAs.padEnd(9)} ${instantText(fromAt)} ${until}, ${formatDuration(ms)} in the quarter; ${printableLine(what)} (${printableLine(where)})`;
  return [...wrap(text, width, '            '), ...(why === '' ? [] : wrap(`            ${why}`, width))];
}
