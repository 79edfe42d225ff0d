import { formatDuration } from '../../base/duration.ts';
import { DrpError } from '../../base/errors.ts';
import type { Event, EventOf, RunMode } from '../../events/event.ts';
import { reviewId } from '../../events/review-id.ts';
import { approversText, statementText } from '../../gates/statement.ts';
import { planDuration } from '../../plan/critical-path.ts';
import { frozenPlan } from '../../plan/frozen-plan.ts';
import type { Plan, PlannedGate } from '../../plan/plan.ts';
import { betweenMs, instantText } from '../instants.ts';
import { runSummary, type RunSummary } from '../run-summary.ts';
import { exceptionsOf } from './exceptions.ts';
import { lessonsIn } from './lessons.ts';
import { objectivesOf } from './objectives.ts';
import { obligationsOf } from './obligations.ts';
import { outagesOf } from './outages.ts';
import { peopleIn } from './people.ts';
import { recordFacts } from './record.ts';
import type { Bar, GateOpening, Report, ReportAnswer, ReportGate, ReportStep, Timeline, TimeUse } from './report.ts';
import { restoredIn } from './restored.ts';
import { standardsFor } from './standards.ts';
import { driverSessions, timelineOf } from './timeline.ts';

/**
 * The report of a run, from events alone: no clock, no time zone, no locale. `others`: the other runs of its site, where
 * they are at hand; they may have settled what this one left. Throws internal where the events have no beginning.
 */
export function reportOf(events: readonly Event[], others?: readonly (readonly Event[])[]): Report {
  const [began] = events;
  const summary = runSummary(events);
  if (began?.type !== 'run.began' || summary === undefined) {
    throw new DrpError('internal', { what: 'the record of the run has no beginning' });
  }
  const plan = frozenPlan(began);
  const drivers = driverSessions(events);
  const timeline = timelineOf(events, plan, drivers);
  const restored = restoredIn(events, plan);
  const steps = stepsWalked(summary, events);
  const owed = obligationsOf(events, others ?? []);
  const facts = {
    ...heading(began, plan, summary),
    objectives: objectivesOf(events, plan, restored),
    time: timeUse(plan, summary, timeline),
    outages: outagesOf(events),
    timeline,
    steps,
    notWalked: summary.phases
      .flatMap((phase) => phase.steps.map((step) => step.id))
      .filter((id) => !steps.some((step) => step.id === id)),
    gates: gatesShown(events, plan, { summary, timeline }),
    restored,
    exceptions: exceptionsOf(events),
    obligations: owed.obligations,
    lessons: lessonsIn(events),
    notes: events.flatMap((event) =>
      event.type === 'note.added'
        ? [{ seq: event.seq, at: event.at, person: event.data.person, text: event.data.text }]
        : [],
    ),
    people: peopleIn(events, plan),
    drivers,
    record: recordFacts(events, others === undefined ? undefined : owed.used),
  };
  return { ...facts, verdict: verdictOf(facts, plan), standards: standardsFor(facts) };
}

const natures: Readonly<Record<RunMode, Report['nature']>> = {
  real: { label: 'REAL', text: 'This was a real run: hosts, data and DNS were changed.' },
  drill: {
    label: 'DRILL (EXERCISE)',
    text: 'This was a drill: data was copied and imported into an isolated target; users and DNS were not touched.',
  },
  'dry-run': {
    label: 'DRY RUN',
    text: 'This was a dry run: it only read. Nothing was copied, imported, sent or changed.',
  },
};

function heading(began: EventOf<'run.began'>, plan: Plan, summary: RunSummary) {
  const { data } = began;
  return {
    format: 'drp-report@v1',
    run: began.run,
    site: data.site,
    title: plan.title,
    service: { name: plan.world.service.name, url: plan.world.service.url },
    procedure: data.procedure,
    mode: data.mode,
    nature: natures[data.mode],
    outcome: summary.outcome ?? 'under way',
    beganAt: began.at,
    ...(summary.endedAt === undefined ? {} : { endedAt: summary.endedAt }),
    ...(data.situation === undefined ? {} : { situation: data.situation }),
    plan: {
      digest: data.planDigest,
      file: plan.runbook.file,
      sha256: plan.runbook.sha256,
      ...(data.proofDigest === undefined ? {} : { proofDigest: data.proofDigest }),
      version: data.version,
    },
  } as const;
}

