import { formatDuration } from '../../base/duration.ts';
import { printable, printableLine } from '../escape.ts';
import { instantText } from '../instants.ts';
import { inOneLine } from '../layout.ts';
import { sections, type Report, type SectionId } from './report.ts';
import {
  answerText,
  headFacts,
  howToCheck,
  objectiveRow,
  obligationsCaveat,
  openingText,
  outageRow,
  owedText,
  recordFacts,
  reportMark,
  settledText,
  situationFacts,
  standardsCaveat,
  stepHeads,
  stepRow,
  timeFacts,
  titleText,
} from './words.ts';

/** The report as Markdown: one file, no reference to anything outside. The same report gives the same bytes. */
export function reportMarkdown(report: Report): string {
  return [
    `<!-- ${reportMark(report)} -->`,
    '',
    `# ${text(titleText(report))}`,
    '',
    `> **${text(report.nature.label)}.** ${text(report.nature.text)}`,
    ...part('summary', [...report.verdict.map((line) => `- ${text(line)}`), '', ...pairs(headFacts(report))]),
    ...part('situation', pairs(situationFacts(report))),
    ...part('objectives', objectives(report)),
    ...part('timeline', timeline(report)),
    ...part('steps', steps(report)),
    ...part('gates', gates(report)),
    ...part('restored', restored(report)),
    ...part('exceptions', exceptions(report)),
    ...part('obligations', obligations(report)),
    ...part('lessons', lessons(report)),
    ...part('people', people(report)),
    ...part('standards', standards(report)),
    ...part('record', [...pairs(recordFacts(report)), '', ...howToCheck(report.run).map((line) => `- ${text(line)}`)]),
    ...part('shown', shown(report)),
    '',
  ].join('\n');
}

function part(id: SectionId, lines: readonly string[]): readonly string[] {
  return ['', `## ${sections[id]}`, '', ...lines];
}

function objectives(report: Report): readonly string[] {
  const { outages } = report;
  return [
    ...grid(
      ['Objective', 'Aim', 'Achieved', 'Verdict', 'How it was measured', 'Events'],
      report.objectives.map((one) => [...objectiveRow(one), one.events.join(', ')]),
    ),
    '',
    ...(outages.length === 0
      ? ['No downtime is on record in this run.']
      : grid(
          ['Downtime', 'From', 'To', 'Length', 'How it ended', 'Events'],
          outages.map((one) => [...outageRow(one), one.events.join(', ')]),
        )),
    '',
    ...pairs(timeFacts(report.time)),
  ];
}

function timeline({ timeline: { fromAt, rows } }: Report): readonly string[] {
  const words = {
    work: 'worked',
    waiting: 'waited for people',
    trouble: 'failed or in doubt',
    evidence: 'gathered evidence',
    unattended: 'nobody drove',
  };
  return grid(
    ['Row', 'What', 'From', 'To', 'Length'],
    rows.flatMap((row) =>
      row.bars.map((bar) => [
        row.id,
        words[bar.kind],
        `+${formatDuration(Date.parse(bar.fromAt) - Date.parse(fromAt))}`,
        `+${formatDuration(Date.parse(bar.toAt) - Date.parse(fromAt))}`,
        formatDuration(Date.parse(bar.toAt) - Date.parse(bar.fromAt)),
      ]),
    ),
  );
}

function steps(report: Report): readonly string[] {
  const rows = grid(stepHeads, report.steps.map(stepRow));
  const { notWalked } = report;
  return notWalked.length === 0 ? rows : [...rows, '', `Their turn never came: ${text(notWalked.join(', '))}.`];
}

function gates(report: Report): readonly string[] {
  return report.gates.flatMap((gate) => [
    `- **${text(gate.id)}**: ${text(gate.title)}. ${text(gate.state)}, waited ${formatDuration(gate.waitedMs)}. May approve: ${text(gate.policy)}.`,
    ...gate.openings.flatMap((opening) => [
      `  - event ${String(opening.seq)}, ${text(openingText(opening))}`,
      ...opening.answers.map((answer) => `    - event ${String(answer.seq)}, ${text(answerText(answer))}`),
    ]),
  ]);
}

