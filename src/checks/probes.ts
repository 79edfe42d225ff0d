import type { Runbook } from '../runbook/schema/runbook.ts';
import type { Probe } from './check.ts';
import { hostProbes } from './host-probes.ts';

/** Everything that is looked at for this runbook. */
export function probesOf(runbook: Runbook): readonly Probe[] {
  return [...hostProbes(runbook)];
}
