import { systemClock } from '../../base/clock.ts';
import { DrpError } from '../../base/errors.ts';
import type { Event } from '../../events/event.ts';
import type { RunRow } from '../../journal/journal.ts';
import { readRuns } from '../../journal/read-runs.ts';
import { instantOf, readOutages, type OutageFile, type OutagesRead } from '../../runbook/outages.ts';
import { nearest } from '../../runbook/spelling.ts';
import { outagesOf } from '../../views/report/outages.ts';
import { quarterOf, slaOf, type SlaRules, type ToldOutage } from '../../views/report/sla.ts';
import { slaText } from '../../views/sla-text.ts';
import { examples } from '../examples.ts';
import type { Io, VerbAnswer } from '../io.ts';
import { readGivenText } from '../read-given.ts';
import type { Verb } from '../verb.ts';
import { withJournalRead } from '../wire.ts';

interface SlaOptions {
  readonly quarter: string;
  readonly site?: string;
  readonly journal?: string;
  readonly outage?: readonly string[];
  readonly outages?: string;
  readonly announced?: readonly string[];
  readonly noticeDays?: string;
  readonly plannedLimit?: string;
  readonly promise?: string;
}

export const verb: Verb = (command, { io, action }) => {
  command
    .requiredOption('--quarter <name>', 'e.g. 2026Q4; its bounds are UTC')
    .option('--site <name>', 'only this site')
    .option('--outage <from/to...>', 'an outage no run is about: FROM/TO, FROM/TO=planned or FROM/TO=planned@ANNOUNCED')
    .option('--announced <run=when...>', 'when the planned stop of a return was announced')
    .option('--outages <file>', 'the same and the rules as YAML: outages, announced, rules, holidays')
    .option('--notice-days <n>', 'working days a planned stop is announced before (default: 5)')
    .option('--planned-limit <n>', 'planned stops a quarter (default: 1)')
    .option('--promise <percent>', 'promised availability, e.g. 99.8')
    .addHelpText(
      'after',
      `
Availability is (T - planned - unplanned) / (T - planned). Unplanned: from the declared beginning of a disaster until
the name answered from the new side. Planned: the frozen window of a return. A planned stop announced too late, or one
too many, counts as unplanned.
${examples([
  ['drp sla --quarter 2026Q4 --promise 99.8', 'every site with runs in this journal'],
  ['drp sla --quarter 2026Q4 --site gravelines --outage 2026-11-03T01:00Z/2026-11-03T02:00Z', 'and a power cut'],
])}`,
    )
    .action(action((options: SlaOptions) => show(io, options)));
};

async function show(io: Io, options: SlaOptions): Promise<VerbAnswer> {
  const quarter = quarterOf(options.quarter);
  if (quarter === undefined) throw wrong(`'${options.quarter}' is no quarter such as 2026Q4`);
  const read =
    options.outages === undefined
      ? undefined
      : readOutages(await readGivenText(io, options.outages, 'sla'), options.outages);
  const file = read?.told;
  const rules = rulesOf(options, file);
  const told = [...(options.outage ?? []).map(flagged), ...(file?.outages ?? []).map(filed)];
  const said = (options.announced ?? []).map(announcement);
  const runs = await withJournalRead(io, options.journal, async (journal) => {
    refuseUnknown(await journal.runs({}), { said, ...(read === undefined ? {} : { read }) });
    return await readRuns(journal, options.site);
  });
  const announced = new Map([...Object.entries(file?.announced ?? {}), ...said]);
  const sites = sitesOf(runs, options.site);
  if (sites.length === 0) throw wrong('no run is in this journal: name the --site');
  if (sites.length > 1 && told.length > 0) {
    throw wrong(`whose are the outages given? Name the --site: ${sites.join(', ')}`);
  }
  const nowAt = systemClock.nowIso();
  const answers = sites.map((site) => {
    const own = runs.filter(([began]) => began?.type === 'run.began' && began.data.site === site);
    const all = [...own.flatMap((events) => fromRun(events, announced)), ...told];
    return { site, sla: slaOf(quarter, all, { rules, nowAt }) };
  });
  return {
    text: answers.map(({ site, sla }) => slaText(site, sla, io.width)).join('\n'),
    json: { quarter, rules, sites: answers.map(({ site, sla }) => ({ site, ...sla })) },
  };
}

/**
 * An announcement that names no return of this journal would be heard by nobody, and the stop it means count as unplanned.
 * Every run counts, whatever its quarter and site: one file may tell of all.
 */
