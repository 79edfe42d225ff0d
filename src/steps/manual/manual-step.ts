import type { PlannedStep, StepDescription } from '../../plan/plan.ts';
import type { SpecOf } from '../../runbook/schema/steps.ts';
import type { StepKind, StepOutcome } from '../step-kind.ts';

type ManualSpec = SpecOf<'manual'>;

/**
 * What a person does and attests. Nothing is run: the step waits in doubt (never failed, so that no retry runs by itself) until
 * somebody decides mark-done with the evidence asked for; on resume it still waits.
 */
export function manualStep(): StepKind<'manual'> {
  return {
    kind: 'manual',
    describe,
    probe: () => Promise.resolve('absent'),
    run: (step, spec) => Promise.resolve(waits(step, spec)),
    verify: (_, spec) => Promise.resolve([`attested by a person; asked for: ${spec.evidence}`]),
  };
}

function describe(spec: ManualSpec): StepDescription {
  return {
    title: spec.title ?? 'a person acts',
    hosts: [],
    reads: [],
    writes: spec.writes,
    commands: [`by hand: ${spec.text}`],
    verifies: `a person attests it and notes: ${spec.evidence}`,
    irreversible: false,
    idempotent: false,
  };
}

function waits(step: PlannedStep, spec: ManualSpec): StepOutcome {
  const reason = `a person does this: ${spec.text.trim()} When it is done, note ${spec.evidence} with: drp decide mark-done ${step.id} --evidence TEXT --reason TEXT`;
  return { kind: 'in-doubt', reason };
}
