import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { systemClock } from '../../../src/base/clock.ts';
import { Secret } from '../../../src/base/secret.ts';
import { askNameServers } from '../../../src/providers/dns/name-servers.ts';
import { rfc2136Provider } from '../../../src/providers/dns/rfc2136.ts';
import type { DnsChange, RecordSet } from '../../../src/providers/providers.ts';
import { dnsZone } from '../../../src/runbook/schema/world.ts';
import { setDnsUpdates, startDns } from '../../lab/dns.ts';
import type { DnsFacts } from '../../lab/facts.ts';
import { setRelay } from '../../lab/relay.ts';
import { makeTestLab } from '../../lab/test-lab.ts';

jest.setTimeout(60_000);

const testLab = makeTestLab();
const { lab } = testLab;
let facts: DnsFacts;
beforeAll(async () => {
  facts = await startDns(lab);
});
afterAll(() => testLab.end());

const zoneOf = (provider: Record<string, unknown> = {}) =>
  dnsZone.parse({
    provider: {
      kind: 'rfc2136',
      ...facts.primary,
      keyName: facts.tsigName,
      keySecret: { file: facts.tsigFile },
      ...provider,
    },
    zone: facts.zone,
    servers: facts.servers.map((server) => ({ ...server, datacentre: 'here' })),
    records: { www: { name: facts.name, type: 'A', production: [`${lab.net}.10`], recovery: [`${lab.net}.20`] } },
  });
const connect = (options: { provider?: Record<string, unknown>; secret?: string; skewMs?: number } = {}) => {
  const zone = zoneOf(options.provider);
  if (zone.provider.kind !== 'rfc2136') throw new Error('unreachable');
  const secret = new Secret('file', options.secret ?? readFileSync(facts.tsigFile, 'utf8'));
  const clock = { ...systemClock, nowMs: () => Date.now() + (options.skewMs ?? 0) };
  return rfc2136Provider(zone, zone.provider, { secret, clock });
};
const www = (last: number | number[], ttlSeconds = 60): RecordSet => ({
  name: 'www.kyc.test',
  type: 'A',
  ttlSeconds,
  values: [last]
    .flat()
    .map((number) => `${lab.net}.${String(number)}`)
    .sort(),
});
const change = (from: RecordSet, to: RecordSet): DnsChange[] => [{ from, to }];
const names = [{ name: 'www.kyc.test', type: 'A' as const }];

describe('a zone changed by signed dynamic updates', () => {
  test('the change is made where the old values stand, whole, and read back', async () => {
    const provider = connect();
    expect(await provider.read(names)).toEqual([www(10)]);
    expect(await provider.compareAndSet(change(www(10), www([20, 21], 30)))).toEqual({ kind: 'applied' });
    expect(await provider.read(names)).toEqual([www([20, 21], 30)]);
  });

  test('the same change again is already made, and nothing moves', async () => {
    expect(await connect().compareAndSet(change(www(10), www([20, 21], 30)))).toEqual({ kind: 'already' });
  });

  test('a base that no longer stands, whole or in part, is a conflict that shows what stands', async () => {
    for (const stale of [www(10), www(20), www([20, 21, 22])]) {
      const outcome = await connect().compareAndSet(change(stale, www(30)));
      expect(outcome).toEqual({ kind: 'conflict', current: [www([20, 21], 30)] });
    }
    expect(await connect().compareAndSet(change(www([20, 21], 30), www(10)))).toEqual({ kind: 'applied' });
  });

  test('a batch with one bad part changes nothing at all', async () => {
    const batch = [
      ...change(www(10), www(20)),
      {
        from: { ...www(1), type: 'AAAA' as const, values: ['::1'] },
        to: { ...www(1), type: 'AAAA' as const, values: ['::2'] },
      },
    ];
    expect((await connect().compareAndSet(batch)).kind).toBe('conflict');
    expect(await connect().read(names)).toEqual([www(10)]);
  });

  test.each([
    ['an unknown key', { provider: { keyName: 'stranger' } }, 'BADKEY'],
    ['another secret', { secret: Buffer.from('wrong').toString('base64') }, 'BADSIG'],
    ['a clock ten minutes off', { skewMs: 600_000 }, 'BADTIME'],
  ])('%s is refused by name, with what to mend', async (_, options, reason) => {
    await expect(connect(options).compareAndSet(change(www(10), www(20)))).rejects.toMatchObject({
      code: 'dns-refused',
      details: { reason: expect.stringContaining(reason) },
      hint: expect.stringMatching(/runbook|this one right/),
    });
  });

  test('a name outside the key is refused, and so is everything where updates are barred', async () => {
    const other = { ...www(10), name: 'limburg.kyc.test' };
    await expect(connect().compareAndSet(change(other, { ...other, values: ['127.0.0.9'] }))).rejects.toMatchObject({
      code: 'dns-refused',
    });
    await setDnsUpdates(lab, 'refused');
    await expect(connect().compareAndSet(change(www(10), www(20)))).rejects.toMatchObject({
      code: 'dns-refused',
      details: { reason: 'REFUSED' },
    });
    await setDnsUpdates(lab, 'accepted');
  });

  test('a primary that swallows everything ends in an unknown outcome within its deadlines, and a dead one too', async () => {
    await setRelay(lab, 'ns1', { kind: 'freeze' });
    const startedMs = Date.now();
    expect((await connect().compareAndSet(change(www(10), www(20)))).kind).toBe('unknown');
    expect(Date.now() - startedMs).toBeLessThan(15_000);
    await expect(connect().read(names)).rejects.toMatchObject({ code: 'dns-unreachable' });
    await setRelay(lab, 'ns1', { kind: 'refuse' });
    expect((await connect().compareAndSet(change(www(10), www(20)))).kind).toBe('unknown');
    await setRelay(lab, 'ns1', { kind: 'pass' });
    expect(await connect().read(names)).toEqual([www(10)]);
  });
});

describe('name servers asked directly', () => {
  test('each server answers for itself with values, TTL and serial; a silent one is named with its reason', async () => {
    const [first, second] = await askNameServers(zoneOf(), [...names, { name: 'www.kyc.test', type: 'AAAA' }]);
    expect(first).toMatchObject({ server: 'ns1.kyc.test', answer: { kind: 'answered', records: [www(10)] } });
    expect(second?.answer).toEqual(first?.answer);
    await setRelay(lab, 'ns2', { kind: 'freeze' });
    const [, silent] = await askNameServers(zoneOf(), names);
    expect(silent).toMatchObject({
      server: 'ns2.kyc.test',
      answer: { kind: 'silent', reason: expect.stringContaining('did not answer within 2 s') },
    });
    await setRelay(lab, 'ns2', { kind: 'pass' });
  });
});