function timeUse(plan: Plan, summary: RunSummary, { fromAt, toAt, rows }: Timeline): TimeUse {
  const elapsedMs = betweenMs(fromAt, toAt);
  const stillMs = summary.waitingSinceAt === undefined ? 0 : betweenMs(summary.waitingSinceAt, toAt);
  const waitedMs = Math.min(elapsedMs, summary.waitedMs + stillMs);
  const { expectMs, criticalPath } = planDuration(plan);
  const gaps = rows.filter((row) => row.kind === 'driver').flatMap((row) => row.bars);
  return {
    elapsedMs,
    waitedMs,
    workedMs: elapsedMs - waitedMs,
    overlappedMs: overlapOf(rows.filter((row) => row.kind === 'step').flatMap((row) => row.bars)),
    unattendedMs: gaps.reduce((sum, bar) => sum + betweenMs(bar.fromAt, bar.toAt), 0),
    plannedMs: expectMs,
    criticalPath,
  };
}

/** Time that more than one step worked in, counted for each beyond the first. */
function overlapOf(bars: readonly Bar[]): number {
  const work = bars.filter((bar) => bar.kind === 'work').sort((a, b) => a.fromAt.localeCompare(b.fromAt));
  let overlappedMs = 0;
  let until = '';
  for (const { fromAt, toAt } of work) {
    if (fromAt < until) overlappedMs += betweenMs(fromAt, toAt < until ? toAt : until);
    if (toAt > until) until = toAt;
  }
  return overlappedMs;
}

function stepsWalked(summary: RunSummary, events: readonly Event[]): readonly ReportStep[] {
  const first = new Map<string, number>();
  const done = new Map<string, number>();
  for (const event of events) {
    if (event.type === 'effect.started' && !first.has(event.data.id)) first.set(event.data.id, event.seq);
    if (event.type === 'step.done') done.set(event.data.step, event.seq);
  }
  const steps = summary.phases.flatMap((phase) => phase.steps);
  return steps
    .flatMap((step): readonly ReportStep[] => {
      const startedAt = step.startedAt ?? step.endedAt;
      if (startedAt === undefined) return [];
      const { id, title, kind, phase, lane, hosts, state, attempts, lines } = step;
      const shown = { id, title, kind, phase, lane, hosts, state, startedAt, attempts, lines };
      return [
        {
          ...shown,
          ...(step.endedAt === undefined
            ? {}
            : { endedAt: step.endedAt, actualMs: betweenMs(startedAt, step.endedAt) }),
          ...(step.expectMs === undefined ? {} : { plannedMs: step.expectMs }),
          seq: done.get(id) ?? first.get(id) ?? 0,
        },
      ];
    })
    .sort((a, b) => (first.get(a.id) ?? a.seq) - (first.get(b.id) ?? b.seq));
}

function gatesShown(
  events: readonly Event[],
  plan: Plan,
  known: { readonly summary: RunSummary; readonly timeline: Timeline },
): readonly ReportGate[] {
  const openings = new Map<string, GateOpening[]>();
  for (const event of events) {
    if (event.type !== 'gate.opened') continue;
    openings.set(event.data.gate, [...(openings.get(event.data.gate) ?? []), opening(event, events)]);
  }
  return [...openings].map(([id, shown]) => {
    const waits = known.timeline.rows
      .filter((row) => row.kind === 'gate' && row.id === id)
      .flatMap((row) => row.bars.filter((bar) => bar.kind === 'waiting'));
    const gate = plan.gates[id];
    const state = known.summary.gates.find((one) => one.id === id)?.state ?? 'open';
    return {
      id,
      title: gate?.title ?? id,
      state: state === 'left' ? 'not passed' : state,
      policy: gate === undefined ? '' : policyWords(gate),
      waitedMs: waits.reduce((sum, bar) => sum + betweenMs(bar.fromAt, bar.toAt), 0),
      openings: shown,
    };
  });
}

function policyWords({ roles, approvals, notTheStarter, strength, attested, breakGlass }: PlannedGate): string {
  const who = approversText({ approvals, roles });
  const aside = [
    ...(attested === true ? ['over the phone, attested'] : []),
    ...(breakGlass === true ? ['one operator alone by break-glass'] : []),
  ];
  const or = aside.length === 0 ? '' : `; or ${aside.join(', or ')} (then a review is owed)`;
  return `${who}, at least ${strength}${notTheStarter ? ', not who started the run' : ''}${or}`;
}

