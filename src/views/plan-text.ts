import { formatDuration } from '../base/duration.ts';
import type { Estimates, StepEstimate } from '../plan/estimates.ts';
import type { Plan, PlannedGate, PlannedLane, PlannedStep } from '../plan/plan.ts';
import { printableLine } from './escape.ts';
import { facts, wrap } from './layout.ts';
import type { Style } from './style.ts';

/** One station of a procedure, in the order of its skeleton. */
export interface PlanStation {
  readonly kind: 'gate' | 'phase';
  readonly name: string;
  /** Not on the straight way: reached by a switch back or an abort. */
  readonly aside: boolean;
}

export interface PlanView {
  readonly stations: readonly PlanStation[];
  /** Steps on the longest way, by expected durations, and its length. */
  readonly critical?: {
    readonly steps: readonly string[];
    readonly ms: number;
    readonly lateMs?: number;
    /** The same steps one after another. */
    readonly sequentialMs: number;
  };
  /** What drills and runs tell of the steps' times. */
  readonly estimates?: Estimates;
  /** What the plan owes to rehearsal. */
  readonly rehearsal?: readonly string[];
  readonly width: number;
  readonly style: Style;
}

/** A procedure as it will run: every step with host, commands, what it writes, how it is verified and undone; every gate with who may pass it. */
export function planText(plan: Plan, view: PlanView): string {
  const straight = view.stations.filter((station) => !station.aside);
  const aside = view.stations.filter((station) => station.aside);
  const lines = [
    ...header(plan, view),
    ...straight.flatMap((station) => stationLines(plan, station, view)),
    ...(aside.length === 0 ? [] : ['', view.style.bold('WAYS BACK (only when decided)')]),
    ...aside.flatMap((station) => stationLines(plan, station, view)),
  ];
  return `${lines.join('\n')}\n`;
}

function header(plan: Plan, view: PlanView): string[] {
  const { objectives, service } = plan.world;
  const sides = `${sideText(plan, 'production')}, ${sideText(plan, 'recovery')}`;
  const critical =
    view.critical === undefined
      ? []
      : [
          [
            'Critical path',
            `${rangeText(view.critical.ms, view.critical.lateMs)}: ${view.critical.steps.join(' > ')}`,
          ] as const,
          ['Overlap', overlapText(view.critical)] as const,
        ];
  const rehearsal = (view.rehearsal ?? []).map((line, at) => [at === 0 ? 'Rehearsal' : '', line] as const);
  return [
    view.style.bold(`${plan.procedure.toUpperCase()} of site ${plan.site}: ${printableLine(plan.title)}`),
    ...facts(
      [
        ['Runbook', `${plan.runbook.file} (sha256 ${plan.runbook.sha256.slice(0, 12)})`],
        ['Plan', `${plan.digest.slice(0, 12)}`],
        ['Service', `${service.name}, ${service.url}`],
        ['Sides', sides],
        [
          'Objectives',
          `RTO ${formatDuration(objectives.rtoMs)}, loss of files ${formatDuration(objectives.filesLossMs)}, of databases ${formatDuration(objectives.databaseLossMs)}, skew ${formatDuration(objectives.skewMs)}`,
        ],
        ...critical,
        ...rehearsal,
      ].map(safe),
      view.width,
    ),
  ];
}

function overlapText({ ms, sequentialMs }: { readonly ms: number; readonly sequentialMs: number }): string {
  const savedMs = sequentialMs - ms;
  if (savedMs <= 0) return 'none: every step waits for the one before it';
  return `${formatDuration(savedMs)} saved by lanes beside each other; step after step it would take ${formatDuration(sequentialMs)}`;
}

function sideText(plan: Plan, side: 'production' | 'recovery'): string {
  const { host, address } = plan.world.service[side];
  const datacentre = plan.world.hosts[host]?.datacentre ?? '?';
  return `${side} ${host} (${address}, ${datacentre})`;
}

function stationLines(plan: Plan, station: PlanStation, view: PlanView): string[] {
  if (station.kind === 'gate') {
    const gate = plan.gates[station.name];
    return gate === undefined ? [] : ['', ...gateLines(plan, gate, { view, indent: '' })];
  }
  const lanes = plan.phases[station.name] ?? [];
  if (lanes.every((lane) => lane.steps.length === 0)) return ['', view.style.dim(`${station.name}: nothing to do`)];
  const beside = lanes.length > 1 ? `  (${lanes.map((lane) => lane.name).join(' beside ')})` : '';
  return [
    '',
    view.style.bold(`${station.name.toUpperCase()}${beside}`),
    ...lanes.flatMap((lane) => laneLines(plan, lane, { view, titled: lanes.length > 1 })),
  ];
}

