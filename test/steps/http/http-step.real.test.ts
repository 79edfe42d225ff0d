import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { createProviders } from '../../../src/providers/create-providers.ts';
import type { NameServerAnswer } from '../../../src/providers/providers.ts';
import { dnsZone, service } from '../../../src/runbook/schema/world.ts';
import { httpStep } from '../../../src/steps/http/http-step.ts';
import { makeTestLab } from '../../lab/test-lab.ts';
import { makeCertificates } from '../../lab/web.ts';
import { plannedStep, specOf, stepContext } from '../step-context.ts';

jest.setTimeout(30_000);

const testLab = makeTestLab();
const { dir } = testLab.lab;
const kind = httpStep();
const listeners: Record<'production' | 'recovery', RequestListener> = {
  production: () => undefined,
  recovery: () => undefined,
};
const ports = { production: 0, recovery: 0 };
const closing: (() => void)[] = [];

beforeAll(async () => {
  mkdirSync(join(dir, 'tls'), { recursive: true });
  await makeCertificates(testLab.lab);
  writeFileSync(join(dir, 'tls', 'stranger.pem'), rootCertificates[0] ?? '');
  const [key, cert] = ['site.key', 'site.pem'].map((name) => readFileSync(join(dir, 'tls', name)));
  for (const [side, address] of [
    ['production', '127.0.0.10'],
    ['recovery', '127.0.0.20'],
  ] as const) {
    const server = createServer({ key: key as Buffer, cert: cert as Buffer }, (request, response) =>
      listeners[side](request, response),
    );
    await new Promise<void>((resolve) => server.listen(0, address, resolve));
    ports[side] = (server.address() as AddressInfo).port;
    closing.push(() => {
      server.closeAllConnections();
      server.close();
    });
  }
});
afterAll(async () => {
  for (const close of closing) close();
  await testLab.end();
});
beforeEach(() => {
  listeners.production = json({ site: 'limburg' });
  listeners.recovery = json({ site: 'gravelines', users: 1200, newest: '2026-11-21T14:00:00.000Z' });
});

const json =
  (body: object, status = 200): RequestListener =>
  (_, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };
const importStep = plannedStep(
  specOf({ kind: 'database', id: 'import', do: 'import', database: 'kyc', fetch: 'fetch' }),
);
const contextOf = (
  options: { outputs?: object; url?: string; caFile?: string; answers?: NameServerAnswer[]; lost?: string[] } = {},
) => {
  const side = (name: 'production' | 'recovery') => ({
    host: name === 'production' ? 'limburg' : 'gravelines',
    address: name === 'production' ? '127.0.0.10' : '127.0.0.20',
    port: ports[name],
  });
  const world = {
    service: service.parse({
      name: 'kyc',
      url: options.url ?? 'https://www.kyc.test/health',
      caFile: options.caFile ?? join(dir, 'tls', 'ca.pem'),
      production: side('production'),
      recovery: side('recovery'),
    }),
    dns: {
      main: dnsZone.parse({
        provider: { kind: 'rfc2136', address: '127.0.0.1', keyName: 'k', keySecret: { file: 'k' } },
        zone: 'kyc.test',
        servers: [
          { name: 'ns1', address: '127.0.0.1', datacentre: 'gravelines' },
          { name: 'ns2', address: '127.0.0.2', datacentre: 'limburg' },
        ],
        records: { www: { name: 'www.kyc.test', type: 'A', production: ['127.0.0.10'], recovery: ['127.0.0.20'] } },
      }),
    },
  };
  const outputs = {
    import: { tables: 2, rows: { 'kyc.users': 1200 }, newest: '2026-11-21T14:00:00Z', ...options.outputs },
  };
  const context = stepContext({
    world,
    facts: { outputs, situation: { lost: options.lost ?? [] } },
    over: { providers: { ...createProviders(), askNameServers: () => Promise.resolve(options.answers ?? []) } },
  });
  const phases = { restoration: [{ name: 'main', steps: [importStep] }] };
  return { ...context, plan: { ...context.plan, phases } };
};
type Context = ReturnType<typeof contextOf>;
const look = (spec: Record<string, unknown>, context: Context = contextOf()) => {
  const parsed = specOf({ kind: 'http', against: 'recovery', patience: '1s', within: '1s', ...spec });
  return kind.run(plannedStep(parsed), parsed, context);
};
const reason = async (spec: Record<string, unknown>, context?: Context) => {
  const outcome = await look(spec, context);
  return outcome.kind === 'failed' ? outcome.error.message : outcome.kind;
};

