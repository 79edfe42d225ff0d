import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { systemClock } from '../../../src/base/clock.ts';
import { Secret } from '../../../src/base/secret.ts';
import { route53Provider } from '../../../src/providers/dns/route53.ts';
import type { RecordSet } from '../../../src/providers/providers.ts';
import { dnsZone } from '../../../src/runbook/schema/world.ts';
import { startDns } from '../../lab/dns.ts';
import type { DnsFacts, Route53Facts } from '../../lab/facts.ts';
import { setRelay } from '../../lab/relay.ts';
import { route53Calls, setRoute53, startRoute53 } from '../../lab/route53.ts';
import { makeTestLab } from '../../lab/test-lab.ts';

jest.setTimeout(120_000);

const { lab, end } = makeTestLab();
let dns: DnsFacts;
let facts: Route53Facts;
beforeAll(async () => {
  dns = await startDns(lab);
  facts = await startRoute53(lab);
  await setRoute53(lab, { insyncDelayMs: 100 });
});
afterAll(() => end());
afterEach(() => setRoute53(lab, { insyncDelayMs: 100 }));

const connect = (options: { secret?: string; zoneId?: string; endpoint?: string; address?: string } = {}) => {
  const zone = dnsZone.parse({
    provider: {
      kind: 'route53',
      endpoint: options.endpoint ?? facts.endpoint,
      ...(options.address === undefined ? {} : { address: options.address }),
      zoneId: options.zoneId ?? facts.zoneId,
      accessKeyId: facts.accessKeyId,
      secretAccessKey: { file: 'f' },
    },
    zone: 'kyc.test',
    servers: dns.servers.map((server) => ({ ...server, datacentre: 'here' })),
    records: {},
  });
  if (zone.provider.kind !== 'route53') throw new Error('unreachable');
  const secret = new Secret('file', options.secret ?? readFileSync(facts.secretFile, 'utf8'));
  return route53Provider(zone, zone.provider, { secret, clock: systemClock });
};
const www = (last: number, ttlSeconds = 60): RecordSet => ({
  name: 'www.kyc.test',
  type: 'A',
  ttlSeconds,
  values: [`${lab.net}.${String(last)}`],
});
const names = [{ name: 'www.kyc.test', type: 'A' as const }];

describe('a zone changed through Route 53', () => {
  test('the exact old set is deleted and the new one created in one batch, never an upsert', async () => {
    const provider = connect();
    expect(await provider.read(names)).toEqual([www(10)]);
    expect(await provider.compareAndSet([{ from: www(10), to: www(20, 30) }])).toEqual({ kind: 'applied' });
    expect(await provider.read(names)).toEqual([www(20, 30)]);
    expect(await provider.compareAndSet([{ from: www(10), to: www(20, 30) }])).toEqual({ kind: 'already' });
    const actions = route53Calls(lab).flatMap((one) => one.changes?.map(({ action }) => action) ?? []);
    expect(new Set(actions)).toEqual(new Set(['DELETE', 'CREATE']));
  });

  test('a base that differs in a value or only in its TTL is a conflict that shows what stands', async () => {
    for (const stale of [www(10, 30), www(20, 31)]) {
      expect(await connect().compareAndSet([{ from: stale, to: www(40) }])).toEqual({
        kind: 'conflict',
        current: [www(20, 30)],
      });
    }
  });

  test('the pinned address of the API is used, and its name is never looked up', async () => {
    const named = {
      endpoint: facts.endpoint.replace(/\/\/[^:]+/, '//route53.nowhere.invalid'),
      address: `${lab.net}.43`,
    };
    expect(await connect(named).read(names)).toEqual([www(20, 30)]);
  });

  test('carried out with its reply lost, it is found to be made already', async () => {
    await setRoute53(lab, { answer: 'lost-reply', insyncDelayMs: 100 });
    const asking = connect().compareAndSet([{ from: www(20, 30), to: www(10) }]);
    setTimeout(() => void setRoute53(lab, { insyncDelayMs: 100 }), 1_000);
    expect(['applied', 'already']).toContain((await asking).kind);
    expect(await connect().read(names)).toEqual([www(10)]);
  });

  test.each([
    ['a wrong secret', () => connect({ secret: 'wrong' }), 'SignatureDoesNotMatch'],
    ['an unknown zone', () => connect({ zoneId: 'Z0000000000000000000' }), 'NoSuchHostedZone'],
  ])('%s is refused by name, with what to look at', async (_, make, code) => {
    await expect(make().read(names)).rejects.toMatchObject({
      code: 'dns-refused',
      details: { reason: expect.stringContaining(code) },
    });
  });

  test('a key that may read and not change is refused by name', async () => {
    await setRoute53(lab, { denied: ['ChangeResourceRecordSets'] });
    await expect(connect().compareAndSet([{ from: www(10), to: www(20) }])).rejects.toMatchObject({
      code: 'dns-refused',
      details: { reason: expect.stringContaining('AccessDenied') },
    });
  });

  test('an endpoint that is silent, or gone, ends in an unknown outcome within its deadline', async () => {
    await setRelay(lab, 'route53', { kind: 'refuse' });
    expect((await connect().compareAndSet([{ from: www(10), to: www(20) }])).kind).toBe('unknown');
    await expect(connect().read(names)).rejects.toMatchObject({ code: 'dns-unreachable' });
    await setRelay(lab, 'route53', { kind: 'pass' });
    await setRoute53(lab, { answer: 'silent' });
    const startedMs = Date.now();
    await expect(connect().read(names)).rejects.toMatchObject({ code: 'dns-unreachable' });
    expect(Date.now() - startedMs).toBeLessThan(35_000);
  });
});
