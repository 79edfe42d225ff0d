import { formatDuration } from '../../base/duration.ts';
import { betweenMs, instantText } from '../instants.ts';
import { inOneLine } from '../layout.ts';
import { esc, escLines, grid, pairs, paragraph, section } from './html-parts.ts';
import { reportStyle } from './html-style.ts';
import { drawTimeline } from './html-timeline.ts';
import { sections, type Objective, type Report } from './report.ts';
import {
  answerText,
  durationText,
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

/** The report as one HTML page that needs nothing from anywhere. The same report gives the same bytes. */
export function reportHtml(report: Report): string {
  const title = esc(titleText(report));
  const nature = `${esc(report.nature.label)} <span>– ${esc(report.nature.text)}</span>`;
  const links = Object.entries(sections).map(([id, name]) => `<li><a href="#${id}">${esc(name)}</a></li>`);
  return `<!doctype html>
<!-- ${reportMark(report)} -->
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}</title>
<style>${reportStyle}@media print { @page { @top-left { content: "${report.nature.label}"; font: bold 9pt sans-serif; } @bottom-right { content: counter(page); font: 8pt sans-serif; } } }
</style>
</head>
<body>
<a class="skip" href="#main">To the report</a>
<header>
<p class="nature ${report.mode}">${nature}</p>
<h1>${title}</h1>
</header>
<nav aria-label="Contents">
<ul>
${links.join('\n')}
</ul>
</nav>
<main id="main">
${body(report).join('\n')}
</main>
<footer>
<p>${esc(report.nature.label)}. Made from events 1 to ${String(report.record.head.seq)} of run ${esc(report.run)}. Times are UTC.</p>
</footer>
</body>
</html>
`;
}

function body(report: Report): readonly string[] {
  return [
    section('summary', summary(report)),
    section('situation', pairs(situationFacts(report))),
    section('objectives', objectives(report)),
    section('timeline', drawTimeline(report.timeline)),
    section('steps', steps(report)),
    section('gates', gates(report)),
    section('restored', restored(report)),
    section('exceptions', exceptions(report)),
    section('obligations', obligations(report)),
    section('lessons', lessons(report)),
    section('people', people(report)),
    section('standards', standards(report)),
    section(
      'record',
      `${pairs(recordFacts(report))}\n<ul>${howToCheck(report.run)
        .map((line) => `<li>${esc(line)}</li>`)
        .join('')}</ul>`,
    ),
    section('shown', shown(report)),
  ];
}

function summary(report: Report): string {
  const lines = report.verdict.map((line) => `<li>${esc(line)}</li>`).join('\n');
  const tiles = [
    ...report.objectives.filter((one) => one.achievedMs !== undefined).map(tile),
    ...report.outages
      .filter(({ kind }) => kind === 'planned')
      .map(({ fromAt, toAt }) =>
        plainTile('Planned downtime', toAt === undefined ? 'not over' : formatDuration(betweenMs(fromAt, toAt))),
      ),
    plainTile('Waiting for people', formatDuration(report.time.waitedMs)),
  ];
  return `<ul class="verdict">\n${lines}\n</ul>\n<ul class="tiles" aria-label="Measures">\n${tiles.join('\n')}\n</ul>\n${pairs(headFacts(report))}`;
}

function tile({ name, achievedMs, objectiveMs, verdict }: Objective): string {
  return `<li class="${verdict}"><span>${esc(name)}</span><b>${esc(durationText(achievedMs))}</b><span>of ${esc(formatDuration(objectiveMs))}</span><span class="said">${verdict}</span></li>`;
}

function plainTile(name: string, value: string): string {
  return `<li><span>${esc(name)}</span><b>${esc(value)}</b></li>`;
}

function objectives({ objectives: aims, outages, time }: Report): string {
  return [
    grid({
      caption: 'Aims and what was achieved',
      heads: ['Objective', 'Aim', 'Achieved', 'Verdict', 'How it was measured', 'Events'],
      rows: aims.map((one) => [...objectiveRow(one), one.events.join(', ')]),
      mark: (row) => (row[3] === 'missed' ? 'missed' : ''),
    }),
    grid({
      caption: 'Downtime',
      heads: ['Downtime', 'From', 'To', 'Length', 'How it ended', 'Events'],
      rows: outages.map((one) => [...outageRow(one), one.events.join(', ')]),
      none: 'No downtime is on record in this run.',
    }),
    '<h3>Where the time went</h3>',
    pairs(timeFacts(time)),
  ].join('\n');
}

function steps({ steps: walked, notWalked }: Report): string {
  const rest = notWalked.length === 0 ? '' : `\n<p>Their turn never came: ${esc(notWalked.join(', '))}.</p>`;
  return `${grid({
    caption: 'Steps in the order they began',
    heads: stepHeads,
    rows: walked.map(stepRow),
    named: 1,
  })}${rest}`;
}

function gates(report: Report): string {
  const shownGates = report.gates.map((gate) => {
    const openings = gate.openings.map((opening) => {
      const answers = opening.answers.map(
        (answer) => `<li>Event ${String(answer.seq)}: ${esc(answerText(answer))}</li>`,
      );
      return `<li>Event ${String(opening.seq)}: ${esc(openingText(opening))}, <a href="#shown-${String(opening.seq)}">what it showed<span class="skip"> at gate ${esc(gate.id)}, event ${String(opening.seq)}</span></a>${answers.length === 0 ? '' : `\n<ul>${answers.join('')}</ul>`}</li>`;
    });
    return `<article class="gate"><h3>${esc(gate.id)}: ${esc(gate.title)}</h3>
<p>${esc(gate.state)}, waited ${esc(formatDuration(gate.waitedMs))} for people. May approve: ${esc(gate.policy)}.</p>
<ul>${openings.join('\n')}</ul></article>`;
  });
  return shownGates.length === 0 ? paragraph('No gate was opened.') : shownGates.join('\n');
}

function restored({ restored: { backups, checks } }: Report): string {
  if (backups.length + checks.length === 0) return paragraph('Nothing was restored in this run.');
  return [
    grid({
      caption: 'Backups, as chosen and approved',
      heads: ['Backup', 'Kind', 'Copy', 'Taken', 'Loss', 'Objective', 'SHA-256', 'Event'],
      rows: backups.map((one) => [
        ...[one.backup, one.kind, one.from, instantText(one.takenAt)],
        ...[formatDuration(one.lossMs), formatDuration(one.objectiveMs), one.sha256, String(one.seq)],
      ]),
      none: 'No backup was chosen in this run.',
    }),
    grid({
      caption: 'Read back from the world',
      heads: ['Event', 'Step', 'How it is verified', 'What was read back'],
      rows: checks.map((one) => [String(one.seq), one.step, one.what, inOneLine(one.lines)]),
      named: 1,
    }),
  ].join('\n');
}

function exceptions(report: Report): string {
  return grid({
    caption: 'Overrides, decisions, failures, doubts, refusals and second tries',
    heads: ['Event', 'When', 'What', 'About', 'By', 'Reason'],
    rows: report.exceptions.map((one) => [
      String(one.seq),
      instantText(one.at),
      one.kind,
      one.subject,
      one.by,
      one.text,
    ]),
    none: 'Everything went as planned: no override, skip, failure, doubt, refusal or second try.',
  });
}

function obligations(report: Report): string {
  const caveat = report.obligations.length === 0 ? '' : `${paragraph(obligationsCaveat(report.record))}\n`;
  return `${caveat}${obligationsGrid(report)}`;
}

function obligationsGrid(report: Report): string {
  return grid({
    caption: 'What the site owes, or owed',
    heads: ['Event', 'Obligation', 'Kind', 'What is owed', 'State'],
    rows: report.obligations.map((one) => [
      ...[String(one.seq), one.id, one.kind, owedText(one), settledText(one, report.record)],
    ]),
    none: 'None: nothing was left open.',
    mark: (row) => (row[4]?.startsWith('open') === true ? 'open' : ''),
    named: 1,
  });
}

function lessons(report: Report): string {
  const table = grid({
    caption: 'What should be better next time',
    heads: ['Event', 'Lesson', 'What should be better', 'Owner', 'Due', 'Noted by', 'State'],
    rows: report.lessons.map((one) => [
      ...[String(one.seq), one.id, one.text, one.owner, one.dueAt.slice(0, 10), one.by],
      one.closed === undefined
        ? 'open'
        : `closed by ${one.closed.by} at ${instantText(one.closed.at)} (event ${String(one.closed.seq)}): ${one.closed.reason}`,
    ]),
    none: 'None on record yet.',
    named: 1,
  });
  if (report.notes.length === 0) return table;
  const notes = report.notes.map(
    ({ seq, at, person, text }) =>
      `<li>Event ${String(seq)}, ${esc(instantText(at))}, ${esc(person)}: ${esc(text)}</li>`,
  );
  return `${table}\n<h3>Notes taken on the way</h3>\n<ul>${notes.join('\n')}</ul>`;
}

function people(report: Report): string {
  return [
    grid({
      caption: 'People of the plan, and what each did',
      heads: ['Person', 'Name', 'Roles', 'What they did (event)'],
      rows: report.people.map((one) => [
        ...[one.person, one.name, one.roles.join(', ')],
        one.acts.map((act) => `${act.text} (${String(act.seq)})`).join('; '),
      ]),
    }),
    grid({
      caption: 'Where drp ran',
      heads: ['Event', 'Driven by', 'Machine', 'From', 'To', 'Began as', 'Ended'],
      rows: report.drivers.map((one) => [
        ...[String(one.seq), one.osUser, one.machine, instantText(one.fromAt), instantText(one.toAt)],
        ...[one.reason, one.end],
      ]),
    }),
  ].join('\n');
}

function standards(report: Report): string {
  const rows = report.standards.map((one) => [
    ...[one.asks, one.standard, one.met],
    ...[one.section === undefined ? '–' : sections[one.section], one.note],
  ]);
  return `${paragraph(standardsCaveat)}\n${grid({
    caption: 'Demand and answer',
    heads: ['What it asks', 'Standard', 'Met', 'Where', 'Note'],
    rows,
  })}`;
}

function shown(report: Report): string {
  const statements = report.gates.flatMap((gate) =>
    gate.openings.map(
      (opening) => `<h3 id="shown-${String(opening.seq)}">${esc(gate.id)}, event ${String(opening.seq)}</h3>
<p>Statement digest ${esc(opening.digest)}</p>
<pre>${escLines(opening.text)}</pre>`,
    ),
  );
  return statements.length === 0 ? paragraph('No gate was opened.') : statements.join('\n');
}
