import { formatDuration } from '../../base/duration.ts';
import { betweenMs, instantText } from '../instants.ts';
import { inOneLine } from '../layout.ts';
import type {
  GateOpening,
  Objective,
  Outage,
  RecordFacts,
  RecordHead,
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
    ['saved by steps that worked beside each other', formatDuration(time.overlappedMs)],
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
  const ended = kind === 'simulate' && state === 'done' ? 'simulated, not done' : state;
  const tries = attempts > 1 ? `${ended}, ${String(attempts)} attempts` : ended;
  const actual = endedAt === undefined ? 'no end on record' : durationText(actualMs);
  const said = inOneLine(lines);
  return [String(seq), id, `${place} (${kind})`, tries, instantText(startedAt), durationText(plannedMs), actual, said];
}

export function answerText(answer: ReportAnswer): string {
  const { person, decision, at, reason, passed, breakGlass, review } = answer;
  const end =
    decision === 'approve' ? (passed ? 'approved, gate passed' : 'approved, more approvals needed') : 'rejected';
  const alone = breakGlass === true ? ' alone, by BREAK-GLASS' : '';
  const owed = review === undefined ? '' : `; review owed: ${review}`;
  return `${person} ${end}${alone} at ${instantText(at)} (${identityText(answer.identity)}${owed})${reason === '' ? '' : `: ${reason}`}`;
}

function identityText({ strength, osUser, fingerprint, attested }: ReportAnswer['identity']): string {
  if (attested !== undefined) {
    const { by, number, witness } = attested;
    return `${strength}: over the phone, ${number} called by ${by} (OS user ${attested.osUser}), ${witness} listened`;
  }
  const who = fingerprint ?? (osUser === undefined ? '' : `OS user ${osUser}`);
  return who === '' ? strength : `${strength}, ${who}`;
}

export function openingText(opening: GateOpening): string {
  const marks = [
    ...(opening.red.length === 0 ? [] : [`red: ${opening.red.join(', ')}`]),
    ...(opening.attention.length === 0 ? [] : [`attention: ${opening.attention.join(', ')}`]),
  ];
  return `opened ${instantText(opening.openedAt)}, statement ${opening.digest.slice(0, 12)}${marks.length === 0 ? '' : ` (${marks.join('; ')})`}`;
}

export function settledText({ settled }: ReportObligation, { others }: RecordFacts): string {
  if (settled === undefined) return others === undefined ? 'open at the end of this record' : 'open';
  const { by, at, run, seq, reason } = settled;
  const where = run === undefined ? `event ${String(seq)}` : `event ${String(seq)} of run ${run}`;
  return `settled by ${by} at ${instantText(at)} (${where}): ${reason}`;
}

/** What is owed, and since which run where it is not this one. */
export function owedText({ text, run }: ReportObligation): string {
  return run === undefined ? text : `${text} (owed since run ${run})`;
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
    ['Decisions attested over the phone', String(record.attestedAnswers)],
    ['Decisions by OS user alone', String(record.otherAnswers)],
    ['Words refused', String(record.refusedWords)],
    ['Copies of the record', record.copies.length === 0 ? 'none on record' : record.copies.join('; ')],
    ['Anchors outside the store', record.anchors.map((one) => anchorText(run, one)).join('; ') || 'none on record'],
    ['Events no anchor reaches', unanchoredText(record)],
    ...(record.others === undefined || record.others.length === 0
      ? []
      : [['Other runs of the site read for it', record.others.map(headText).join('; ')] as const]),
  ];
}

export const howToCheck = (run: string): readonly string[] => [
  `drp report --verify FILE: whether this file is what the journal says, byte for byte`,
  `drp audit verify --run ${run} --allowed-signers SIGNERS: whether the journal was touched, and who signed`,
  `drp audit show --run ${run}: every event; numbers in this report are theirs`,
];

function anchorText(run: string, { kind, name, seq, upToSeq, hash }: RecordFacts['anchors'][number]): string {
  const words = { command: 'command', message: 'message of step', signature: 'signature of' };
  return `${words[kind]} ${name} (event ${String(seq)}): ${run} ${String(upToSeq)}:${hash.slice(0, 12)}`;
}

function unanchoredText({ unanchored, anchoredUpToSeq, head }: RecordFacts): string {
  if (unanchored === 0) return '0';
  return `${String(unanchored)}, events ${String(anchoredUpToSeq + 1)} to ${String(head.seq)}: they rest on whoever keeps the journal`;
}

function headText({ run, seq, hash }: RecordHead): string {
  return `${run} up to event ${String(seq)}, ${hash.slice(0, 12)}`;
}

/** How much of the site's other runs stands in this report. */
export function obligationsCaveat({ others }: RecordFacts): string {
  return others === undefined
    ? 'As the record of this run has it: no other run of the site was looked at, and a later one may have settled what is open.'
    : 'As the journal had it when this report was made: what another run of the site settled is shown with that run.';
}

export const standardsCaveat =
  'Where this report holds what a standard asks of such a record. It is no certificate: much of each standard is about what happens outside a run.';

/** Stands at the head of every report that is text: what `report --verify` finds it by. */
export function reportMark({ format, run, record }: Report): string {
  const name = (text: string): string => text.replaceAll(/[^\w.-]/g, '?');
  const { head, others } = record;
  const beside = others?.map((one) => ` with ${name(one.run)} ${String(one.seq)}:${one.hash}`).join('') ?? ' alone';
  return `${format} run ${name(run)} event ${String(head.seq)} head ${head.hash}${beside}`;
}
