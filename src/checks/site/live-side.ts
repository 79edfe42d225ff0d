import type { CheckContext } from '../check.ts';
import { closestZone } from '../dns/authority-probe.ts';

/** One of the two places that can serve users. */
export type SideName = 'production' | 'recovery';

/**
 * The side users are sent to, as the zone's own name servers say. Production where nothing says otherwise: a site on an
 * ordinary day, or a name that no zone of the runbook holds.
 */
export async function liveSide(context: CheckContext): Promise<SideName> {
  const { runbook, lost } = context;
  const { hostname } = new URL(runbook.service.url);
  const zone = closestZone(runbook, hostname);
  const record = Object.values(zone?.records ?? {}).find(({ name }) => name.replace(/\.$/, '') === hostname);
  if (zone === undefined || record === undefined) return 'production';
  const servers = zone.servers.filter(({ datacentre }) => !lost.includes(datacentre));
  const answers = await context.providers.askNameServers({ ...zone, servers }, [record], context.signal);
  const values = answers.flatMap(({ answer }) =>
    answer.kind === 'answered' ? answer.records.flatMap((set) => set.values) : [],
  );
  const recovery = record.recovery.map((value) => value.toLowerCase().replace(/\.$/, ''));
  return values.length > 0 && values.every((value) => recovery.includes(value)) ? 'recovery' : 'production';
}
