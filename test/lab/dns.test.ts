import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { queryServer, transferZone } from './dns-query.ts';
import { setDnsUpdates, setSecondary, startDns } from './dns.ts';
import type { DnsFacts, Endpoint } from './facts.ts';
import { run, waitFor } from './process.ts';
import { setRelay } from './relay.ts';
import { makeTestLab } from './test-lab.ts';

jest.setTimeout(60_000);

const testLab = makeTestLab();
const { lab } = testLab;
let facts: DnsFacts;

beforeAll(async () => {
  facts = await startDns(lab);
});
afterAll(() => testLab.end());

const server = (index: 0 | 1): Endpoint => facts.servers[index] as Endpoint;
const addressAt = async (index: 0 | 1): Promise<string | undefined> =>
  (await queryServer(server(index), { name: facts.name, type: 'A' })).answers.map((answer) => answer.value).join();
const eventually = (index: 0 | 1, value: string) =>
  waitFor(`${value} at server ${String(index)}`, async () => ((await addressAt(index)) === value ? true : undefined));

/** A compare-and-set, as an operator types it. */
const update = (from: string, to: string, name: string = facts.name) =>
  run(['nsupdate', '-k', facts.tsigFile, '-t', '3', '-r', '0'], {
    input: `server ${facts.primary.address} ${String(facts.primary.port)}
zone ${facts.zone}
prereq yxrrset ${name} A ${from}
update delete ${name} A
update add ${name} 60 A ${to}
send
`,
  });

describe('the zone kyc.test', () => {
  test('both servers answer with authority, over UDP and TCP, with the TTL asked for', async () => {
    for (const index of [0, 1] as const) {
      for (const tcp of [false, true]) {
        const reply = await queryServer(server(index), { name: 'www.kyc.test', type: 'A' }, { tcp });
        expect(reply).toEqual({
          rcode: 'NOERROR',
          authoritative: true,
          answers: [{ name: 'www.kyc.test', type: 'A', ttlSeconds: 60, value: `${lab.net}.10` }],
        });
      }
    }
    expect((await queryServer(server(0), { name: 'absent.kyc.test', type: 'A' })).rcode).toBe('NXDOMAIN');
    expect((await queryServer(server(0), { name: 'example.com', type: 'A' })).rcode).toBe('REFUSED');
    expect((await transferZone(server(0), 'kyc.test')).map((record) => record.type).sort()).toEqual([
      'A',
      'A',
      'A',
      'A',
      'A',
      'NS',
      'NS',
      'SOA',
    ]);
  });

  test('starting it again changes nothing', async () => {
    expect(await startDns(lab)).toEqual(facts);
  });

  test('a signed compare-and-set reaches both servers; one with a wrong base changes nothing', async () => {
    await update(`${lab.net}.10`, `${lab.net}.20`);
    expect(await addressAt(0)).toBe(`${lab.net}.20`);
    await eventually(1, `${lab.net}.20`);
    await expect(update(`${lab.net}.10`, `${lab.net}.30`)).rejects.toThrow('NXRRSET');
    expect(await addressAt(0)).toBe(`${lab.net}.20`);
  });

  test('the key may change the name of the site alone', async () => {
    await expect(update(`${lab.net}.10`, `${lab.net}.20`, 'limburg.kyc.test')).rejects.toThrow('REFUSED');
  });

  test('refused updates: a valid key is refused until they are accepted again', async () => {
    await setDnsUpdates(lab, 'refused');
    await expect(update(`${lab.net}.20`, `${lab.net}.10`)).rejects.toThrow('REFUSED');
    await setDnsUpdates(lab, 'accepted');
    await update(`${lab.net}.20`, `${lab.net}.10`);
    await eventually(1, `${lab.net}.10`);
  });

  test('a stale secondary goes on answering the old address, and follows again when told', async () => {
    await setSecondary(lab, 'stale');
    await update(`${lab.net}.10`, `${lab.net}.20`);
    expect(await addressAt(0)).toBe(`${lab.net}.20`);
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(await addressAt(1)).toBe(`${lab.net}.10`);
    await setSecondary(lab, 'following');
    expect(await addressAt(1)).toBe(`${lab.net}.20`);
  });

  test('a server behind a frozen door does not answer; the other does', async () => {
    await setRelay(lab, 'ns1', { kind: 'freeze' });
    await expect(queryServer(server(0), { name: facts.name, type: 'A' }, { timeoutMs: 300 })).rejects.toThrow(
      'did not answer',
    );
    await expect(update(`${lab.net}.20`, `${lab.net}.10`)).rejects.toThrow('timed out');
    expect(await addressAt(1)).toBe(`${lab.net}.20`);
    await setRelay(lab, 'ns1', { kind: 'pass' });
    expect(await addressAt(0)).toBe(`${lab.net}.20`);
  });
});
