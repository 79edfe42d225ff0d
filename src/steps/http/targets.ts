import { DrpError } from '../../base/errors.ts';
import type { PlannedWorld } from '../../plan/plan.ts';
import { plainName } from '../../providers/dns/record-set.ts';
import type { DnsZone } from '../../runbook/schema/world.ts';
import type { StepContext } from '../step-kind.ts';
import type { HttpSpec } from './expectations.ts';

/** A machine to ask, and why it is that one. */
export interface Target {
  readonly address: string;
  readonly port?: number;
  readonly why: string;
}

/** Whom to ask, or what speaks against asking anybody (the name sends users elsewhere, no server answers). */
export type Targets =
  | { readonly kind: 'targets'; readonly targets: readonly Target[]; readonly lines: readonly string[] }
  | { readonly kind: 'wrong'; readonly reasons: readonly string[] };

export const urlOf = (spec: HttpSpec, world: PlannedWorld): string => spec.url ?? world.service.url;

/** The zone whose name servers know the host of this URL. Throws step-invalid where the runbook has none. */
export function zoneOfUrl(spec: HttpSpec, world: PlannedWorld): DnsZone {
  const name = plainName(new URL(urlOf(spec, world)).hostname);
  const zones = Object.values(world.dns).filter(
    ({ zone }) => name === plainName(zone) || name.endsWith(`.${plainName(zone)}`),
  );
  const closest = zones.toSorted((a, b) => b.zone.length - a.zone.length)[0];
  if (closest !== undefined) return closest;
  throw new DrpError('step-invalid', {
    step: spec.id,
    reason: `no zone in dns holds ${name}: 'against: dns' cannot ask`,
  });
}

/** Pinned sides come from the plan; `dns` asks every name server of the zone itself, now. */
export async function findTargets(spec: HttpSpec, context: StepContext): Promise<Targets> {
  const { service } = context.world;
  if (spec.against !== 'dns') {
    const side = service[spec.against];
    return { kind: 'targets', targets: [{ ...addressOf(side), why: `${spec.against} (${side.host})` }], lines: [] };
  }
  return resolveByServers(spec, context);
}

async function resolveByServers(spec: HttpSpec, context: StepContext): Promise<Targets> {
  const zone = zoneOfUrl(spec, context.world);
  const name = plainName(new URL(urlOf(spec, context.world)).hostname);
  const answers = await context.providers.askNameServers(
    zone,
    [
      { name, type: 'A' },
      { name, type: 'AAAA' },
    ],
    context.signal,
  );
  const lost = context.facts.situation?.lost ?? [];
  const isLost = (server: string): boolean =>
    lost.includes(zone.servers.find((one) => one.name === server)?.datacentre ?? '');
  // What lost servers still say, if anything, is owed as the dns step says; here those count that users can rely on.
  const standing = answers.filter(({ server }) => !isLost(server));
  const counted = standing.length > 0 ? standing : answers.filter(({ answer }) => answer.kind === 'answered');
  const reasons: string[] = [];
  const lines: string[] = [];
  const addresses = new Set<string>();
  for (const { server, answer } of counted) {
    if (answer.kind === 'silent') {
      reasons.push(`${server}: ${answer.reason}`);
      continue;
    }
    const own = answer.records.flatMap(({ values }) => values);
    const followed = own.flatMap((value) => aliasOf(value, spec, context.world));
    if (followed.length === 0) reasons.push(`${server}: no address for ${name}`);
    for (const address of followed) addresses.add(address);
    lines.push(`${server} says ${own.join(', ')}`);
  }
  const elsewhere = wrongSide(spec, context.world, [...addresses]);
  if (counted.length === 0) reasons.push(`no name server of ${zone.zone} answered`);
  if (reasons.length > 0 || elsewhere.length > 0) return { kind: 'wrong', reasons: [...reasons, ...elsewhere] };
  const port = spec.expectSide === undefined ? undefined : context.world.service[spec.expectSide].port;
  const targets = [...addresses].map((address) => ({
    address,
    ...(port === undefined ? {} : { port }),
    why: `as ${zone.zone} says`,
  }));
  return { kind: 'targets', targets, lines };
}

/** A CNAME is followed only to a side the runbook knows it for: no resolver takes part. */
function aliasOf(value: string, spec: HttpSpec, world: PlannedWorld): readonly string[] {
  if (/^[0-9.]+$/.test(value) || value.includes(':')) return [value];
  const records = Object.values(world.dns).flatMap((zone) => Object.values(zone.records));
  const sides = (['production', 'recovery'] as const).filter((side) =>
    records.some((record) => record.type === 'CNAME' && record[side].some((one) => plainName(one) === value)),
  );
  return sides
    .filter((side) => spec.expectSide === undefined || side === spec.expectSide)
    .map((side) => world.service[side].address);
}

function wrongSide(spec: HttpSpec, world: PlannedWorld, addresses: readonly string[]): readonly string[] {
  if (spec.expectSide === undefined) return [];
  const { host, address } = world.service[spec.expectSide];
  const records = Object.values(world.dns).flatMap((zone) => Object.values(zone.records));
  const ours = new Set([address, ...records.flatMap((record) => record[spec.expectSide ?? 'recovery'])]);
  return addresses
    .filter((one) => !ours.has(one))
    .map((one) => `users are sent to ${one}, not to ${host} (${address})`);
}

function addressOf(side: { readonly address: string; readonly port?: number | undefined }): {
  address: string;
  port?: number;
} {
  return { address: side.address, ...(side.port === undefined ? {} : { port: side.port }) };
}
