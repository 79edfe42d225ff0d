import { formatDuration } from '../base/duration.ts';
import { isStraightOn } from '../plan/phases.ts';
import { printableLine } from './escape.ts';
import { instantText } from './instants.ts';
import { facts, fold, table, wrap } from './layout.ts';
import { lossesText } from './losses.ts';
import { placeText } from './machine-state.ts';
import { progressText, stepStateText } from './progress-text.ts';
import { recoveryClock } from './recovery-clock.ts';
import {
  elapsedMs,
  stuckSteps,
  workingSteps,
  type GateSummary,
  type RunSummary,
  type StepSummary,
} from './run-summary.ts';
import type { Style } from './style.ts';
import { workAhead } from './work-ahead.ts';

/** Where a site stands; the shape of executor/site, which this folder may not import. */
export interface SiteStanding {
  readonly site: string;
  readonly serving: 'production' | 'recovery';
  readonly servingSinceAt?: string;
  readonly obligations: readonly {
    readonly id: string;
    readonly run: string;
    readonly kind: string;
    readonly text: string;
    readonly sinceAt: string;
  }[];
}

export interface StatusView {
  /** Phases from which users may be sent back now, though nothing asks about it. */
  readonly switchBackFrom?: readonly string[];
  /** What may be said now, by step, gate or phase; where it is not known, every answer a step may take is named. */
  readonly answers?: ReadonlyMap<string, readonly string[]>;
  /** Of a return: since when users cannot write on either side. */
  readonly frozenSinceAt?: string;
  readonly nowMs: number;
  readonly width: number;
  readonly style: Style;
  readonly journal: string;
  readonly site?: SiteStanding;
  /** Words that were left for the run and that no driver has heard yet. */
  readonly unheard?: readonly {
    readonly verb: string;
    readonly decision?: string;
    readonly subject: string;
    readonly osUser: string;
    readonly sinceAt: string;
  }[];
  /** Lessons past the day they were due, as lines. */
  readonly pastDue?: readonly string[];
  /** What the site's activation owes to rehearsal, a line each. */
  readonly rehearsal?: readonly string[];
  /** Whether the driver of the journal still lives, as far as this machine can tell. */
  readonly driven?: 'driven' | 'not-driven' | 'unknown';
}

/** A watch this long is a danger of its own: as long as a shift. */
const tiredAfterMs = 8 * 3_600_000;

/** A run at a glance: what is under way, what waits for whom, what to type. */
export function statusText(summary: RunSummary, view: StatusView): string {
  const lines = [
    headline(summary, view),
    ...facts(clockFacts(summary, view), view.width, '  '),
    ...section('Now', nowLines(summary, view), view),
    ...section('Waits for a person', waitingLines(summary, view), view),
    ...section('Said, not heard yet', unheardLines(summary, view), view),
    ...section('Also possible', alsoLines(summary, view), view),
    ...section('Steps', stepTable(summary, view), view),
    ...section('Gates', gateTable(summary, view.width), view),
    ...section(
      'Notes',
      summary.notes.map((note) => `  ${instantText(note.at)}  ${note.person}: ${noteText(note.text)}`),
      view,
    ),
    ...(view.site === undefined ? [] : siteLines(view.site, view)),
    ...(view.pastDue ?? []),
    ...(view.rehearsal ?? []).flatMap((line, at) =>
      wrap(`${at === 0 ? '  ' : '    '}${printableLine(line)}`, view.width, '  '),
    ),
  ];
  return `${fold(lines.join('\n'), view.width)}\n`;
}

/** A note may be a whole log: its beginning tells which one it is. */
function noteText(text: string): string {
  const line = printableLine(text);
  return line.length <= noteMost ? line : `${line.slice(0, noteMost)} … (whole: drp audit show)`;
}
const noteMost = 300;

/** Where a site stands, for a site without a run to show, and at the foot of every status. */
export function siteLines(site: SiteStanding, view: Pick<StatusView, 'width' | 'style'>): string[] {
  const since = site.servingSinceAt === undefined ? '' : ` since ${instantText(site.servingSinceAt)}`;
  return [
    '',
    view.style.bold(`Site ${site.site}`),
    `  by the record, users are sent to ${site.serving}${since}`,
    ...(site.obligations.length === 0
      ? ['  nothing is owed']
      : site.obligations.flatMap((one) => [
          ...wrap(
            `  ${view.style.attention('owed')} ${one.id} (${one.kind}, since ${instantText(one.sinceAt)}): ${printableLine(one.text.split('\n')[0] ?? '')}`,
            view.width,
            '  ',
          ),
          `    settle: drp obligation settle ${one.id} --reason TEXT`,
        ])),
  ];
}

