import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Secret } from '../../../src/base/secret.ts';
import { createProviders } from '../../../src/providers/create-providers.ts';
import { dnsZone, type DnsZone } from '../../../src/runbook/schema/world.ts';
import { queryServer } from '../../lab/dns-query.ts';
import { dnsFacts, setDnsUpdates, startDns } from '../../lab/dns.ts';
import { route53Calls, startRoute53 } from '../../lab/route53.ts';
import { makeTestLab } from '../../lab/test-lab.ts';

const { lab, end } = makeTestLab();
const facts = dnsFacts(lab);
const keySecret = (): string => /secret "(.*)"/.exec(readFileSync(facts.tsigFile, 'utf8'))?.[1] ?? '';
const zoneWith = (change: object = {}): DnsZone =>
  dnsZone.parse({
    zone: facts.zone,
    provider: { kind: 'rfc2136', ...facts.primary, keyName: facts.tsigName, keySecret: { env: 'KEY' }, ...change },
    servers: facts.servers.map((server) => ({ ...server, datacentre: 'west' })),
    records: {},
  });
const providerOf = (zone: DnsZone, text = keySecret()) =>
  createProviders().dns(zone, () => Promise.resolve(new Secret('env KEY', text)));
const serial = async (): Promise<string | undefined> =>
  (await queryServer(facts.primary, { name: facts.zone, type: 'SOA' })).answers[0]?.value;

describe('rights to change a record, found out without changing it', () => {
  beforeAll(async () => {
    await startDns(lab);
  });
  afterAll(end);

  test('are proven for the name the key may change, and nothing of the zone is another afterwards', async () => {
    const before = await serial();
    const provider = await providerOf(zoneWith());
    const record = { name: facts.name, type: 'A' } as const;
    for (let times = 0; times < 3; times += 1) {
      expect(await provider.mayChange(record)).toMatchObject({ kind: 'proven' });
    }
    expect(await serial()).toBe(before);
    const folder = join(lab.dir, 'dns', 'ns1');
    expect(existsSync(join(folder, 'kyc.test.zone.jnl'))).toBe(false);
    expect(readdirSync(folder).filter((name) => name.endsWith('.jnl'))).toEqual([]);
  });

  test('are refused for another name of the zone, with another secret, with an unknown key', async () => {
    const other = { name: `ns1.${facts.zone}`, type: 'A' } as const;
    const site = { name: facts.name, type: 'A' } as const;
    expect(await (await providerOf(zoneWith())).mayChange(other)).toMatchObject({
      kind: 'refused',
      advice: expect.stringContaining('update-policy'),
    });
    expect(await (await providerOf(zoneWith(), 'AAAA')).mayChange(site)).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining('BADSIG'),
    });
    expect(await (await providerOf(zoneWith({ keyName: 'nobody' }))).mayChange(site)).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining('BADKEY'),
    });
  });

  test('at Route 53 are not to be had without a change: it says so, and what it could show', async () => {
    const { endpoint, zoneId, accessKeyId, secretFile } = await startRoute53(lab);
    const zone = dnsZone.parse({
      zone: facts.zone,
      provider: { kind: 'route53', endpoint, zoneId, accessKeyId, secretAccessKey: { env: 'KEY' } },
      servers: facts.servers.map((server) => ({ ...server, datacentre: 'west' })),
      records: {},
    });
    const site = { name: facts.name, type: 'A' } as const;
    const known = await providerOf(zone, readFileSync(secretFile, 'utf8'));
    expect(await known.mayChange(site)).toMatchObject({ kind: 'untestable' });
    const unknown = await providerOf(zone, 'another secret');
    expect(await unknown.mayChange(site)).toMatchObject({ kind: 'refused', advice: expect.stringContaining('secret') });
    expect(route53Calls(lab).filter(({ changes }) => changes !== undefined)).toEqual([]);
  });

  test('are refused while the primary takes no updates, and not known where nobody answers', async () => {
    const site = { name: facts.name, type: 'A' } as const;
    await setDnsUpdates(lab, 'refused');
    expect(await (await providerOf(zoneWith())).mayChange(site)).toMatchObject({ kind: 'refused' });
    await setDnsUpdates(lab, 'accepted');
    expect(await (await providerOf(zoneWith({ port: 1 }))).mayChange(site)).toMatchObject({ kind: 'unknown' });
  });
});