describe('a pinned side', () => {
  test('is asked at its address under its real name, and healthy when content and counts are those restored', async () => {
    let host: string | undefined;
    const answer = listeners.recovery;
    listeners.recovery = (request, response) => {
      host = request.headers.host;
      answer(request, response);
    };
    const outcome = await look({
      json: { site: '$site', users: '$rows:kyc.users', newest: '$newest' },
      contains: ['gravelines'],
    });
    expect(outcome).toMatchObject({
      kind: 'done',
      lines: [expect.stringContaining('127.0.0.20 (recovery (gravelines)): 200 in')],
    });
    expect(host).toBe('www.kyc.test');
  });

  test('a stale copy that answers 200 is not healthy: each difference is named', async () => {
    listeners.recovery = json({ site: 'gravelines', users: 1100, newest: '2026-11-20T14:00:00Z' });
    const said = await reason({ json: { users: '$rows:kyc.users', newest: '$newest' } });
    expect(said).toContain('users is 1100, expected 1200');
    expect(said).toContain('newest is "2026-11-20T14:00:00Z"');
  });

  test('what no restoration has said is never taken for granted', async () => {
    expect(await reason({ json: { users: '$rows:kyc.nothing' } })).toContain(
      'no restoration of this run has said $rows:kyc.nothing',
    );
  });

  test('more rows than restored are wrong before users are there, and right with >=', async () => {
    listeners.recovery = json({ users: 1201 });
    expect(await reason({ json: { users: '$rows:kyc.users' } })).toContain('users is 1201');
    expect(await reason({ json: { users: '>=$rows:kyc.users' } })).toBe('done');
  });

  test('a certificate for another name or from an unknown authority is refused, unless told not to look', async () => {
    expect(await reason({}, contextOf({ url: 'https://other.test/' }))).toContain('certificate not good');
    expect(await reason({}, contextOf({ caFile: join(dir, 'tls', 'stranger.pem') }))).toContain('certificate not good');
    expect(await reason({ certificate: false }, contextOf({ url: 'https://other.test/' }))).toBe('done');
  });

  test('it is asked again until it is healthy, within the patience; too slow, cut and wrong status are said', async () => {
    let asked = 0;
    listeners.recovery = (request, response) => {
      asked += 1;
      json({ up: asked > 1 }, asked > 1 ? 200 : 503)(request, response);
    };
    const context = contextOf();
    expect(await look({ patience: '5s' }, context)).toMatchObject({ kind: 'done', output: { looks: 2 } });
    expect(context.reports[0]).toContain('status 503, expected 200');
    listeners.recovery = () => undefined;
    expect(await reason({ within: '200ms', patience: '300ms' })).toContain('too late: no whole answer within 200 ms');
    listeners.recovery = (request) => request.socket.destroy();
    expect(await reason({})).toContain('cut off');
  });
});

describe('through the name servers', () => {
  const answers = (first: string, second: string | undefined): NameServerAnswer[] => [
    {
      server: 'ns1',
      address: '127.0.0.1',
      answer: { kind: 'answered', records: [{ name: 'www.kyc.test', type: 'A', ttlSeconds: 60, values: [first] }] },
    },
    {
      server: 'ns2',
      address: '127.0.0.2',
      answer:
        second === undefined
          ? { kind: 'silent', reason: 'did not answer' }
          : { kind: 'answered', records: [{ name: 'www.kyc.test', type: 'A', ttlSeconds: 60, values: [second] }] },
    },
  ];
  const spec = { against: 'dns', expectSide: 'recovery', json: { site: 'gravelines' } };

  test('every server must send users to the expected side, and that side must answer', async () => {
    expect(await reason(spec, contextOf({ answers: answers('127.0.0.20', '127.0.0.20') }))).toBe('done');
    expect(await reason(spec, contextOf({ answers: answers('127.0.0.20', '127.0.0.10') }))).toContain(
      'users are sent to 127.0.0.10',
    );
    expect(await reason(spec, contextOf({ answers: answers('127.0.0.20', undefined) }))).toContain(
      'ns2: did not answer',
    );
    expect(await reason(spec, contextOf({ answers: answers('127.0.0.20', undefined), lost: ['limburg'] }))).toBe(
      'done',
    );
    expect(await reason(spec, contextOf({ answers: [] }))).toContain('no name server of kyc.test answered');
  });

  test('counts may have grown there, never shrunk', async () => {
    const grown = { ...spec, json: { users: '$rows:kyc.users' } };
    listeners.recovery = json({ users: 1300 });
    expect(await reason(grown, contextOf({ answers: answers('127.0.0.20', '127.0.0.20') }))).toBe('done');
    listeners.recovery = json({ users: 1199 });
    expect(await reason(grown, contextOf({ answers: answers('127.0.0.20', '127.0.0.20') }))).toContain(
      'expected 1200 or more',
    );
  });
});

test('a reference that no restoration ever answers is refused when the plan is made', () => {
  const spec = specOf({ kind: 'http', against: 'recovery', json: { a: '$loss' } });
  expect(() => kind.describe(spec, contextOf().world)).toThrow("'$loss' names nothing");
});
