import { isIPv4, isIPv6 } from 'node:net';
import type { DnsRecord } from './dns-query.ts';
import { Route53Refusal } from './route53-refusal.ts';
import type { XmlElement } from './route53-xml.ts';
import { child, childText } from './route53-xml.ts';

/** All values of one name and type. Names are absolute, lower case, with their final dot. */
export interface RecordSet {
  readonly name: string;
  readonly type: string;
  readonly ttlSeconds: number;
  readonly values: readonly string[];
}

export interface Change extends RecordSet {
  readonly action: 'CREATE' | 'DELETE' | 'UPSERT';
}

const knownTypes = new Set([
  'A',
  'AAAA',
  'CAA',
  'CNAME',
  'MX',
  'NS',
  'PTR',
  'SOA',
  'SPF',
  'SRV',
  'TXT',
  'DS',
  'NAPTR',
  'TLSA',
  'SSHFP',
  'HTTPS',
  'SVCB',
]);

/** Record sets of a zone as a server gave it, in Route 53's order. */
export function recordSets(records: readonly DnsRecord[]): readonly RecordSet[] {
  const sets = new Map<string, RecordSet>();
  for (const record of records) {
    const name = absolute(record.name);
    const key = keyOf({ name, type: record.type });
    const known = sets.get(key);
    sets.set(key, {
      name,
      type: record.type,
      ttlSeconds: record.ttlSeconds,
      values: [...(known?.values ?? []), record.value],
    });
  }
  return sorted([...sets.values()]);
}

/** Lower case, with a final dot. */
export const absolute = (name: string): string => `${name.toLowerCase().replace(/\.$/, '')}.`;

/** Route 53 orders names by their labels from the right, then by type. */
export function compareNames(left: string, right: string): number {
  const [a, b] = [left, right].map((name) => absolute(name).split('.').reverse().join('\0')) as [string, string];
  return a < b ? -1 : a > b ? 1 : 0;
}

const sorted = (sets: readonly RecordSet[]): readonly RecordSet[] =>
  [...sets].sort((a, b) => compareNames(a.name, b.name) || (a.type < b.type ? -1 : a.type > b.type ? 1 : 0));

const keyOf = (set: { name: string; type: string }): string => `${set.name} ${set.type}`;

/** Reads a ChangeResourceRecordSetsRequest. Throws Route53Refusal for what its schema forbids. */
export function parseChanges(root: XmlElement): { readonly comment?: string; readonly changes: readonly Change[] } {
  const batch = child(root, 'ChangeBatch');
  const changes = child(batch, 'Changes')?.children ?? [];
  if (root.name !== 'ChangeResourceRecordSetsRequest' || changes.length === 0) {
    throw new Route53Refusal(
      'InvalidInput',
      "1 validation error detected: Value '[]' at 'changeBatch.changes' failed to satisfy constraint: Member must have length greater than or equal to 1",
    );
  }
  const comment = childText(batch, 'Comment');
  return { ...(comment === undefined ? {} : { comment }), changes: changes.map(parseChange) };
}

function parseChange(element: XmlElement): Change {
  const action = childText(element, 'Action') ?? '';
  const set = child(element, 'ResourceRecordSet');
  const type = childText(set, 'Type') ?? '';
  const ttl = childText(set, 'TTL');
  if (action !== 'CREATE' && action !== 'DELETE' && action !== 'UPSERT')
    throw invalid(action, 'action', '[CREATE, DELETE, UPSERT]');
  if (!knownTypes.has(type)) throw invalid(type, 'resourceRecordSet.type', `[${[...knownTypes].join(', ')}]`);
  for (const unsupported of [
    'AliasTarget',
    'SetIdentifier',
    'Weight',
    'Region',
    'Failover',
    'GeoLocation',
    'HealthCheckId',
  ]) {
    if (child(set, unsupported) !== undefined)
      throw new Route53Refusal(
        'InvalidInput',
        `${unsupported} is not known to the practice endpoint: simple records only`,
      );
  }
  const name = childText(set, 'Name') ?? '';
  const values = (child(set, 'ResourceRecords')?.children ?? []).map((record) => childText(record, 'Value') ?? '');
  if (ttl === undefined || values.length === 0) {
    throw new Route53Refusal(
      'InvalidInput',
      `Invalid request: Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or TrafficPolicyInstanceId], but found none in Change with [Action=${action}, Name=${name}, Type=${type}, SetIdentifier=null]`,
    );
  }
  if (!/^\d{1,10}$/.test(ttl) || Number(ttl) > 2_147_483_647)
    throw invalid(ttl, 'resourceRecordSet.tTL', 'a number from 0 to 2147483647');
  return { action, name: absolute(name), type, ttlSeconds: Number(ttl), values };
}

