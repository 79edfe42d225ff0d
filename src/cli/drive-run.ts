import { systemClock } from '../base/clock.ts';
import { formatDuration } from '../base/duration.ts';
import { assertNever, DrpError } from '../base/errors.ts';
import type { Event } from '../events/event.ts';
import type { DriveEnd, Executor } from '../executor/executor.ts';
import { siteState } from '../executor/site.ts';
import { createSpoolWordSource } from '../gates/spool.ts';
import type { WordSource } from '../gates/word.ts';
import { currentOsUser } from '../journal/driver.ts';
import type { Journal } from '../journal/journal.ts';
import { spoolFolder } from '../journal/open.ts';
import { readRuns } from '../journal/read-runs.ts';
import { drillRecovery, type DrillRecovery } from '../views/drill-outcome.ts';
import { printableLine } from '../views/escape.ts';
import { instantText } from '../views/instants.ts';
import { wrap } from '../views/layout.ts';
import { lossesText } from '../views/losses.ts';
import {
  rehearsedReasons,
  rehearsedStops,
  wrongDirection,
  type RehearsedReason,
  type RehearsedStop,
} from '../views/rehearsal.ts';
import { outagesOf } from '../views/report/outages.ts';
import type { Outage } from '../views/report/report.ts';
import { elapsedMs, runSummary, type RunSummary } from '../views/run-summary.ts';
import { siteLines, type SiteStanding } from '../views/status-text.ts';
import { createAsk } from './ask.ts';
import type { Io, VerbAnswer } from './io.ts';
import { planOf } from './plan-of.ts';
import { driveSession, parkedLines, type SessionOptions } from './session.ts';
import { tell } from './tell.ts';

/** Drives a run from this terminal and answers how that ended. */
export async function driveRun(
  io: Io,
  given: { readonly journal: Journal; readonly executor: Executor; readonly run: string },
  options: SessionOptions,
): Promise<VerbAnswer> {
  const { journal, executor, run } = given;
  tell(io, `run ${run}, recorded in ${journal.url}`);
  const end = await driveSession(
    {
      io,
      executor,
      journal,
      clock: systemClock,
      ask: createAsk(io),
      osUser: currentOsUser(),
      spool: spoolOf(journal.url, run),
    },
    run,
    options,
  );
  const events = await journal.read(run);
  const summary = runSummary(events);
  if (summary === undefined) throw new DrpError('run-not-found', { run, journal: journal.url });
  const site = siteState(summary.site, await readRuns(journal, summary.site));
  const ended: Ended = {
    goOn: options.goOn ?? `drp resume --run ${run}`,
    end,
    summary,
    site,
    stops: rehearsedStops(events),
    reasons: rehearsedReasons(events),
    outages: outagesOf(events),
    ...recoveryOf(events),
  };
  return { text: endText(io, ended), json: endJson(ended), exitCode: exitCodeOf(ended) };
}

function recoveryOf(events: readonly Event[]): Pick<Ended, 'recovery'> {
  const found = drillRecovery(events, planOf(events));
  return found === undefined ? {} : { recovery: found };
}

function spoolOf(url: string, run: string): WordSource {
  const folder = spoolFolder(url, run);
  if (folder === undefined) return { next: () => new Promise(() => undefined) };
  return createSpoolWordSource(folder, { clock: systemClock });
}

function exitCodeOf({ end, stops }: Ended): number {
  switch (end.kind) {
    case 'ended':
      return end.outcome === 'completed' && stops.length === 0 ? 0 : 1;
    case 'parked':
      return 75;
    case 'detached':
      return end.preempted === true ? 3 : 130;
    default:
      return assertNever(end);
  }
}

interface Ended {
  /** What is typed to go on with a run that did not end. */
  readonly goOn: string;
  readonly end: DriveEnd;
  readonly summary: RunSummary;
  readonly site: SiteStanding;
  /** A dry run: where a real one would have stopped. */
  readonly stops: readonly RehearsedStop[];
  /** A dry run: where a real one would have asked for a reason. */
  readonly reasons: readonly RehearsedReason[];
  /** Times in which users were not served, as the record shows them. */
  readonly outages: readonly Outage[];
  /** A drill that came to its confirmation: what a real activation would have taken. */
  readonly recovery?: DrillRecovery;
}

/** What becomes of remote jobs: a drill that gives way has stopped them first. */
function leftBehind({ preempted }: { readonly preempted?: true }, { at }: RunSummary): string {
  if (preempted !== true) return 'remote jobs go on';
  return at.endsWith('-failed') ? 'what it runs could not be stopped' : 'what it ran has been stopped';
}

/** What changed, what is owed, and how to look at the record; to stderr where the run did not end. */
function endText(io: Io, ended: Ended): string {
  const { end, summary } = ended;
  const { style } = io;
  switch (end.kind) {
    case 'parked': {
      const lines = end.waiting.flatMap((one) => parkedLines(one, summary.run));
      const parked = style.attention(`parked: run ${summary.run} waits for a person; nothing is under way`);
      tell(io, [parked, ...lines, `then: ${ended.goOn}`].join('\n'));
      return '';
    }
    case 'detached':
      tell(
        io,
        `${style.attention(`detached from run ${summary.run} (${end.reason}); ${leftBehind(end, summary)}`)}\ngo on with: ${ended.goOn}`,
      );
      return '';
    case 'ended':
      return endedText(io, ended, end.outcome);
    default:
      return assertNever(end);
  }
}

