import type { Change } from '@aws-sdk/client-route-53';
import {
  ChangeResourceRecordSetsCommand,
  GetChangeCommand,
  GetHostedZoneCommand,
  ListHostedZonesByNameCommand,
  ListResourceRecordSetsCommand,
  Route53Client,
} from '@aws-sdk/client-route-53';
import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { queryServer } from './dns-query.ts';
import { startDns } from './dns.ts';
import type { DnsFacts, Endpoint, Route53Facts } from './facts.ts';
import { endProcess, run, waitFor } from './process.ts';
import { setRelay } from './relay.ts';
import { route53Calls, setRoute53, startRoute53 } from './route53.ts';
import { makeTestLab } from './test-lab.ts';

jest.setTimeout(60_000);

const { lab, end } = makeTestLab();
let dns: DnsFacts;
let facts: Route53Facts;
let client: Route53Client;

beforeAll(async () => {
  dns = await startDns(lab);
  facts = await startRoute53(lab);
  client = clientWith({});
});
afterAll(() => end());
beforeEach(async () => {
  await setRoute53(lab, { insyncDelayMs: 100 });
  await new Promise((resolve) => setTimeout(resolve, 1_000)); // the account's five calls a second
});

function clientWith(options: {
  secret?: string;
  region?: string;
  accessKeyId?: string;
  systemClockOffset?: number;
  timeoutMs?: number;
}): Route53Client {
  return new Route53Client({
    endpoint: facts.endpoint,
    region: options.region ?? 'us-east-1',
    maxAttempts: 1,
    systemClockOffset: options.systemClockOffset ?? 0,
    requestHandler: { requestTimeout: options.timeoutMs ?? 5_000, throwOnRequestTimeout: true },
    credentials: {
      accessKeyId: options.accessKeyId ?? facts.accessKeyId,
      secretAccessKey: options.secret ?? readFileSync(facts.secretFile, 'utf8').trim(),
    },
  });
}

const change = (
  Action: 'CREATE' | 'DELETE' | 'UPSERT',
  values: string[],
  at: { ttl?: number; name?: string } = {},
): Change => ({
  Action,
  ResourceRecordSet: {
    Name: at.name ?? 'www.kyc.test',
    Type: 'A',
    TTL: at.ttl ?? 60,
    ResourceRecords: values.map((Value) => ({ Value })),
  },
});
const send = (...Changes: Change[]) =>
  client.send(
    new ChangeResourceRecordSetsCommand({
      HostedZoneId: facts.zoneId,
      ChangeBatch: { Comment: 'drp & <test>', Changes },
    }),
  );
const listed = async (StartRecordName = 'www.kyc.test') =>
  (
    await client.send(
      new ListResourceRecordSetsCommand({
        HostedZoneId: facts.zoneId,
        StartRecordName,
        StartRecordType: 'A',
        MaxItems: 1,
      }),
    )
  ).ResourceRecordSets?.[0];
const served = async (): Promise<string> =>
  (await queryServer(dns.primary as Endpoint, { name: 'www.kyc.test', type: 'A' })).answers
    .map((answer) => answer.value)
    .join();
const insync = (Id: string | undefined) =>
  waitFor('INSYNC', async () => {
    const { ChangeInfo } = await client.send(new GetChangeCommand({ Id }));
    if (ChangeInfo?.Status === 'INSYNC') return ChangeInfo;
    await new Promise((resolve) => setTimeout(resolve, 300));
    return undefined;
  });
const address = (number: number): string => `${lab.net}.${String(number)}`;