function refuseUnknown(
  rows: readonly RunRow[],
  given: { readonly said: readonly (readonly [string, string])[]; readonly read?: OutagesRead },
): void {
  const { said, read } = given;
  const returns = rows.filter(({ procedure }) => procedure === 'return').map(({ run }) => run);
  const named = [
    ...Object.keys(read?.told.announced ?? {}).map((run) => ({ run, place: read?.placeOf(run) ?? '' })),
    ...said.map(([run]) => ({ run, place: '--announced' })),
  ];
  const wrongs = named.flatMap(({ run, place }) => {
    if (returns.includes(run)) return [];
    const other = rows.find((row) => row.run === run);
    if (other !== undefined)
      return [`${place}: run '${run}' is no return (${other.procedure}): it has no planned stop`];
    const near = nearest(run, returns);
    const meant = near === undefined ? 'list them with: drp runs' : `did you mean '${near}'?`;
    return [`${place}: there is no run '${run}' in this journal; ${meant}`];
  });
  if (wrongs.length > 0) throw wrong(wrongs.join('; '));
}

function sitesOf(runs: readonly (readonly Event[])[], named: string | undefined): readonly string[] {
  if (named !== undefined) return [named];
  return [...new Set(runs.flatMap(([began]) => (began?.type === 'run.began' ? [began.data.site] : [])))].sort();
}

function fromRun(events: readonly Event[], announced: ReadonlyMap<string, string>): readonly ToldOutage[] {
  return outagesOf(events).map(({ run, kind, fromAt, toAt, how, events: seqs }) => {
    const announcedAt = kind === 'planned' ? announced.get(run) : undefined;
    return {
      kind,
      fromAt,
      what: how,
      source: `run ${run}`,
      events: seqs,
      ...(toAt === undefined ? {} : { toAt }),
      ...(announcedAt === undefined ? {} : { announcedAt }),
    };
  });
}

function flagged(text: string): ToldOutage {
  const match = /^([^/=]+)\/([^/=]+)(?:=(planned|unplanned)(?:@(.+))?)?$/.exec(text);
  const [, from = '', to = '', kind = 'unplanned', said] = match ?? [];
  const [fromAt, toAt] = [instantOf(from), instantOf(to)];
  const announcedAt = said === undefined ? undefined : instantOf(said);
  if (
    fromAt === undefined ||
    toAt === undefined ||
    toAt <= fromAt ||
    (said !== undefined && announcedAt === undefined)
  ) {
    throw wrong(`'${text}' is no outage such as 2026-11-03T01:00Z/2026-11-03T02:00Z=planned`);
  }
  return {
    kind: kind === 'planned' ? 'planned' : 'unplanned',
    fromAt,
    toAt,
    source: '--outage',
    what: 'told on the command line',
    ...(announcedAt === undefined ? {} : { announcedAt }),
  };
}

function filed(one: OutageFile['outages'][number]): ToldOutage {
  if (one.to !== undefined && one.to <= one.from) throw wrong(`the outage from ${one.from} ends before it begins`);
  return {
    kind: one.planned ? 'planned' : 'unplanned',
    fromAt: one.from,
    source: 'the file of outages',
    what: one.what,
    ...(one.to === undefined ? {} : { toAt: one.to }),
    ...(one.announced === undefined ? {} : { announcedAt: one.announced }),
  };
}

function announcement(text: string): readonly [string, string] {
  const [run = '', when = ''] = text.split('=');
  const at = instantOf(when);
  if (run === '' || at === undefined) throw wrong(`'${text}' is no announcement such as k3f9-2a7m=2026-11-10`);
  return [run, at];
}

function rulesOf(options: SlaOptions, file: OutageFile | undefined): SlaRules {
  const promise = options.promise ?? file?.rules.promise;
  return {
    noticeWorkingDays: whole(options.noticeDays) ?? file?.rules.noticeWorkingDays ?? 5,
    plannedPerQuarter: whole(options.plannedLimit) ?? file?.rules.plannedPerQuarter ?? 1,
    holidays: file?.holidays ?? [],
    ...(promise === undefined ? {} : { promise: thousandths(promise) }),
  };
}

function whole(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,3}$/.test(text)) throw wrong(`'${text}' is no whole number`);
  return Number(text);
}

function thousandths(text: string): number {
  const match = /^(\d{1,3})(?:\.(\d{1,3}))?\s*%?$/.exec(text.trim());
  const value = match === null ? Number.NaN : Number(match[1]) * 1000 + Number((match[2] ?? '').padEnd(3, '0'));
  if (!(value >= 0 && value <= 100_000)) throw wrong(`'${text}' is no share such as 99.8`);
  return value;
}

function wrong(what: string): DrpError {
  return new DrpError('wrong-usage', { what, command: 'sla' });
}
