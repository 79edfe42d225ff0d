import { formatDuration } from '../../base/duration.ts';
import { betweenMs, instantText } from '../instants.ts';
import type {
  GateOpening,
  Objective,
  Outage,
  Report,
  ReportAnswer,
  ReportObligation,
  ReportStep,
  TimeUse,
} from './report.ts';

// What Markdown and HTML say in the same words. Plain text: each escapes it in its own way.

export function durationText(ms: number | undefined): string {
  return ms === undefined ? 'not known' : formatDuration(ms);
}

export function titleText(report: Report): string {
  return `${report.nature.label}: ${report.procedure} of ${report.site}, run ${report.run}`;
}

/** Facts of the head of the report, as pairs. */
export function headFacts(report: Report): readonly (readonly [string, string])[] {
  return [
    ['Service', `${report.service.name}, ${report.service.url}`],
    ['Runbook', report.title],
    ['Outcome', report.outcome],
    ['Began', instantText(report.beganAt)],
    ['Ended', report.endedAt === undefined ? 'not yet' : instantText(report.endedAt)],
  ];
}

export function situationFacts({ situation, gates }: Report): readonly (readonly [string, string])[] {
  const told: readonly (readonly [string, string])[] =
    situation === undefined
      ? []
      : [
          ['What happened', situation.what],
          ['Since', instantText(situation.sinceAt)],
          ['Datacentres declared lost', situation.lost.length === 0 ? 'none' : situation.lost.join(', ')],
          ['Ordered by', situation.orderedBy],
          ['How the order came', situation.orderedHow],
        ];
  const [first] = gates;
  const answers = (first?.openings ?? []).flatMap((opening) => opening.answers.map(answerText));
  return [...told, [`The order, at gate ${first?.id ?? '–'}`, answers.length === 0 ? 'not given' : answers.join('; ')]];
}

export function timeFacts(time: TimeUse): readonly (readonly [string, string])[] {
  return [
    ['The run took', formatDuration(time.elapsedMs)],
    ['of it, work went on', formatDuration(time.workedMs)],
    ['of it, only people could go on', formatDuration(time.waitedMs)],
    ...(time.unattendedMs > 0 ? [['of it, no drp drove the run', formatDuration(time.unattendedMs)] as const] : []),
    ['The plan expected, time of people left out', formatDuration(time.plannedMs)],
    ['Steps that decide how long it takes', time.criticalPath.join(', ')],
  ];
}

export function objectiveRow(objective: Objective): readonly string[] {
  const { name, objectiveMs, achievedMs, verdict, how } = objective;
  return [name, formatDuration(objectiveMs), achievedMs === undefined ? '–' : formatDuration(achievedMs), verdict, how];
}

export function outageRow(outage: Outage): readonly string[] {
  const { kind, fromAt, toAt, how } = outage;
  const ms = toAt === undefined ? '–' : formatDuration(betweenMs(fromAt, toAt));
  return [kind, instantText(fromAt), toAt === undefined ? 'not on record' : instantText(toAt), ms, how];
}

export const stepHeads = ['Event', 'Step', 'Where', 'Outcome', 'Began', 'Planned', 'Actual', 'What it said'] as const;

export function stepRow(step: ReportStep): readonly string[] {
  const { seq, phase, lane, id, kind, state, attempts, startedAt, endedAt, plannedMs, actualMs, lines } = step;
  const place = lane === '' || lane === phase || lane === 'main' ? phase : `${phase}, lane ${lane}`;
  const tries = attempts > 1 ? `${state}, ${String(attempts)} attempts` : state;
  const actual = endedAt === undefined ? 'no end on record' : durationText(actualMs);
  const said = lines.join('; ');
  return [String(seq), id, `${place} (${kind})`, tries, instantText(startedAt), durationText(plannedMs), actual, said];
}

export function answerText({ person, decision, at, identity, reason, passed }: ReportAnswer): string {
  const who = identity.fingerprint ?? (identity.osUser === undefined ? '' : `OS user ${identity.osUser}`);
  const end =
    decision === 'approve' ? (passed ? 'approved, gate passed' : 'approved, more approvals needed') : 'rejected';
  return `${person} ${end} at ${instantText(at)} (${identity.strength}${who === '' ? '' : `, ${who}`})${reason === '' ? '' : `: ${reason}`}`;
}

export function openingText(opening: GateOpening): string {
  const marks = [
    ...(opening.red.length === 0 ? [] : [`red: ${opening.red.join(', ')}`]),
    ...(opening.attention.length === 0 ? [] : [`attention: ${opening.attention.join(', ')}`]),
  ];
  return `opened ${instantText(opening.openedAt)}, statement ${opening.digest.slice(0, 12)}${marks.length === 0 ? '' : ` (${marks.join('; ')})`}`;
}

export function settledText({ settled }: ReportObligation): string {
  return settled === undefined
    ? 'open'
    : `settled by ${settled.by} at ${instantText(settled.at)} (event ${String(settled.seq)}): ${settled.reason}`;
}

/** How to check that this is what the journal says. */
export function recordFacts({ record, plan, run }: Report): readonly (readonly [string, string])[] {
  return [
    ['Made from', `events 1 to ${String(record.head.seq)} of run ${run}`],
    ['Hash of the last of them', record.head.hash],
    ['Plan', plan.digest],
    ['Runbook file', `${plan.file}, SHA-256 ${plan.sha256}`],
    ['Proof of the plan', plan.proofDigest ?? 'none on record'],
    ['Run by drp', plan.version],
    ['Decisions with a signature', String(record.signedAnswers)],
    ['Decisions by OS user alone', String(record.otherAnswers)],
    ['Words refused', String(record.refusedWords)],
    ['Copies of the record', record.copies.length === 0 ? 'none on record' : record.copies.join('; ')],
  ];
}

export const howToCheck = (run: string): readonly string[] => [
  `drp report --verify FILE: whether this file is what the journal says, byte for byte`,
  `drp audit verify --run ${run} --allowed-signers SIGNERS: whether the journal was touched, and who signed`,
  `drp audit show --run ${run}: every event; numbers in this report are theirs`,
];

/** A report knows its own run alone. */
export const obligationsCaveat =
  "As this run's record has it: what a later run of the site settled stands in the report of that run.";

export const standardsCaveat =
  'Where this report holds what a standard asks of such a record. It is no certificate: much of each standard is about what happens outside a run.';

/** Stands at the head of every report that is text: what `report --verify` finds it by. */
export function reportMark({ format, run, record }: Report): string {
  return `${format} run ${run.replaceAll(/[^\w.-]/g, '?')} event ${String(record.head.seq)} head ${record.head.hash}`;
}
