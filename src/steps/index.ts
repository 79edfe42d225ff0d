import type { StepKindName } from '../runbook/schema/steps.ts';
import type { StepKind } from './step-kind.ts';

/** Name → the kind, loaded when it is asked for. That a kind takes specs of its own name cannot be said in types; the plan does. */
const loaders: Readonly<Record<StepKindName, () => Promise<unknown>>> = {
  command: async () => (await import('./command/command-step.ts')).commandStep(),
  copy: async () => (await import('./copy/copy-step.ts')).copyStep,
  database: async () => (await import('./database/database-step.ts')).databaseStep,
  dns: async () => (await import('./dns/dns-step.ts')).dnsStep(),
  fence: async () => (await import('./fence/fence-step.ts')).fenceStep,
  http: async () => (await import('./http/http-step.ts')).httpStep(),
  maintenance: async () => (await import('./maintenance/maintenance-step.ts')).maintenanceStep,
  manual: async () => (await import('./manual/manual-step.ts')).manualStep(),
  salvage: async () => (await import('./salvage/salvage-step.ts')).salvageStep,
  ticket: async () => (await import('./ticket/ticket-step.ts')).ticketStep(),
  isolate: async () => (await import('./drill/isolate-step.ts')).isolateStep,
  simulate: async () => (await import('./drill/simulate-step.ts')).simulateStep,
  'clean-up': async () => (await import('./drill/clean-up-step.ts')).cleanUpStep,
};

/** These kinds of step, or every kind, by name. */
export async function loadStepKinds(
  names: Iterable<StepKindName> = Object.keys(loaders) as StepKindName[],
): Promise<ReadonlyMap<StepKindName, StepKind>> {
  const loaded = [...new Set(names)].map(async (name) => [name, (await loaders[name]()) as StepKind] as const);
  return new Map(await Promise.all(loaded));
}
