import type { PlannedWorld } from '../../plan/plan.ts';
import { plainName } from '../../providers/dns/record-set.ts';
import type { Providers, RecordSet } from '../../providers/providers.ts';
import type { DnsZone } from '../../runbook/schema/world.ts';

/** Where the zone's own name servers send users: seen on the recovery site, not seen there, or nobody could be asked. */
export type UsersAt =
  | { readonly kind: 'recovery'; readonly lines: readonly string[] }
  | { readonly kind: 'elsewhere'; readonly lines: readonly string[] }
  | { readonly kind: 'unknown'; readonly lines: readonly string[] };

/**
 * Asks every name server for the records that differ between the sides. One that answers with the recovery side is enough:
 * users may be there. Read-only.
 */
export async function usersAt(
  world: PlannedWorld,
  providers: Pick<Providers, 'askNameServers'>,
  signal: AbortSignal,
): Promise<UsersAt> {
  const ask = async (zone: DnsZone): Promise<readonly Sighting[]> => {
    const differing = Object.values(zone.records).filter(
      ({ production, recovery }) => spelt(production) !== spelt(recovery),
    );
    if (differing.length === 0) return [];
    const answers = await providers.askNameServers(zone, differing, signal);
    return answers.flatMap(({ server, answer }) =>
      answer.kind === 'silent' ? [] : answer.records.map((found) => sighting(server, found, differing)),
    );
  };
  const seen = (await Promise.all(Object.values(world.dns).map(ask))).flat();
  const lines = seen.map(({ line }) => line);
  if (seen.some(({ there }) => there)) return { kind: 'recovery', lines };
  return seen.length > 0 ? { kind: 'elsewhere', lines } : { kind: 'unknown', lines: ['no name server answered'] };
}

/** What a server says of one record: whether it sends users to the recovery side, and in words. */
interface Sighting {
  readonly there: boolean;
  readonly line: string;
}

function sighting(server: string, found: RecordSet, differing: readonly DnsZone['records'][string][]): Sighting {
  const record = differing.find(({ name, type }) => plainName(name) === plainName(found.name) && type === found.type);
  const there =
    record !== undefined && found.values.some((value) => has(record.recovery, value) && !has(record.production, value));
  return { there, line: `${server} says ${found.name} ${found.values.join(', ')}` };
}

function spelt(values: readonly string[]): string {
  return values.map(plainName).sort().join(' ');
}

function has(values: readonly string[], value: string): boolean {
  return values.some((one) => plainName(one) === plainName(value));
}