function opening(event: EventOf<'gate.opened'>, events: readonly Event[]): GateOpening {
  const { statement, digest } = event.data;
  const titled = (severity: string) =>
    statement.evidence.filter((item) => item.severity === severity).map((item) => item.title);
  return {
    seq: event.seq,
    openedAt: event.at,
    attempt: statement.attempt,
    digest,
    evidenceDigest: statement.evidenceDigest,
    attention: titled('attention'),
    red: titled('red'),
    answers: events.flatMap((one) =>
      one.type === 'gate.decided' && one.data.statementDigest === digest && one.data.gate === event.data.gate
        ? [answerIn(one, events)]
        : [],
    ),
    text: statementText(statement),
  };
}

function answerIn({ seq, run, data }: EventOf<'gate.decided'>, events: readonly Event[]): ReportAnswer {
  const { decision, person, reason, at, passed, breakGlass } = data;
  const { strength, osUser, fingerprint, attested } = data.identity;
  const review = reviewId(run, data);
  const owed = events.some((event) => event.type === 'obligation.opened' && event.data.id === review);
  return {
    seq,
    at,
    decision,
    person,
    reason,
    passed,
    identity: {
      strength,
      ...(osUser === undefined ? {} : { osUser }),
      ...(fingerprint === undefined ? {} : { fingerprint }),
      ...(attested === undefined ? {} : { attested }),
    },
    ...(breakGlass === true ? { breakGlass } : {}),
    ...(owed ? { review } : {}),
  };
}

type Facts = Omit<Report, 'verdict' | 'standards'>;

function verdictOf(report: Facts, plan: Plan): readonly string[] {
  return [
    outcomeLine(report, plan),
    ...report.outages.map(outageLine),
    ...objectiveLines(report),
    ...spokenOfLines(report, plan),
    restLine(report),
  ];
}

/** What a drill proves nothing about. */
function spokenOfLines({ steps }: Facts, { drill }: Plan): readonly string[] {
  if (drill === undefined) return [];
  const spokenOf = steps.filter(({ kind, state }) => kind === 'simulate' && state === 'done').map(({ id }) => id);
  return [
    ...(spokenOf.length === 0 ? [] : [`Only spoken of, not done: ${spokenOf.join(', ')}.`]),
    'Fencing is no part of a drill.',
  ];
}

function outcomeLine(report: Facts, plan: Plan): string {
  const { outcome, procedure, mode, site, endedAt } = report;
  const when = endedAt === undefined ? '' : ` at ${instantText(endedAt)}`;
  const what = `The ${procedure} of ${site}`;
  if (outcome === 'under way') return `${what} is under way: this report is not final.`;
  if (outcome === 'aborted') return `${what} was aborted${when}.`;
  if (outcome === 'switched-back') return `${what} was switched back${when}: users are where they were before.`;
  if (mode === 'dry-run') return `${what} was walked through to its end${when}; nothing was changed.`;
  if (mode === 'drill') return `The drill of ${site} was completed${when}.`;
  const side = procedure === 'return' ? plan.world.service.production : plan.world.service.recovery;
  return `${what} was completed${when}: users are served from ${side.host}.`;
}

function outageLine({ kind, fromAt, toAt, proven }: Report['outages'][number]): string {
  const what = kind === 'planned' ? 'Planned downtime' : 'Users were without service';
  if (toAt === undefined) return `${what} since ${instantText(fromAt)}; its end is not on record.`;
  const how = proven ? '' : ' (its end is not proven by a probe)';
  return `${what} for ${formatDuration(betweenMs(fromAt, toAt))}, until ${instantText(toAt)}${how}.`;
}

/** Missed ones first: they are what the reader must not overlook. */
function objectiveLines({ objectives }: Facts): readonly string[] {
  const told = (verdict: string): string =>
    objectives
      .flatMap(({ name, achievedMs, objectiveMs, verdict: own }) =>
        achievedMs === undefined || own !== verdict
          ? []
          : [`${name} ${formatDuration(achievedMs)} of ${formatDuration(objectiveMs)}`],
      )
      .join(', ');
  const [missed, met] = [told('missed'), told('met')];
  return [...(missed === '' ? [] : [`MISSED: ${missed}.`]), ...(met === '' ? [] : [`Met: ${met}.`])];
}

function restLine({ exceptions, obligations, lessons }: Facts): string {
  const owed = obligations.filter((one) => one.settled === undefined).length;
  const open = lessons.filter((one) => one.closed === undefined).length;
  return `${counted(exceptions.length, 'deviation', 'deviations')}, ${counted(owed, 'open obligation', 'open obligations')}, ${counted(open, 'open lesson', 'open lessons')}.`;
}

function counted(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}