function headline(summary: RunSummary, view: StatusView): string {
  const mode = summary.mode === 'real' ? '' : ` [${summary.mode.toUpperCase()}]`;
  return `${view.style.bold(`${summary.procedure} of ${summary.site}`)}, run ${view.style.bold(summary.run)}${mode}: ${standing(summary, view)}`;
}

function standing(summary: RunSummary, view: StatusView): string {
  const { style } = view;
  if (summary.outcome !== undefined) {
    return summary.outcome === 'completed' ? style.good('completed') : style.attention(summary.outcome);
  }
  if (askingSteps(summary, view).length > 0) return style.bad(`needs a decision in ${placeText(summary.at)}`);
  const open = summary.gates.filter((gate) => ['open', 'unready', 'rejected'].includes(gate.state));
  if (open.length > 0) return style.attention(`at gate ${open.map((gate) => gate.id).join(', ')}`);
  return `in ${placeText(summary.at)}`;
}

function clockFacts(summary: RunSummary, view: StatusView): (readonly [string, string])[] {
  const elapsed = elapsedMs(summary, view.nowMs);
  const waiting =
    summary.waitedMs +
    (summary.waitingSinceAt === undefined || summary.outcome !== undefined
      ? 0
      : Math.max(0, view.nowMs - Date.parse(summary.waitingSinceAt)));
  const recovery = recoveryClock(summary, view.nowMs);
  const { situation, losses } = summary;
  const ahead = workAhead(summary, view.nowMs);
  const pairs: (readonly [string, string])[] = [
    ['began', `${instantText(summary.beganAt)} by ${summary.startedBy}`],
    ['elapsed', `${formatDuration(elapsed)}; waited for people ${formatDuration(waiting)} of it`],
  ];
  if (recovery !== undefined) {
    const over = recovery.overMs > 0 ? ` (${view.style.bad(`OVER by ${formatDuration(recovery.overMs)}`)})` : '';
    pairs.push(['recovery', `${recovery.text}${over}, since the disaster began`]);
  }
  if (view.frozenSinceAt !== undefined) {
    const frozenMs = Math.max(0, view.nowMs - Date.parse(view.frozenSinceAt));
    pairs.push(['frozen', `users cannot write since ${instantText(view.frozenSinceAt)} (${formatDuration(frozenMs)})`]);
  }
  if (ahead !== undefined) pairs.push(['ahead', ahead]);
  if (situation !== undefined) {
    const lost = situation.lost.length === 0 ? 'no datacentre lost' : `lost: ${situation.lost.join(', ')}`;
    pairs.push(['situation', printableLine(`${situation.what}, since ${instantText(situation.sinceAt)}, ${lost}`)]);
    pairs.push(['ordered', printableLine(`by ${situation.orderedBy}, ${situation.orderedHow}`)]);
  }
  const aborted = summary.outcome === 'aborted';
  const lossText = lossesText(losses, view.style, aborted ? {} : summary.lossLimits);
  if (lossText !== '') pairs.push(['loss', aborted ? `${lossText}; had the run completed` : lossText]);
  if (summary.watch !== undefined && summary.outcome === undefined)
    pairs.push(['watch', watchText(summary.watch, view)]);
  if (summary.copies !== undefined) pairs.push(['copies', copiesText(summary.copies)]);
  if (summary.anchoredUpToSeq !== undefined && summary.mode !== 'dry-run')
    pairs.push(['anchors', anchorsText(summary, summary.anchoredUpToSeq)]);
  if (summary.driver !== undefined) pairs.push(['driver', driverText(summary, view)]);
  const head = `event ${summary.head.seq}, head ${summary.head.hash.slice(0, 12)}`;
  pairs.push(['record', `${view.journal}, ${head}, chain not verified (drp audit verify)`]);
  return pairs;
}

function watchText(watch: NonNullable<RunSummary['watch']>, view: StatusView): string {
  const onWatchMs = Math.max(0, view.nowMs - Date.parse(watch.sinceAt));
  const handed = watch.from === undefined ? '' : `, from ${watch.from}: ${printableLine(watch.note ?? '')}`;
  const tired =
    onWatchMs < tiredAfterMs
      ? ''
      : `; ${view.style.attention(`on watch for ${formatDuration(onWatchMs)}: rest, and hand over`)} with: drp handover --to PERSON --note TEXT`;
  return `${watch.person} since ${instantText(watch.sinceAt)} (${formatDuration(onWatchMs)})${handed}${tired}`;
}

