import type { EvidenceItem } from '../../events/event.ts';
import type { PlannedStep, StepDescription } from '../../plan/plan.ts';
import type { SimulateSpec } from '../../runbook/schema/steps.ts';
import type { StepContext, StepKind } from '../step-kind.ts';
import { ticketMessage } from '../ticket/ticket-step.ts';

/** A step of the activation that a drill only speaks of: nothing is run, nothing leaves the machine. */
export const simulateStep: StepKind<'simulate'> = {
  kind: 'simulate',
  describe,
  evidence: (step, spec, context) => Promise.resolve([simulatedItem(step, spec, context)]),
  precheck: () => Promise.resolve(),
  probe: () => Promise.resolve('absent'),
  run: (_step, spec, context) =>
    Promise.resolve({
      kind: 'done',
      output: { simulated: true, kind: spec.of.kind },
      lines: wouldLines(spec, context),
    }),
  verify: () => Promise.resolve(['EXERCISE: simulated, there is nothing to look at']),
};

function describe(spec: SimulateSpec): StepDescription {
  return {
    title: spec.title ?? `EXERCISE, not done: ${spec.of.id}`,
    hosts: [],
    reads: [],
    writes: [],
    commands: spec.would.map((line) => `EXERCISE, not run: ${line}`),
    verifies: 'nothing: it is simulated',
    irreversible: false,
    idempotent: true,
  };
}

function simulatedItem(step: PlannedStep, spec: SimulateSpec, context: StepContext): EvidenceItem {
  return {
    id: `simulated:${step.id}`,
    title: step.title,
    severity: 'ok',
    lines: wouldLines(spec, context),
  };
}

function wouldLines(spec: SimulateSpec, context: StepContext): readonly string[] {
  const { of } = spec;
  if (of.kind === 'ticket') {
    const { subject, text } = ticketMessage(of, context);
    return [
      `EXERCISE: simulated, nobody was told; ${of.desks.join(' and ')} would have had:`,
      subject,
      ...text.split('\n').filter((line) => line.trim() !== ''),
    ];
  }
  const would = spec.would.map((line) => `EXERCISE, not run: ${line}`);
  return ['EXERCISE: simulated, nothing was done', ...(of.kind === 'manual' ? [`by hand: ${of.text.trim()}`] : would)];
}