const invalid = (value: string, field: string, allowed: string): Route53Refusal =>
  new Route53Refusal(
    'InvalidInput',
    `1 validation error detected: Value '${value}' at 'changeBatch.changes.1.member.${field}' failed to satisfy constraint: Member must satisfy enum value set: ${allowed}`,
  );

/** The record sets after a batch; all of it or none. Throws Route53Refusal InvalidChangeBatch with one message for each change that does not fit. */
export function applyBatch(sets: readonly RecordSet[], changes: readonly Change[], zone: string): readonly RecordSet[] {
  const byKey = new Map(sets.map((set) => [keyOf(set), set]));
  const messages: string[] = [];
  for (const change of changes) {
    const problem = formProblem(change, zone) ?? fitProblem(change, byKey);
    if (problem !== undefined) messages.push(problem);
    else if (change.action === 'DELETE') byKey.delete(keyOf(change));
    else
      byKey.set(keyOf(change), {
        name: change.name,
        type: change.type,
        ttlSeconds: change.ttlSeconds,
        values: change.values,
      });
  }
  const apex = (type: string): boolean => byKey.has(keyOf({ name: zone, type }));
  if (!apex('SOA')) messages.push('A HostedZone must contain exactly one SOA record.');
  if (!apex('NS')) messages.push('A HostedZone must contain at least one NS record for the zone itself.');
  if (messages.length > 0) throw new Route53Refusal('InvalidChangeBatch', `[${messages.join(', ')}]`);
  return sorted([...byKey.values()]);
}

function formProblem(change: Change, zone: string): string | undefined {
  if (change.name !== zone && !change.name.endsWith(`.${zone}`))
    return `RRSet with DNS name ${change.name} is not permitted in zone ${zone}`;
  const duplicate = change.values.find((value, index) => change.values.indexOf(value) !== index);
  if (duplicate !== undefined) return `Duplicate Resource Record: '${duplicate}'`;
  for (const value of change.values) {
    if (change.type === 'A' && !isIPv4(value))
      return `Invalid Resource Record: 'FATAL problem: ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address) encountered with '${value}''`;
    if (change.type === 'AAAA' && !isIPv6(value))
      return `Invalid Resource Record: 'FATAL problem: AAAARRDATAIllegalIPv6Address (Value is not a valid IPv6 address) encountered with '${value}''`;
    if (change.type === 'TXT' && !/^"[^"]*"( "[^"]*")*$/.test(value))
      return `Invalid Resource Record: 'FATAL problem: InvalidCharacterString (Value should be enclosed in quotation marks) encountered with '${value}''`;
  }
  return undefined;
}

function fitProblem(change: Change, sets: ReadonlyMap<string, RecordSet>): string | undefined {
  const current = sets.get(keyOf(change));
  const what = `resource record set [name='${change.name}', type='${change.type}']`;
  if (change.action === 'DELETE') {
    if (current === undefined) return `Tried to delete ${what} but it was not found`;
    const same =
      current.ttlSeconds === change.ttlSeconds &&
      [...current.values].sort().join('\n') === [...change.values].sort().join('\n');
    return same ? undefined : `Tried to delete ${what} but the values provided do not match the current values`;
  }
  if (change.action === 'CREATE' && current !== undefined) return `Tried to create ${what} but it already exists`;
  const neighbours = [...sets.values()].filter((set) => set.name === change.name && set.type !== change.type);
  const conflict = change.type === 'CNAME' ? neighbours.length > 0 : neighbours.some((set) => set.type === 'CNAME');
  return conflict
    ? `RRSet of type ${change.type} with DNS name ${change.name} is not permitted as it conflicts with other records with the same DNS name.`
    : undefined;
}

/** The batch as one dynamic update for nsupdate. */
export function updateScript(
  changes: readonly Change[],
  target: { zone: string; address: string; port: number },
): string {
  const lines = changes.flatMap((change) => {
    const removal = change.action === 'CREATE' ? [] : [`update delete ${change.name} ${change.type}`];
    const additions =
      change.action === 'DELETE'
        ? []
        : change.values.map(
            (value) => `update add ${change.name} ${String(change.ttlSeconds)} ${change.type} ${value}`,
          );
    return [...removal, ...additions];
  });
  return [`server ${target.address} ${String(target.port)}`, `zone ${target.zone}`, ...lines, 'send', ''].join('\n');
}