function copiesText({ hosts, missed, upToSeq }: NonNullable<RunSummary['copies']>): string {
  const rest = missed.length === 0 ? '' : `, not on ${missed.join(', ')}`;
  return `of the record up to event ${upToSeq} on ${hosts.length} of ${hosts.length + missed.length} hosts (${hosts.join(', ') || 'none'}${rest})`;
}

/** How much of the record nothing outside its store vouches for yet. */
function anchorsText({ head }: RunSummary, upToSeq: number): string {
  const left = Math.max(0, head.seq - upToSeq);
  const reach = upToSeq === 0 ? 'none yet' : `up to event ${upToSeq}`;
  return `${reach}; ${left === 1 ? '1 event is' : `${left} events are`} not anchored`;
}

function driverText(summary: RunSummary, view: StatusView): string {
  if (summary.driver === undefined) return 'none yet';
  const { driver, attached } = summary.driver;
  const who = `${driver.osUser} on ${driver.machine}, pid ${driver.pid}`;
  if (summary.outcome !== undefined) return who;
  if (!attached || view.driven === 'not-driven') {
    return `${view.style.attention('nobody drives it now')} (last: ${who}); go on with: drp resume --run ${summary.run}`;
  }
  return who;
}

function section(title: string, lines: readonly string[], view: StatusView): string[] {
  return lines.length === 0 ? [] : ['', view.style.bold(title), ...lines];
}

function nowLines(summary: RunSummary, view: StatusView): string[] {
  return workingSteps(summary).flatMap((step) => {
    const progress = step.progress === undefined ? '' : progressText(step.progress, view.nowMs, step.estimate?.course);
    return [
      ...wrap(
        `  ${step.id}${step.hosts.length === 0 ? '' : ` on ${step.hosts.join(', ')}`}: ${stepStateText(step, view.nowMs)}`,
        view.width,
        '  ',
      ),
      ...(progress === '' ? [] : wrap(`    ${progress}`, view.width)),
    ];
  });
}

function waitingLines(summary: RunSummary, view: StatusView): string[] {
  if (summary.outcome !== undefined) return [];
  const gates = summary.gates.flatMap((gate) => gateWaiting(summary, gate, view));
  const steps = askingSteps(summary, view).flatMap((step) => [
    ...wrap(
      `  step ${view.style.bad(step.id)} ${stepStateText(step, view.nowMs)}: ${printableLine(step.reason ?? 'no reason known')}`,
      view.width,
      '  ',
    ),
    ...(step.hint === undefined || step.hint === '' ? [] : wrap(`    ${printableLine(step.hint)}`, view.width)),
    `    answer with: drp decide ${answersTo(step.id, view)} ${step.id} --run ${summary.run} --reason TEXT`,
  ]);
  return [...gates, ...steps];
}

/** A word is judged when a driver hears it: until then nothing has been decided. */
function unheardLines(summary: RunSummary, { unheard = [], driven }: StatusView): string[] {
  if (summary.outcome !== undefined || unheard.length === 0) return [];
  return [
    ...unheard.map(({ verb, decision, subject, osUser, sinceAt }) => {
      const what = [verb, decision, subject].filter((part) => part !== undefined && part !== '').join(' ');
      return `  ${printableLine(what)}, left by ${osUser} at ${instantText(sinceAt)}`;
    }),
    ...(driven === 'driven' ? [] : [`    judged with the next: drp resume --run ${summary.run}`]),
  ];
}

/** Stuck steps of a phase the run has left ask nothing any more. */
function askingSteps(summary: RunSummary, { answers }: StatusView): readonly StepSummary[] {
  return stuckSteps(summary).filter((step) => answers === undefined || answers.has(step.id));
}

function answersTo(step: string, { answers }: StatusView): string {
  return (answers?.get(step) ?? ['retry', 'skip', 'mark-done']).join('|');
}

/** Ways on from an open gate beside approving it: `reopen` at the gate that ends with nobody serving, `hold`. */
function waysAround(summary: RunSummary, gate: GateSummary, { answers }: StatusView): string[] {
  return (answers?.get(gate.id) ?? [])
    .filter((verb) => verb === 'reopen' || verb === 'hold')
    .map((verb) => `    or: drp decide ${verb} ${gate.id} --run ${summary.run} --reason TEXT`);
}