function restored({ restored: { backups, checks } }: Report): readonly string[] {
  if (backups.length + checks.length === 0) return ['Nothing was restored in this run.'];
  return [
    ...grid(
      ['Backup', 'Kind', 'Copy', 'Taken', 'Loss', 'Objective', 'SHA-256', 'Event'],
      backups.map((one) => [
        ...[one.backup, one.kind, one.from, instantText(one.takenAt)],
        ...[formatDuration(one.lossMs), formatDuration(one.objectiveMs), one.sha256, String(one.seq)],
      ]),
    ),
    '',
    ...grid(
      ['Event', 'Step', 'How it is verified', 'What was read back'],
      checks.map((one) => [String(one.seq), one.step, one.what, inOneLine(one.lines)]),
    ),
  ];
}

function exceptions(report: Report): readonly string[] {
  return grid(
    ['Event', 'When', 'What', 'About', 'By', 'Reason'],
    report.exceptions.map((one) => [String(one.seq), instantText(one.at), one.kind, one.subject, one.by, one.text]),
    'Everything went as planned: no override, skip, failure, doubt, refusal or second try.',
  );
}

function obligations(report: Report): readonly string[] {
  const caveat = report.obligations.length === 0 ? [] : [obligationsCaveat(report.record), ''];
  const rows = grid(
    ['Event', 'Obligation', 'Kind', 'What is owed', 'State'],
    report.obligations.map((one) => [
      ...[String(one.seq), one.id, one.kind, owedText(one), settledText(one, report.record)],
    ]),
    'None: nothing was left open.',
  );
  return [...caveat, ...rows];
}

function lessons(report: Report): readonly string[] {
  const rows = grid(
    ['Event', 'Lesson', 'What should be better', 'Owner', 'Due', 'Noted by', 'State'],
    report.lessons.map((one) => [
      ...[String(one.seq), one.id, one.text, one.owner, one.dueAt.slice(0, 10), one.by],
      one.closed === undefined
        ? 'open'
        : `closed by ${one.closed.by} at ${instantText(one.closed.at)} (event ${String(one.closed.seq)}): ${one.closed.reason}`,
    ]),
    'None on record yet.',
  );
  if (report.notes.length === 0) return rows;
  const notes = report.notes.map(
    ({ seq, at, person, text: said }) => `- event ${String(seq)}, ${instantText(at)}, ${text(person)}: ${text(said)}`,
  );
  return [...rows, '', 'Notes taken on the way:', '', ...notes];
}

function people(report: Report): readonly string[] {
  return [
    ...grid(
      ['Person', 'Name', 'Roles', 'What they did (event)'],
      report.people.map((one) => [
        ...[one.person, one.name, one.roles.join(', ')],
        one.acts.map((act) => `${act.text} (${String(act.seq)})`).join('; '),
      ]),
    ),
    '',
    ...grid(
      ['Event', 'drp was driven by', 'Machine', 'From', 'To', 'Began as', 'Ended'],
      report.drivers.map((one) => [
        ...[String(one.seq), one.osUser, one.machine, instantText(one.fromAt), instantText(one.toAt)],
        ...[one.reason, one.end],
      ]),
    ),
  ];
}

function standards(report: Report): readonly string[] {
  return [
    standardsCaveat,
    '',
    ...grid(
      ['Standard', 'What it asks', 'Met', 'Where', 'Note'],
      report.standards.map((one) => [
        ...[one.standard, one.asks, one.met],
        ...[one.section === undefined ? '–' : sections[one.section], one.note],
      ]),
    ),
  ];
}

function shown(report: Report): readonly string[] {
  return report.gates.flatMap((gate) =>
    gate.openings.flatMap((opening) => [
      `### Event ${String(opening.seq)}: ${text(gate.id)}, digest ${opening.digest}`,
      '',
      ...fenced(opening.text),
      '',
    ]),
  );
}

function fenced(content: string): readonly string[] {
  const longest = Math.max(2, ...[...content.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return [`${fence}text`, ...printable(content).trimEnd().split('\n'), fence];
}

function pairs(rows: readonly (readonly [string, string])[]): readonly string[] {
  return rows.map(([label, value]) => `- **${text(label)}**: ${text(value)}`);
}

function grid(heads: readonly string[], rows: readonly (readonly string[])[], none = 'None.'): readonly string[] {
  if (rows.length === 0) return [none];
  const line = (cells: readonly string[]): string => `| ${cells.map((cell) => text(cell) || ' ').join(' | ')} |`;
  return [line(heads), `| ${heads.map(() => '---').join(' | ')} |`, ...rows.map(line)];
}

/** Text of the record in a line of Markdown: shown, never acted on. */
function text(value: string): string {
  return printableLine(value)
    .replaceAll(/[\\`*[\]|~]/g, String.raw`\$&`)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll(/(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])/g, String.raw`\_`);
}
