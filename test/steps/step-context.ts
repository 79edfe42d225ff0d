import { systemClock } from '../../src/base/clock.ts';
import { Secret } from '../../src/base/secret.ts';
import type { PlannedStep } from '../../src/plan/plan.ts';
import { createProviders } from '../../src/providers/create-providers.ts';
import type { StepSpec } from '../../src/runbook/schema/steps.ts';
import { stepSpec } from '../../src/runbook/schema/steps.ts';
import { service } from '../../src/runbook/schema/world.ts';
import { createSurveyMemory } from '../../src/steps/backups/survey-memory.ts';
import type { StepContext } from '../../src/steps/step-kind.ts';

/** A step as the runbook would have it, in a plan that holds nothing else. */
export function specOf<K extends StepSpec['kind']>(
  text: { readonly kind: K } & Record<string, unknown>,
): Extract<StepSpec, { kind: K }> {
  return stepSpec.parse({ id: 'the-step', ...text }) as Extract<StepSpec, { kind: K }>;
}

export function plannedStep(spec: StepSpec): PlannedStep {
  const described = {
    title: spec.id,
    hosts: [],
    reads: [],
    writes: [],
    commands: [],
    verifies: '',
    irreversible: false,
    idempotent: true,
  };
  return {
    ...described,
    id: spec.id,
    kind: spec.kind,
    phase: 'switchover',
    lane: 'main',
    spec,
    retries: 0,
    backoffMs: 0,
    skippable: false,
  };
}

export interface ContextParts {
  readonly world?: Record<string, unknown>;
  readonly facts?: Record<string, unknown>;
  readonly steps?: readonly StepSpec[];
  readonly secrets?: Readonly<Record<string, string>>;
  readonly over?: Partial<StepContext>;
}

/** Real providers and clock, no hosts; secrets by the name of their file. Progress texts gather in `reports`. */
export function stepContext(parts: ContextParts = {}): StepContext & { readonly reports: string[] } {
  const world = {
    objectives: { rtoMs: 0, filesLossMs: 0, databaseLossMs: 0, skewMs: 0 },
    datacentres: {},
    hosts: {},
    service: service.parse({
      name: 'kyc',
      url: 'https://www.kyc.test/',
      production: { host: 'limburg', address: '127.0.0.10' },
      recovery: { host: 'gravelines', address: '127.0.0.20' },
    }),
    databases: {},
    backups: {},
    dns: {},
    desks: {},
    people: {},
    ...parts.world,
  };
  const lanes = [{ name: 'main', steps: (parts.steps ?? []).map(plannedStep) }];
  const reports: string[] = [];
  const context = {
    plan: { site: 'gravelines', procedure: 'activation', world, gates: {}, phases: { switchover: lanes }, digest: 'd' },
    world,
    run: { id: 'k3f9-2a7m', site: 'gravelines', mode: 'real' },
    token: 'k3f9-2a7m.12.the-step',
    attempt: 1,
    facts: { outputs: {}, choices: {}, ...parts.facts },
    clock: systemClock,
    signal: new AbortController().signal,
    surveys: createSurveyMemory(),
    providers: createProviders(),
    secret: (reference: { file?: string }) =>
      Promise.resolve(new Secret('test', parts.secrets?.[reference.file ?? ''] ?? '')),
    report: (progress: { text: string }) => reports.push(progress.text),
    reports,
    ...parts.over,
  };
  return context as unknown as StepContext & { readonly reports: string[] };
}