function alsoLines(summary: RunSummary, view: StatusView): string[] {
  const back = (view.switchBackFrom ?? []).flatMap((phase) => [
    '  switch-back: send users back to where they were (a gate of its own follows)',
    `    with: drp decide switch-back ${phase} --run ${summary.run} --reason TEXT`,
  ]);
  if (summary.at !== 'switch-back' || view.answers?.get('switch-back')?.includes('hold') !== true) return back;
  return [
    ...back,
    '  hold: not back after all; the switchover that was approved is walked again',
    `    with: drp decide hold switch-back --run ${summary.run} --reason TEXT`,
  ];
}

function gateWaiting(summary: RunSummary, gate: GateSummary, view: StatusView): string[] {
  const who = `${gate.approvals === 1 ? 'one' : gate.approvals} ${gate.roles.join(' or ')}${gate.notTheStarter ? `, not ${summary.startedBy}` : ''}`;
  switch (gate.state) {
    case 'open':
      return [
        ...wrap(
          `  gate ${view.style.attention(gate.id)}: ${printableLine(gate.title)}; ${who}; open since ${instantText(gate.openedAt ?? '')}`,
          view.width,
          '  ',
        ),
        ...gate.answers.map((answer) => `    ${answer.person} said ${answer.decision} at ${instantText(answer.at)}`),
        `    statement ${gate.digest?.slice(0, 12) ?? '?'}; answer with:`,
        `      drp approve ${gate.id} --run ${summary.run}`,
        ...waysAround(summary, gate, view),
      ];
    case 'unready':
      return [
        ...wrap(
          `  gate ${view.style.bad(gate.id)}: its evidence could not be gathered: ${printableLine(gate.reason ?? '')}`,
          view.width,
          '  ',
        ),
        `    try again with: drp decide renew ${gate.id} --run ${summary.run} --reason TEXT`,
      ];
    case 'rejected': {
      const last = gate.answers.at(-1);
      return [
        ...wrap(
          `  gate ${view.style.bad(gate.id)}: rejected by ${last?.person ?? '?'}: ${printableLine(last?.reason ?? '')}`,
          view.width,
          '  ',
        ),
        `    show it again with: drp decide renew ${gate.id} --run ${summary.run} --reason TEXT`,
        `    end with: drp abort --run ${summary.run} --reason TEXT`,
      ];
    }
    default:
      return [];
  }
}

const marks: Readonly<Record<StepSummary['state'], string>> = {
  pending: ' ',
  running: '>',
  overdue: '>',
  backoff: '~',
  stopping: '>',
  'stop-failed': '!',
  stopped: '-',
  failed: '!',
  'in-doubt': '?',
  done: '+',
  skipped: '-',
};

function stepTable(summary: RunSummary, view: StatusView): string[] {
  const walked = summary.phases.filter(
    // Ways back are shown once they have begun: most runs never take them.
    (phase) => isStraightOn(phase.name) || phase.steps.some((step) => step.state !== 'pending'),
  );
  const rows = walked.flatMap((phase) =>
    phase.steps.map((step, at) => [
      at === 0 ? phase.name : '',
      `${marks[step.state]} ${step.id}`,
      (step.state === 'pending' && summary.outcome !== undefined
        ? 'its turn never came'
        : stepStateText(step, view.nowMs)) + (step.attempts > 1 ? `, attempt ${step.attempts}` : ''),
    ]),
  );
  return table(rows, '  ', view.width);
}

function gateTable(summary: RunSummary, width: number): string[] {
  const passed = summary.gates.filter((gate) => gate.state === 'passed');
  // In the order they were answered, then what was walked around.
  const behind = [
    ...passed.toSorted((one, other) => answeredAt(one).localeCompare(answeredAt(other))),
    ...summary.gates.filter((gate) => gate.state === 'left'),
  ];
  return table(
    behind.map((gate) => [
      `${gate.state === 'passed' ? '+' : '-'} ${gate.id}`,
      gate.state === 'left'
        ? 'not passed: the run went another way'
        : gate.answers
            .map(
              (answer) =>
                `${answer.decision} by ${answer.person} at ${instantText(answer.at)} (${answer.identity.strength})`,
            )
            .join('; '),
    ]),
    '  ',
    width,
  );
}

function answeredAt(gate: RunSummary['gates'][number]): string {
  return gate.answers.at(-1)?.at ?? '';
}
