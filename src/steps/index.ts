import type { StepKindName } from '../runbook/schema/steps.ts';
import { commandStep } from './command/command-step.ts';
import { copyStep } from './copy/copy-step.ts';
import { databaseStep } from './database/database-step.ts';
import { dnsStep } from './dns/dns-step.ts';
import { cleanUpStep } from './drill/clean-up-step.ts';
import { isolateStep } from './drill/isolate-step.ts';
import { simulateStep } from './drill/simulate-step.ts';
import { fenceStep } from './fence/fence-step.ts';
import { httpStep } from './http/http-step.ts';
import { maintenanceStep } from './maintenance/maintenance-step.ts';
import { manualStep } from './manual/manual-step.ts';
import { salvageStep } from './salvage/salvage-step.ts';
import type { StepKind } from './step-kind.ts';
import { ticketStep } from './ticket/ticket-step.ts';

/** Every kind of step, by name. A map cannot say in types that the kind under a name takes specs of that name; the plan does. */
export function createStepKinds(): ReadonlyMap<StepKindName, StepKind> {
  const kinds = [
    commandStep(),
    copyStep,
    databaseStep,
    dnsStep(),
    fenceStep,
    httpStep(),
    maintenanceStep,
    manualStep(),
    salvageStep,
    ticketStep(),
    isolateStep,
    simulateStep,
    cleanUpStep,
  ];
  return new Map(kinds.map((kind) => [kind.kind, kind as unknown as StepKind]));
}
