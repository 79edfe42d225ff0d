import type { Runbook } from '../runbook/schema/runbook.ts';
import { backupProbes } from './backups/backup-probes.ts';
import type { Probe } from './check.ts';
import { deskProbes } from './desk-probes.ts';
import { dnsProbes } from './dns/dns-probes.ts';
import { driftProbes } from './drift-probes.ts';
import { hostProbes } from './host-probes.ts';
import { lostProbes } from './lost-probes.ts';
import { ownProbes } from './own-probes.ts';
import { peopleProbes } from './people-probes.ts';
import { siteProbes } from './site/site-probes.ts';

/** Everything that is looked at for this runbook. */
export function probesOf(runbook: Runbook): readonly Probe[] {
  return [...hostProbes(runbook), ...worldProbes(runbook)];
}

/** Everything but the hosts themselves. */
export function worldProbes(runbook: Runbook): readonly Probe[] {
  return [
    ...backupProbes(runbook),
    ...siteProbes(runbook),
    ...dnsProbes(runbook),
    ...deskProbes(runbook),
    ...peopleProbes(runbook),
    ...ownProbes(runbook),
    ...driftProbes(runbook),
    ...lostProbes(),
  ];
}
