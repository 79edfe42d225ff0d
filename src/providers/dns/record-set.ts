import type { DnsChange, RecordSet } from '../providers.ts';

/** What is asked for: one name and type. */
export interface RecordName {
  readonly name: string;
  readonly type: RecordSet['type'];
}

/** One spelling for names: lower case, no final dot. */
export function plainName(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}

/** An RRset with its values sorted and its names in their one spelling, so that equal sets are equal texts. */
export function recordSet(
  record: RecordName,
  content: { readonly ttlSeconds: number; readonly values: readonly string[] },
): RecordSet {
  const values = content.values.map((value) => (record.type === 'CNAME' ? plainName(value) : value.toLowerCase()));
  return {
    name: plainName(record.name),
    type: record.type,
    ttlSeconds: content.ttlSeconds,
    values: values.toSorted(),
  };
}

/** Same name, type and values; the TTL may differ. */
export function sameValues(a: RecordSet, b: RecordSet): boolean {
  return sameRecord(a, b) && a.values.join(' ') === b.values.join(' ');
}

/** Same in everything, TTL included. */
export function sameRecordSet(a: RecordSet, b: RecordSet): boolean {
  return sameValues(a, b) && a.ttlSeconds === b.ttlSeconds;
}

export function sameRecord(a: RecordName, b: RecordName): boolean {
  return plainName(a.name) === plainName(b.name) && a.type === b.type;
}

/** `www.kyc.test A 192.0.2.10 (TTL 60)`. */
export function showRecordSet(record: RecordSet): string {
  return `${record.name} ${record.type} ${record.values.join(', ')} (TTL ${String(record.ttlSeconds)})`;
}

/** Where the zone stands against a batch of changes: wholly new, wholly old, or neither. */
export function standingOf(current: readonly RecordSet[], changes: readonly DnsChange[]): 'to' | 'from' | 'other' {
  const all = (side: 'to' | 'from'): boolean =>
    changes.every((change) => current.some((record) => sameRecordSet(record, change[side])));
  if (all('to')) return 'to';
  return all('from') ? 'from' : 'other';
}
