import { formatDuration } from '../../base/duration.ts';
import { stepsOf } from '../../plan/phases.ts';
import type { Plan } from '../../plan/plan.ts';
import type { PlanStation } from '../plan-text.ts';
import { esc } from '../report/html-parts.ts';
import { bookletStyle } from './booklet-style.ts';
import { bullets, commands, fields, heading, paragraph, table, ticked } from './paper.ts';
import { overviewPart, stationPart, type BookletPoint } from './stations.ts';
import { backupsPart, contactsPart, dnsPart, hostsPart } from './world.ts';

export interface BookletParts {
  readonly plan: Plan;
  readonly stations: readonly PlanStation[];
  readonly points: readonly BookletPoint[];
  /** Version of drp that made it. */
  readonly version: string;
}

/** Empty lines at the end of the log, for what nobody foresaw. */
const spareRows = 24;

/**
 * The procedure on paper: one page that needs nothing from anywhere, for a person who has no drp. The same plan and version
 * give the same bytes. No secret is in it, only where each lies.
 */
export function bookletHtml({ plan, stations, points, version }: BookletParts): string {
  const title = `${plan.procedure} of site ${plan.site}, on paper`;
  const straight = stations.filter(({ aside }) => !aside);
  const aside = stations.filter((station) => station.aside);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${esc(title)}</title>
<style>${bookletStyle}@page { @bottom-left { content: "${esc(plan.procedure)} of ${esc(plan.site)}, plan ${plan.digest.slice(0, 12)}"; font: 8pt sans-serif; } }
</style>
</head>
<body>
${[
  cover({ plan, version }),
  overviewPart(plan, stations, points),
  contactsPart(plan),
  hostsPart(plan),
  backupsPart(plan),
  heading('Step by step', true),
  ...straight.map((station) => stationPart(plan, station, points)),
  dnsPart(plan),
  ...(aside.length === 0 ? [] : [heading('Ways back: only when decided', true)]),
  ...aside.map((station) => stationPart(plan, station, points)),
  logPart(plan, straight),
  attestPart(plan),
]
  .filter((part) => part !== '')
  .join('\n')}
</body>
</html>
`;
}

const howToUse: readonly string[] = [
  'Two people: one types, one reads out, ticks and writes the time. Times are UTC.',
  'Choose a name for this run, such as paper1 (small letters and digits, nothing else), and write it below. Wherever <run> stands in a command, type that name. What else stands in <…> is explained at its step.',
  'Gates stop: nothing behind one is done before its form is filled in and signed by who may. The word is written out by hand: it is where users will be sent to.',
  'Log in as printed, compare host key and identity first. Type commands as they stand; where a line begins with a host and a colon, what stands behind it is typed there.',
  'A step is done when what stands under “Done when” was seen, not when the command ended. Write down what was seen.',
  'When anything is in doubt, stop and call. Late is better than twice.',
  'Afterwards bring it back into the record: drp attest, as the last page says.',
];

function cover({ plan, version }: Pick<BookletParts, 'plan' | 'version'>): string {
  const { objectives, service } = plan.world;
  const side = (name: 'production' | 'recovery'): string => {
    const { host, address } = service[name];
    return `${host}, ${address}, ${plan.world.hosts[host]?.datacentre ?? '?'}`;
  };
  const drill = plan.procedure === 'drill';
  return [
    drill ? '<p class="band">EXERCISE EXERCISE EXERCISE: nothing live is touched</p>' : '',
    `<h1>${esc(plan.procedure.toUpperCase())} of site ${esc(plan.site)}</h1>`,
    paragraph(`${plan.title}. This booklet is enough to carry it out without drp.`),
    table(
      'What this was made from',
      ['', ''],
      [
        ['Runbook', `${plan.runbook.file}\nsha256 ${plan.runbook.sha256}`],
        ['Plan', `sha256 ${plan.digest}`],
        ['Made by', `drp ${version}`],
        ['Printed', 'on ________________ (UTC) by ________________'],
        ['Service', `${service.name}, ${service.url}`],
        ['Production', side('production')],
        ['Recovery', side('recovery')],
        [
          'Objectives',
          `users served again within ${formatDuration(objectives.rtoMs)}; loss of files ${formatDuration(objectives.filesLossMs)}, of databases ${formatDuration(objectives.databaseLossMs)}`,
        ],
      ],
    ),
    paragraph(
      'Is it still the right one? sha256sum of the runbook must be the one above; drp plan --json names the digest of the plan.',
    ),
    '<h3>How to use it</h3>',
    bullets(howToUse, true),
    '<div class="box">',
    '<h3>The situation</h3>',
    fields([
      'Run (name)',
      'Since (UTC)',
      '!What happened',
      'Ordered by',
      '!How the order came, and on which number it was called back',
    ]),
    paragraph('Datacentres that are lost (their backups are not used):'),
    ticked([...Object.keys(plan.world.datacentres), 'none']),
    fields(['Who types', 'Who writes']),
    '</div>',
  ].join('\n');
}

function logPart(plan: Plan, stations: readonly PlanStation[]): string {
  const names = stations.flatMap(({ kind, name }) =>
    kind === 'gate'
      ? [`GATE ${name}`]
      : (plan.phases[name] ?? []).flatMap(({ steps }) =>
          steps.map((step) => `${step.kind === 'gate' ? 'GATE ' : ''}${step.id}`),
        ),
  );
  const rows = names.map((name, at) => [String(at + 1), name, '', '', '', '']);
  const spare = Array.from({ length: spareRows }, () => ['', '', '', '', '', '']);
  return [
    heading('Log', true),
    paragraph('One line for everything that was done, also what failed and what was done besides. UTC.'),
    '<div class="log">',
    table(
      'Log of run ____________________',
      ['No', 'Step or gate', 'Began', 'Ended', 'By', 'What was seen'],
      [...rows, ...spare],
    ),
    '</div>',
  ].join('\n');
}

function attestPart(plan: Plan): string {
  const work = stepsOf(plan).find(({ kind }) => kind !== 'gate');
  const [gate] = Object.keys(plan.gates);
  return [
    heading('Bring it back into the record', true),
    paragraph(
      'Type the log as a form like this, one entry for each line in the order it was done, and keep the paper: its photograph goes with it.',
    ),
    commands([
      'drp-attest: 1',
      `procedure: ${plan.procedure}`,
      'situation: { what: fire, since: 2026-11-21T14:03Z, lost: [], orderedBy: NAME, orderedHow: called back }',
      'entries:',
      ...(gate === undefined
        ? []
        : [
            `  - { gate: ${gate}, at: 2026-11-21T14:20Z, by: NAME, reason: 'form 1, called back on NUMBER, heard by NAME' }`,
          ]),
      ...(work === undefined
        ? []
        : [`  - { step: ${work.id}, at: 2026-11-21T14:31Z, by: NAME, evidence: what was seen }`]),
    ]),
    paragraph('A run that was driven by drp, of which one step, or the whole rest, was done by hand:'),
    commands([
      'drp attest STEP --run RUN --done-at TIME --by NAME --evidence TEXT',
      'drp attest --run RUN --form log.yaml --on-paper',
    ]),
    paragraph('A run that was done on paper from its beginning:'),
    commands([`drp attest --site ${plan.site} --form log.yaml`]),
  ].join('\n');
}
