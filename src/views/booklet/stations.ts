import { formatDuration } from '../../base/duration.ts';
import type { Plan, PlannedGate, PlannedLane, PlannedStep } from '../../plan/plan.ts';
import { whoMayPass, type PlanStation } from '../plan-text.ts';
import { esc } from '../report/html-parts.ts';
import { byHand, doByHand } from './by-hand.ts';
import { bullets, command, commands, fields, heading, labelled, paragraph, ticked } from './paper.ts';
import { loginTo } from './world.ts';

/** What passing a gate lets happen, and what of it can be taken back; the shape of proof/no-return. */
export interface BookletPoint {
  readonly gate: string;
  readonly undoable: readonly { readonly step: string; readonly undo: string }[];
  readonly irreversible: readonly string[];
  readonly lasting: readonly string[];
}

/** One gate or phase of the procedure, in the order it is met. */
export function stationPart(plan: Plan, station: PlanStation, points: readonly BookletPoint[]): string {
  if (station.kind === 'gate') {
    const gate = plan.gates[station.name];
    return gate === undefined ? '' : gateForm(plan, gate, points);
  }
  const lanes = plan.phases[station.name] ?? [];
  if (lanes.every(({ steps }) => steps.length === 0)) return '';
  const beside =
    lanes.length > 1
      ? [
          `<p class="keep">${esc(`Lanes ${lanes.map(({ name }) => name).join(' and ')} may run beside each other: one person each.`)}</p>`,
        ]
      : [];
  return [
    `<h3>Phase ${esc(station.name)}</h3>`,
    ...beside,
    ...lanes.flatMap((lane) => lanePart(plan, lane, { titled: lanes.length > 1, points })),
  ].join('\n');
}

function lanePart(
  plan: Plan,
  lane: PlannedLane,
  shown: { readonly titled: boolean; readonly points: readonly BookletPoint[] },
): readonly string[] {
  return [
    ...(shown.titled ? [`<p class="label">Lane ${esc(lane.name)}</p>`] : []),
    ...lane.steps.map((step) => {
      const gate = step.kind === 'gate' ? plan.gates[step.id] : undefined;
      return gate === undefined ? stepForm(plan, step) : gateForm(plan, gate, shown.points);
    }),
  ];
}

function stepForm(plan: Plan, step: PlannedStep): string {
  const expected = step.expectMs === undefined ? '' : `about ${formatDuration(step.expectMs)}`;
  const undo = step.undo ?? (step.irreversible ? 'CANNOT BE UNDONE' : undefined);
  const failure = step.skippable ? 'It may be skipped, with a reason in the log.' : 'It may not be skipped.';
  return [
    '<div class="box step">',
    `<div class="head"><span class="tick"></span><b>${esc(step.id)}</b> <span>${esc(step.title)}</span><small>${esc(expected)}</small></div>`,
    labelled('On', commands(step.hosts.map((host) => `${host}:  ${loginTo(plan.world, host)}`))),
    doByHand(step),
    byHand(step, plan),
    labelled('Done when', paragraph(step.verifies)),
    undo === undefined ? '' : labelled('Undo', commands([undo])),
    paragraph(`If it fails: note what was said, look for the cause, then try again. ${failure}`),
    fields(['Began (UTC)', 'Ended (UTC)', 'By', '!What was seen (evidence)']),
    '</div>',
  ].join('\n');
}

function gateForm(plan: Plan, gate: PlannedGate, points: readonly BookletPoint[]): string {
  const point = points.find((one) => one.gate === gate.id);
  const final = [...(point?.irreversible ?? []).map((step) => `${step} cannot be undone`), ...(point?.lasting ?? [])];
  const approvers = Array.from({ length: gate.approvals }, (_, at) => at + 1);
  return [
    '<div class="box gate">',
    `<div class="head"><b>GATE ${esc(gate.id)}</b> <span>${esc(gate.title)}</span><small>valid ${esc(formatDuration(gate.expiresMs))} once filled in</small></div>`,
    paragraph(`May pass it: ${whoMayPass(plan, gate)}.`),
    gate.covers.length === 0
      ? ''
      : labelled('Looked at before anybody signs', bullets(gate.covers.map((id) => coveredText(plan, id)))),
    final.length === 0
      ? paragraph('What follows up to the next gate can be taken back.')
      : `<p class="warn">Cannot be taken back once this is signed: ${esc(final.join('; '))}</p>`,
    fields([
      'Run',
      `Gate: ${gate.id}`,
      `Plan: ${plan.digest.slice(0, 12)}`,
      'Opened (UTC)',
      '!Findings (what was looked at, loss of files and databases, what is red)',
    ]),
    ...approvers.map((at) =>
      [
        ticked(['approve', 'reject']),
        fields([
          `Word, written out: “${gate.word}”`,
          gate.approvals === 1 ? 'Name' : `Name (person ${String(at)} of ${String(gate.approvals)})`,
          'At (UTC)',
          'Signature',
          'Called back on (number)',
          'Second witness',
          '!Reason',
        ]),
      ].join('\n'),
    ),
    '</div>',
  ].join('\n');
}

function coveredText(plan: Plan, id: string): string {
  const step = Object.values(plan.phases)
    .flatMap((lanes) => lanes.flatMap(({ steps }) => steps))
    .find((one) => one.id === id);
  return step === undefined ? id : `${id}: ${step.title}`;
}

/** The way at a glance, with what can still be undone behind each gate. */
export function overviewPart(plan: Plan, stations: readonly PlanStation[], points: readonly BookletPoint[]): string {
  const line = ({ kind, name }: PlanStation): string => {
    if (kind === 'gate') return `GATE ${name}`;
    const steps = (plan.phases[name] ?? []).flatMap((lane) =>
      lane.steps.map((step) => `${step.kind === 'gate' ? 'GATE ' : ''}${step.id}`),
    );
    return `${name}: ${steps.join(', ') || 'nothing to do'}`;
  };
  return [
    heading('The way at a glance', true),
    bullets(stations.filter(({ aside }) => !aside).map(line), true),
    pointsTable(points),
  ].join('\n');
}

/** Behind each gate what is final, and what is taken back by which command. */
function pointsTable(points: readonly BookletPoint[]): string {
  const rows = points.flatMap(({ gate, undoable, irreversible, lasting }) => {
    const told = [
      ...irreversible.map((step) => ['', `${step}: CANNOT BE UNDONE`]),
      ...lasting.map((text) => ['', text]),
      ...undoable.map(({ step, undo }) => [undo, step]),
    ];
    return told.map(([undo = '', text = ''], at) => {
      const cells = [at === 0 ? esc(gate) : '', esc(text), undo === '' ? '–' : `<code>${command(undo)}</code>`];
      return `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`;
    });
  });
  if (rows.length === 0) return '';
  const head = ['Behind gate', 'Step, and what is final', 'Taken back by'].map(
    (text) => `<th scope="col">${text}</th>`,
  );
  return `<table class="points"><caption>Points of no return</caption><thead><tr>${head.join('')}</tr></thead><tbody>\n${rows.join('\n')}\n</tbody></table>`;
}
