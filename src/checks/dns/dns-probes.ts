import type { DnsRights } from '../../providers/providers.ts';
import type { Runbook } from '../../runbook/schema/runbook.ts';
import type { DnsZone } from '../../runbook/schema/world.ts';
import type { CheckContext, Finding, Probe } from '../check.ts';
import { findingFor } from '../finding-for.ts';
import { secretFinding } from '../secret-finding.ts';
import { authorityProbes } from './authority-probe.ts';
import { askZone, namesAsked, zoneFindings } from './zone-findings.ts';

type Record = DnsZone['records'][string];

/** Every zone: its servers and records as users get them, the right to change each record, and who may make certificates. */
export function dnsProbes(runbook: Runbook): readonly Probe[] {
  return [
    ...Object.entries(runbook.dns).flatMap(([name, zone]) => [
      zoneProbe(name),
      ...Object.values(zone.records).map((record) => rightsProbe(runbook, { name, zone, record })),
    ]),
    ...authorityProbes(runbook),
  ];
}

function zoneProbe(name: string): Probe {
  return {
    id: 'dns',
    subject: name,
    run: async (context) => {
      const zone = context.runbook.dns[name];
      if (zone === undefined) return [];
      const standing = zone.servers.filter(({ datacentre }) => !context.lost.includes(datacentre));
      if (standing.length === 0) {
        const advice = 'Have a name server in another datacentre: without one nobody finds the service.';
        return [findingFor('dns.server', zone.zone).fail('every name server is in a lost datacentre', { advice })];
      }
      const answers = await askZone(context, { ...zone, servers: standing }, namesAsked(zone));
      return zoneFindings({ ...zone, servers: standing }, answers, context.runbook.objectives);
    },
  };
}

interface OneRecord {
  readonly name: string;
  readonly zone: DnsZone;
  readonly record: Record;
}

function rightsProbe(runbook: Runbook, { name, zone, record }: OneRecord): Probe {
  const subject = `${record.name} ${record.type}`;
  return {
    id: 'dns.rights',
    subject,
    patienceMs: 90_000,
    run: (context) => rights(context, { name, zone, record }, primaryPlace(runbook, zone)),
  };
}

async function rights(
  context: CheckContext,
  { zone, record }: OneRecord,
  place: string | undefined,
): Promise<readonly Finding[]> {
  const subject = `${record.name} ${record.type}`;
  const say = findingFor('dns.rights', subject);
  const byHand = `Have the login to ${zone.registrarConsole ?? "the registrar's console"} at hand, to set the records by hand there: a switch shows them.`;
  if (place !== undefined && context.lost.includes(place)) {
    const found = `the zone's primary is in ${place}: nothing can be changed by drp`;
    return [say.fail(found, { advice: byHand, outOfReach: true })];
  }
  let answer: DnsRights;
  try {
    const provider = await context.providers.dns(zone, context.secret);
    answer = await provider.mayChange(record, context.signal);
  } catch (thrown) {
    return [secretFinding('dns.rights', subject, thrown)];
  }
  switch (answer.kind) {
    case 'proven':
      return [say.ok(answer.how)];
    case 'untestable':
      return [say.skipped(answer.how)];
    case 'refused':
      return [say.fail(answer.reason, { advice: answer.advice })];
    case 'unknown':
      return [say.unknown(answer.reason, { advice: `See that the zone's provider answers. ${byHand}` })];
  }
}

/** The datacentre of a dynamic-update primary, where the runbook lets it be known by its address. */
function primaryPlace(runbook: Pick<Runbook, 'hosts'>, zone: DnsZone): string | undefined {
  const { address } = zone.provider;
  if (address === undefined) return undefined;
  const server = zone.servers.find((one) => one.address === address);
  return server?.datacentre ?? Object.values(runbook.hosts).find((host) => host.address === address)?.datacentre;
}
