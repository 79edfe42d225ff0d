import type { Runbook } from '../runbook/schema/runbook.ts';
import type { CheckContext, Finding, Probe } from './check.ts';
import { reachHost } from './host-reach.ts';

/** Every host of the runbook, looked at as a whole: one connection, one script. */
export function hostProbes(runbook: Runbook): readonly Probe[] {
  return Object.entries(runbook.hosts).map(([name, host]) => ({
    id: 'host',
    subject: name,
    datacentre: host.datacentre,
    patienceMs,
    run: (context) => lookAtHost(context, name),
  }));
}

/** Connecting through a bastion that hangs, with its tries, and then the script's own time. */
const patienceMs = 150_000;

async function lookAtHost(context: CheckContext, name: string): Promise<readonly Finding[]> {
  const { finding } = await reachHost(context, name);
  return [finding];
}