describe('the Route 53 endpoint, asked by the AWS client', () => {
  test('finds the zone by name; a name after it finds nothing, a name before it finds it too', async () => {
    const find = async (DNSName: string) =>
      (await client.send(new ListHostedZonesByNameCommand({ DNSName }))).HostedZones?.map((found) => found.Id);
    expect(await find('kyc.test')).toEqual([`/hostedzone/${facts.zoneId}`]);
    expect(await find('aaa.test')).toEqual([`/hostedzone/${facts.zoneId}`]);
    expect(await find('zzz.test')).toEqual([]);
    const got = await client.send(new GetHostedZoneCommand({ Id: `/hostedzone/${facts.zoneId}` }));
    expect(got.HostedZone).toMatchObject({
      Name: 'kyc.test.',
      ResourceRecordSetCount: 7,
      Config: { PrivateZone: false },
    });
    expect(got.DelegationSet?.NameServers).toEqual(['ns1.kyc.test', 'ns2.kyc.test']);
  });

  test('an unknown zone and an unknown change are named as such', async () => {
    await expect(client.send(new GetHostedZoneCommand({ Id: 'ZNONE' }))).rejects.toMatchObject({
      name: 'NoSuchHostedZone',
    });
    await expect(client.send(new GetChangeCommand({ Id: 'CNONE' }))).rejects.toMatchObject({ name: 'NoSuchChange' });
  });

  test('lists page by page in the order of the names', async () => {
    const first = await client.send(new ListResourceRecordSetsCommand({ HostedZoneId: facts.zoneId, MaxItems: 6 }));
    expect(first.ResourceRecordSets?.map((set) => `${set.Name ?? ''} ${set.Type ?? ''}`)).toEqual([
      'kyc.test. NS',
      'kyc.test. SOA',
      'gravelines.kyc.test. A',
      'limburg.kyc.test. A',
      'ns1.kyc.test. A',
      'ns2.kyc.test. A',
    ]);
    expect(first).toMatchObject({ IsTruncated: true, NextRecordName: 'www.kyc.test.', NextRecordType: 'A' });
    expect(await listed()).toEqual({
      Name: 'www.kyc.test.',
      Type: 'A',
      TTL: 60,
      ResourceRecords: [{ Value: address(10) }],
    });
  });

  test('an exact DELETE with CREATE is PENDING and listed at once, then INSYNC and served', async () => {
    await setRoute53(lab, { insyncDelayMs: 900 });
    const { ChangeInfo } = await send(change('DELETE', [address(10)]), change('CREATE', [address(20)], { ttl: 30 }));
    expect(ChangeInfo).toMatchObject({ Status: 'PENDING', Comment: 'drp & <test>' });
    expect(await listed()).toMatchObject({ TTL: 30, ResourceRecords: [{ Value: address(20) }] });
    expect(await served()).toBe(address(10));
    await insync(ChangeInfo?.Id);
    expect(await served()).toBe(address(20));
  });

  test('what nsupdate writes is listed', async () => {
    const input = `server ${dns.primary.address} ${String(dns.primary.port)}\nzone kyc.test\nupdate delete www.kyc.test A\nupdate add www.kyc.test 60 A ${address(10)}\nsend\n`;
    await run(['nsupdate', '-k', dns.tsigFile], { input });
    expect(await listed()).toMatchObject({ TTL: 60, ResourceRecords: [{ Value: address(10) }] });
  });

  test('a batch with one change that does not fit changes nothing and says why', async () => {
    const refusal = (message: string) => ({ name: 'InvalidChangeBatch', message: expect.stringContaining(message) });
    const www = "resource record set [name='www.kyc.test.', type='A']";
    await expect(send(change('DELETE', [address(11)]), change('CREATE', [address(20)]))).rejects.toMatchObject(
      refusal(`Tried to delete ${www} but the values provided do not match the current values`),
    );
    await expect(send(change('DELETE', [address(10)], { ttl: 61 }))).rejects.toMatchObject(
      refusal('do not match the current values'),
    );
    await expect(send(change('CREATE', [address(20)]))).rejects.toMatchObject(
      refusal(`[Tried to create ${www} but it already exists]`),
    );
    await expect(
      send(
        change('CREATE', [address(20)], { name: 'a.kyc.test' }),
        change('DELETE', ['127.0.0.1'], { name: 'b.kyc.test' }),
      ),
    ).rejects.toMatchObject(refusal('but it was not found'));
    expect((await listed('a.kyc.test'))?.Name).toBe('gravelines.kyc.test.');
  });

  test('values and names that cannot be are refused', async () => {
    await expect(send(change('CREATE', ['not-an-address'], { name: 'a.kyc.test' }))).rejects.toMatchObject({
      name: 'InvalidChangeBatch',
    });
    await expect(send(change('CREATE', ['127.0.0.1'], { name: 'a.example.com' }))).rejects.toThrow(
      'is not permitted in zone kyc.test.',
    );
    await expect(send(change('CREATE', ['127.0.0.1', '127.0.0.1'], { name: 'a.kyc.test' }))).rejects.toThrow(
      'Duplicate Resource Record',
    );
    await expect(send()).rejects.toMatchObject({ name: 'InvalidInput' });
  });

  test('UPSERT works and leaves its trace in the log', async () => {
    const before = route53Calls(lab).length;
    const { ChangeInfo } = await send(change('UPSERT', ['127.0.0.9'], { name: 'extra.kyc.test' }));
    await insync(ChangeInfo?.Id);
    expect(route53Calls(lab)[before]).toMatchObject({
      operation: 'ChangeResourceRecordSets',
      status: 200,
      changes: [{ action: 'UPSERT', name: 'extra.kyc.test.', type: 'A' }],
    });
  });

  test('a wrong secret, key, region or clock is refused', async () => {
    const asked = (options: Parameters<typeof clientWith>[0]) =>
      clientWith(options).send(new GetHostedZoneCommand({ Id: facts.zoneId }));
    await expect(asked({ secret: 'wrong' })).rejects.toMatchObject({ name: 'SignatureDoesNotMatch' });
    await expect(asked({ accessKeyId: 'AKIANOBODY' })).rejects.toMatchObject({ name: 'InvalidClientTokenId' });
    await expect(asked({ region: 'eu-west-1' })).rejects.toMatchObject({ name: 'SignatureDoesNotMatch' });
    await expect(asked({ systemClockOffset: -3_600_000 })).rejects.toThrow('Signature expired');
    expect((await fetch(`${facts.endpoint}/2013-04-01/hostedzone/${facts.zoneId}`)).status).toBe(403);
  });

  test('the sixth call within a second is throttled', async () => {
    const calls = await Promise.allSettled(
      Array.from({ length: 6 }, () => client.send(new GetHostedZoneCommand({ Id: facts.zoneId }))),
    );
    const refused = calls.filter((call) => call.status === 'rejected');
    expect(refused.map((call) => (call.reason as Error).name)).toEqual(['Throttling']);
  });

  test('faults: access denied, busy, internal error, silence, no connection', async () => {
    const get = (timeoutMs = 5_000) => clientWith({ timeoutMs }).send(new GetHostedZoneCommand({ Id: facts.zoneId }));
    await setRoute53(lab, { denied: ['ChangeResourceRecordSets'] });
    await expect(send(change('CREATE', ['127.0.0.1'], { name: 'a.kyc.test' }))).rejects.toMatchObject({
      name: 'AccessDenied',
    });
    await setRoute53(lab, { busy: true });
    await expect(send(change('CREATE', ['127.0.0.1'], { name: 'a.kyc.test' }))).rejects.toMatchObject({
      name: 'PriorRequestNotComplete',
    });
    await setRoute53(lab, { answer: 'error500' });
    await expect(get()).rejects.toMatchObject({ $metadata: { httpStatusCode: 500 } });
    await setRoute53(lab, { answer: 'silent' });
    await expect(get(300)).rejects.toMatchObject({ name: 'TimeoutError' });
    await setRoute53(lab, {});
    await setRelay(lab, 'route53', { kind: 'refuse' });
    await expect(get()).rejects.toThrow('ECONNREFUSED');
    await setRelay(lab, 'route53', { kind: 'pass' });
    await get();
  });

  test('lost-reply: the change happens although the caller hears nothing', async () => {
    await setRoute53(lab, { answer: 'lost-reply', insyncDelayMs: 0 });
    await expect(send(change('DELETE', [address(10)]), change('CREATE', [address(20)]))).rejects.toThrow(
      /ECONNRESET|socket hang up/,
    );
    await waitFor('the new address', async () => ((await served()) === address(20) ? true : undefined));
  });

  test('a pending change outlives the endpoint', async () => {
    await setRoute53(lab, { insyncDelayMs: 1_500 });
    const { ChangeInfo } = await send(change('DELETE', [address(20)]), change('CREATE', [address(10)]));
    await endProcess(lab, 'route53', { signal: 'SIGKILL' });
    await setRoute53(lab, { insyncDelayMs: 0 });
    expect(await startRoute53(lab)).toEqual(facts);
    await insync(ChangeInfo?.Id);
    expect(await served()).toBe(address(10));
  });
});