function laneLines(
  plan: Plan,
  lane: PlannedLane,
  shown: { readonly view: PlanView; readonly titled: boolean },
): string[] {
  const indent = shown.titled ? '    ' : '  ';
  const title = shown.titled ? [`  ${shown.view.style.dim(`lane ${lane.name}`)}`] : [];
  const steps = lane.steps.flatMap((step) => {
    const gate = step.kind === 'gate' ? plan.gates[step.id] : undefined;
    if (gate !== undefined) return gateLines(plan, gate, { view: shown.view, indent });
    return stepLines(step, shown.view, indent);
  });
  return [...title, ...steps];
}

function stepLines(step: PlannedStep, view: PlanView, indent: string): string[] {
  const critical = view.critical?.steps.includes(step.id) === true ? ' (critical)' : '';
  const expected = expectedText(step, view.estimates?.get(step.id));
  const title = wrap(
    `${indent}${view.style.bold(step.id)}: ${printableLine(step.title)}${expected}${critical}`,
    view.width,
    '  ',
  );
  const pairs: (readonly [string, string])[] = [];
  if (step.hosts.length > 0) pairs.push(['host', step.hosts.join(', ')]);
  step.commands.forEach((command, at) => pairs.push([at === 0 ? 'runs' : '', command]));
  if (step.writes.length > 0) pairs.push(['writes', step.writes.join(', ')]);
  pairs.push(['verified', step.verifies]);
  pairs.push([
    'undo',
    step.undo ?? (step.irreversible ? 'IRREVERSIBLE' : step.writes.length > 0 ? 'none' : 'nothing to undo'),
  ]);
  pairs.push(['on failure', failureText(step)]);
  return [...title, ...facts(pairs.map(safe), view.width, `${indent}  `)];
}

/** Measured where it was, else what the runbook expects. */
function expectedText(step: PlannedStep, estimate: StepEstimate | undefined): string {
  if (estimate !== undefined && estimate.samples > 0) {
    const runs = estimate.samples === 1 ? '1 run' : `${String(estimate.samples)} runs`;
    const said = step.expectMs === undefined ? '' : `; the runbook says ${formatDuration(step.expectMs)}`;
    return `, ${rangeText(estimate.p50Ms, estimate.p90Ms)} by ${runs}${said}`;
  }
  return step.expectMs === undefined ? '' : `, about ${formatDuration(step.expectMs)}`;
}

function rangeText(fromMs: number, toMs: number | undefined): string {
  const [from, to] = [formatDuration(fromMs), formatDuration(toMs ?? fromMs)];
  return from === to ? from : `${from} to ${to}`;
}

function failureText(step: PlannedStep): string {
  const retries =
    step.retries === 0
      ? 'a person decides'
      : `${step.retries} more tries, ${formatDuration(step.backoffMs)} apart, then a person decides`;
  return `${retries}${step.skippable ? '; may be skipped with a reason' : ''}`;
}

function gateLines(
  plan: Plan,
  gate: PlannedGate,
  shown: { readonly view: PlanView; readonly indent: string },
): string[] {
  const { view, indent } = shown;
  return [
    ...wrap(`${indent}${view.style.attention(`GATE ${gate.id}`)}: ${printableLine(gate.title)}`, view.width, '  '),
    ...facts(
      [
        ['passes', whoMayPass(plan, gate)],
        ['typed', gate.word],
        ...(gate.covers.length === 0 ? [] : [['shows', gate.covers.join(', ')] as const]),
        ['valid', formatDuration(gate.expiresMs)],
      ].map(safe),
      view.width,
      `${indent}  `,
    ),
  ];
}

/** Who may pass a gate, by role and by name. */
export function whoMayPass(plan: Pick<Plan, 'world'>, gate: PlannedGate): string {
  const people = Object.values(plan.world.people)
    .filter((person) => person.roles.some((role) => gate.roles.includes(role)))
    .map((person) => person.name);
  const count = gate.approvals === 1 ? 'one' : String(gate.approvals);
  const rules = [
    gate.notTheStarter ? 'not the person who started the run' : '',
    gate.strength === 'os-user'
      ? ''
      : gate.strength === 'ssh-key'
        ? 'signed with an SSH key'
        : `signed with a hardware key${gate.strength === 'hardware-key-pin' ? ' that takes a PIN' : ''}`,
    gate.attested === true ? 'or over the phone, attested' : '',
    gate.breakGlass === true ? 'or an operator alone, by break-glass' : '',
  ].filter((rule) => rule !== '');
  return [`${count} ${gate.roles.join(' or ')} (${people.join(', ')})`, ...rules].join('; ');
}

/** Runbooks hold text too: nothing of it may move the cursor. */
function safe([label = '', value = '']: readonly string[]): readonly [string, string] {
  return [label, printableLine(value)];
}
