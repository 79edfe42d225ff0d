import { describe, expect, test } from '@jest/globals';
import { namesAsked, zoneFindings } from '../../../src/checks/dns/zone-findings.ts';
import type { NameServerAnswer, RecordSet } from '../../../src/providers/providers.ts';
import { dnsZone } from '../../../src/runbook/schema/world.ts';

const zone = dnsZone.parse({
  provider: { kind: 'rfc2136', address: '192.0.2.53', keyName: 'k', keySecret: { env: 'K' } },
  zone: 'example.org',
  servers: ['ns1', 'ns2'].map((name, index) => ({ name, address: `192.0.2.${String(index)}`, datacentre: 'west' })),
  records: {
    www: { name: 'www.example.org', type: 'A', production: ['192.0.2.10'], recovery: ['192.0.2.20'], ttl: '60s' },
  },
});
const www = (values: readonly string[] = ['192.0.2.10'], ttlSeconds = 60): RecordSet => ({
  name: 'www.example.org',
  type: 'A',
  ttlSeconds,
  values,
});
const answered = (server: string, records: readonly RecordSet[] = [www()], serial = 7): NameServerAnswer => ({
  server,
  address: '192.0.2.1',
  answer: { kind: 'answered', records, serial },
});
const silent = (server: string): NameServerAnswer => ({
  server,
  address: '192.0.2.2',
  answer: { kind: 'silent', reason: 'no answer' },
});
const wrong = (...answers: readonly NameServerAnswer[]): readonly string[] =>
  zoneFindings(zone, answers, { rtoMs: 4 * 3_600_000 })
    .filter(({ status }) => status !== 'ok')
    .map(({ probe, subject }) => `${probe} ${subject}`);

describe('a zone as its servers give it', () => {
  test('is asked for the records of the runbook and the family beside each', () => {
    expect(namesAsked(zone)).toEqual([
      { name: 'www.example.org', type: 'A' },
      { name: 'www.example.org', type: 'AAAA' },
    ]);
  });

  test('is well on either side', () => {
    expect(wrong(answered('ns1'), answered('ns2'))).toEqual([]);
    const there = [www(['192.0.2.20'])];
    expect(wrong(answered('ns1', there), answered('ns2', there))).toEqual([]);
  });

  test('a silent server is named, and what the others say still counts', () => {
    expect(wrong(answered('ns1'), silent('ns2'))).toEqual(['dns.server ns2']);
    expect(wrong(silent('ns1'), silent('ns2'))).toEqual(['dns.server ns1', 'dns.server ns2']);
  });

  test('the one behind is named, also where serials went round', () => {
    const about = (...answers: readonly NameServerAnswer[]): string =>
      zoneFindings(zone, answers, { rtoMs: 1e9 }).find(({ probe }) => probe === 'dns.agree')?.found ?? '';
    expect(about(answered('ns1', [www()], 8), answered('ns2', [www()], 7))).toBe('ns2 is at serial 7, ns1 at 8');
    expect(about(answered('ns1', [www()], 2 ** 32 - 1), answered('ns2', [www()], 3))).toMatch(/^ns1 is at serial/);
  });

  test('a long TTL, a foreign value, a missing record and a forgotten family are each one finding', () => {
    const both = (...records: readonly RecordSet[]): readonly string[] =>
      wrong(answered('ns1', records), answered('ns2', records));
    expect(both(www(['192.0.2.10'], 3600))).toEqual(['dns.ttl www.example.org A']);
    expect(both(www(['192.0.2.99']))).toEqual(['dns.values www.example.org A']);
    expect(both()).toEqual(['dns.values www.example.org A']);
    const six: RecordSet = { name: 'www.example.org', type: 'AAAA', ttlSeconds: 60, values: ['2001:db8::1'] };
    expect(both(www(), six)).toEqual(['dns.aaaa www.example.org']);
  });
});