function endedText(io: Io, ended: Ended, outcome: string): string {
  const { summary, site, outages, recovery } = ended;
  const { style } = io;
  const elapsed = elapsedMs(summary, systemClock.nowMs());
  const drilled = summary.mode === 'drill';
  const mode = summary.mode === 'dry-run' ? ' (dry-run)' : '';
  const aborted = outcome === 'aborted';
  const loss = lossesText(summary.losses, style, aborted ? {} : summary.lossLimits);
  return [
    `${style.bold(`${drilled ? 'EXERCISE: ' : ''}${summary.procedure} of ${summary.site}${mode}: ${outcome}`)} in ${formatDuration(elapsed)}`,
    ...(loss === ''
      ? []
      : wrap(`  ${drilled || aborted ? 'would have been lost' : 'loss'}: ${loss}`, io.width, '    ')),
    ...drillLines(io, summary, recovery),
    ...outages.flatMap((outage) => outageLines(io, summary, outage)),
    ...stopLines(io, ended),
    ...siteLines(site, { width: io.width, style }),
    '',
    `  the report:  drp report ${summary.run} --output report.html`,
    `  the record:  drp audit show --run ${summary.run}`,
    `  its proof:   drp audit verify --run ${summary.run}`,
    ...(drilled ? [`  lessons:     drp lesson add TEXT --owner NAME --due DATE --run ${summary.run}`] : []),
  ].join('\n');
}

/** What the exercise says about the real thing. */
function drillLines({ style, width }: Io, summary: RunSummary, recovery: DrillRecovery | undefined): readonly string[] {
  if (recovery === undefined) return [];
  const verdict = recovery.ms <= summary.rtoMs ? style.good('kept') : style.bad('MISSED');
  const { measuredMs, expectedMs, ms } = recovery;
  return [
    `  a real activation would have taken ${formatDuration(ms)}, RTO ${formatDuration(summary.rtoMs)} ${verdict}`,
    ...wrap(
      `    ${formatDuration(measuredMs)} measured, ${formatDuration(expectedMs)} as the runbook expects for what was not done`,
      width,
    ),
  ];
}

/**
 * For a return this is the frozen window: the only time users feel. For an activation it is what the RTO is about: from the
 * declared beginning of the disaster, not of the run, until users were served again.
 */
function outageLines({ style, width }: Io, summary: RunSummary, outage: Outage): readonly string[] {
  const { kind, fromAt, toAt, proven, how } = outage;
  const what = kind === 'planned' ? 'frozen window' : 'users were without service';
  if (toAt === undefined) return [`  ${what}: since ${instantText(fromAt)}, not over`];
  const lastedMs = Date.parse(toAt) - Date.parse(fromAt);
  const verdict = lastedMs <= summary.rtoMs ? style.good('kept') : style.bad('MISSED');
  const rto =
    summary.procedure === 'activation' && summary.outcome === 'completed'
      ? `, RTO ${formatDuration(summary.rtoMs)} ${verdict}`
      : '';
  // Until when is a guess where no probe saw them served: why is said beside the numbers.
  const guessed = proven || summary.outcome === 'completed' ? '' : `; ${how}`;
  const text = `  ${what}: ${formatDuration(lastedMs)} (${instantText(fromAt)} to ${instantText(toAt)})${rto}${guessed}`;
  return wrap(text, width, '  ');
}

/** A dry run ends with what it was made for: whether a real run would get through. */
function stopLines({ style, width }: Io, { summary, stops, reasons, site }: Ended): readonly string[] {
  if (summary.mode !== 'dry-run') return [];
  const turned = wrongDirection(summary.procedure, site.serving);
  const listed = (lines: readonly string[]): readonly string[] =>
    lines.flatMap((line) => wrap(printableLine(`    ${line}`), width, '  '));
  return [
    ...(turned === undefined ? [] : [style.attention(`  a real run now: ${turned}`)]),
    ...(stops.length === 0
      ? [style.good(`  nothing ${turned === undefined ? '' : 'else '}seen that would stop a real run`)]
      : [
          style.bad(`  a real run would stop here (${stops.length}):`),
          ...listed(stops.map(({ kind, subject, reason }) => `${kind} ${subject}: ${reason}`)),
        ]),
    ...(reasons.length === 0
      ? []
      : [
          style.attention('  RED evidence; whoever approves must say why all the same:'),
          ...listed(reasons.map(({ gate, titles }) => `gate ${gate}: ${titles.join('; ')}`)),
        ]),
  ];
}

function endJson({ end, summary, site, stops, reasons, outages, recovery }: Ended): object {
  return {
    run: summary.run,
    site: summary.site,
    procedure: summary.procedure,
    mode: summary.mode,
    outcome: end.kind === 'ended' ? end.outcome : end.kind,
    servedBy: site.serving,
    elapsedMs: elapsedMs(summary, systemClock.nowMs()),
    rtoMs: summary.rtoMs,
    waitedMs: summary.waitedMs,
    loss: { filesMs: summary.losses.filesMs ?? null, databaseMs: summary.losses.databaseMs ?? null },
    outages: outages.map(({ kind, fromAt, toAt }) => ({
      kind,
      fromAt,
      toAt: toAt ?? null,
      ms: toAt === undefined ? null : Date.parse(toAt) - Date.parse(fromAt),
    })),
    obligations: site.obligations,
    ...(recovery === undefined ? {} : { wouldHaveTaken: { ms: recovery.ms, measuredMs: recovery.measuredMs } }),
    ...(summary.mode === 'dry-run' ? { wouldStop: stops, wouldAsk: reasons } : {}),
    head: summary.head,
    ...(end.kind === 'parked'
      ? {
          waiting: end.waiting.map(({ kind, subject, verbs, state, statementDigest }) => ({
            kind,
            subject,
            state,
            verbs,
            statementDigest,
          })),
        }
      : {}),
    ...(end.kind === 'detached' ? { reason: end.reason } : {}),
  };
}
