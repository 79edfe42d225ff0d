import type { StepKindName } from '../runbook/schema/steps.ts';
import { commandStep } from './command/command-step.ts';
import { copyStep } from './copy/copy-step.ts';
import { databaseStep } from './database/database-step.ts';
import { dnsStep } from './dns/dns-step.ts';
import { httpStep } from './http/http-step.ts';
import { manualStep } from './manual/manual-step.ts';
import type { StepKind } from './step-kind.ts';
import { ticketStep } from './ticket/ticket-step.ts';

/** Every kind of step, by name. */
export function createStepKinds(): ReadonlyMap<StepKindName, StepKind> {
  const kinds: readonly StepKind[] = [
    commandStep(),
    copyStep,
    databaseStep,
    dnsStep(),
    httpStep(),
    manualStep(),
    ticketStep(),
  ];
  return new Map(kinds.map((kind) => [kind.kind, kind]));
}
