import type { DnsChange, RecordSet } from '../providers.ts';

/** A batch of changes as a person makes it in a console: what to remove, what to put in its place. */
export function inConsole(changes: readonly DnsChange[]): readonly string[] {
  return changes.flatMap(({ from, to }) => [`replace  ${zoneLine(from)}`, `    with ${zoneLine(to)}`]);
}

/** `www.kyc.test. 60 IN A 192.0.2.20`, several values one after another. */
function zoneLine(record: RecordSet): string {
  const value = (text: string): string => (record.type === 'CNAME' ? `${text}.` : text);
  return record.values
    .map((text) => `${record.name}. ${String(record.ttlSeconds)} IN ${record.type} ${value(text)}`)
    .join(' + ');
}
