import { afterAll, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import type { Json } from '../../../src/events/event.ts';
import { dnsZone } from '../../../src/runbook/schema/world.ts';
import { dnsStep } from '../../../src/steps/dns/dns-step.ts';
import type { StepOutcome } from '../../../src/steps/step-kind.ts';
import { secondaryFollows, setDnsUpdates, setSecondary, startDns } from '../../lab/dns.ts';
import type { DnsFacts } from '../../lab/facts.ts';
import { run } from '../../lab/process.ts';
import { setRelay } from '../../lab/relay.ts';
import { makeTestLab } from '../../lab/test-lab.ts';
import { plannedStep, specOf, stepContext } from '../step-context.ts';

jest.setTimeout(90_000);

const testLab = makeTestLab();
const { lab } = testLab;
let facts: DnsFacts;
beforeAll(async () => {
  facts = await startDns(lab);
});
afterAll(() => testLab.end());
beforeEach(async () => {
  await byHand(10);
  await secondaryFollows(facts.servers);
});

const kind = dnsStep({ settleMs: 4_000 });
const [forth, back] = (['recovery', 'production'] as const).map((to) =>
  specOf({ kind: 'dns', id: `to-${to}`, do: 'switch', zone: 'main', records: ['www'], to }),
) as [ReturnType<typeof specOf<'dns'>>, ReturnType<typeof specOf<'dns'>>];

/** Somebody else's hand: whatever stands is replaced. */
const byHand = (last: number, ttl = 60) =>
  run(['nsupdate', '-k', facts.tsigFile, '-t', '3', '-r', '0'], {
    input: `server ${facts.primary.address} ${String(facts.primary.port)}\nzone kyc.test\nupdate delete www.kyc.test A\nupdate delete www.kyc.test AAAA\nupdate add www.kyc.test ${String(ttl)} A ${lab.net}.${String(last)}\nsend\n`,
  });
const set = (last: number, ttlSeconds = 60) => ({
  name: 'www.kyc.test',
  type: 'A',
  ttlSeconds,
  values: [`${lab.net}.${String(last)}`],
});
const contextOf = (
  parts: {
    choices?: Record<string, Json>;
    outputs?: Record<string, Json>;
    lost?: string[];
    mode?: string;
    keyName?: string;
  } = {},
) => {
  const main = dnsZone.parse({
    provider: {
      kind: 'rfc2136',
      ...facts.primary,
      keyName: parts.keyName ?? facts.tsigName,
      keySecret: { file: 'tsig' },
    },
    zone: 'kyc.test',
    servers: facts.servers.map((server, index) => ({ ...server, datacentre: index === 0 ? 'gravelines' : 'limburg' })),
    records: { www: { name: 'www.kyc.test', type: 'A', production: [`${lab.net}.10`], recovery: [`${lab.net}.20`] } },
    registrarConsole: 'https://registrar.example/kyc.test',
  });
  return stepContext({
    world: { dns: { main } },
    secrets: { tsig: readFileSync(facts.tsigFile, 'utf8') },
    steps: [forth, back],
    facts: {
      choices: parts.choices ?? { 'dns:main': [set(10)] },
      outputs: parts.outputs ?? {},
      situation: { lost: parts.lost ?? [] },
    },
    ...(parts.mode === undefined ? {} : { over: { run: { id: 'r', site: 's', mode: parts.mode as 'drill' } } }),
  });
};
type Context = ReturnType<typeof contextOf>;
const runStep = (spec: typeof forth, context: Context): Promise<StepOutcome> =>
  kind.run(plannedStep(spec), spec, context);
const errorOf = (outcome: StepOutcome) => (outcome.kind === 'failed' ? outcome.error : undefined);

describe('switching a name', () => {
  test('done means every name server answers the new value; run again it stands already, with the old values kept', async () => {
    const first = await runStep(forth, contextOf());
    expect(first).toMatchObject({
      kind: 'done',
      obligations: [],
      output: { changes: [{ from: set(10), to: set(20) }] },
    });
    const second = await runStep(forth, contextOf());
    expect(second).toMatchObject({ kind: 'done', output: { changes: [{ from: set(10), to: set(20) }] } });
    expect(second.kind === 'done' && second.lines[0]).toContain('stood already');
  });

  test('a value nobody approved is never changed, and without any approval nothing is', async () => {
    await byHand(66);
    expect(errorOf(await runStep(forth, contextOf()))?.code).toBe('dns-conflict');
    expect(errorOf(await runStep(forth, contextOf({ choices: {} })))?.code).toBe('dns-base-unapproved');
    await byHand(10, 61);
    expect(errorOf(await runStep(forth, contextOf()))?.message).toContain('(TTL 61)');
  });

  test('a switch back starts from what this plan put there, even where its step never came to an end', async () => {
    await runStep(forth, contextOf());
    expect(await runStep(back, contextOf())).toMatchObject({
      kind: 'done',
      output: { changes: [{ from: set(20), to: set(10) }] },
    });
  });

  test('a secondary that stays behind fails the step by name; in a lost datacentre it becomes an obligation', async () => {
    await setSecondary(lab, 'stale');
    const error = errorOf(await runStep(forth, contextOf()));
    expect(error?.code).toBe('dns-not-settled');
    expect(error?.message).toContain('ns2.kyc.test');
    const outcome = await runStep(forth, contextOf({ lost: ['limburg'] }));
    expect(outcome).toMatchObject({
      kind: 'done',
      obligations: [{ kind: 'dns', text: expect.stringContaining('ns2.kyc.test') }],
    });
    await setSecondary(lab, 'following');
  });

  test('where the primary refuses or is gone, the exact records for the console are shown; done by hand, the servers decide', async () => {
    await setDnsUpdates(lab, 'refused');
    const refused = errorOf(await runStep(forth, contextOf()));
    expect(refused?.code).toBe('dns-not-changed');
    expect(refused?.hint).toContain(`becomes ${lab.net}.20 (TTL 60)`);
    expect(refused?.hint).toContain('https://registrar.example/kyc.test');
    await setDnsUpdates(lab, 'accepted');
    await setRelay(lab, 'ns1', { kind: 'refuse' });
    const gone = errorOf(await runStep(forth, contextOf()));
    expect(gone?.message).toContain('could not be read');
    expect(gone?.hint).toContain(`www.kyc.test A ${lab.net}.10 (TTL 60) becomes ${lab.net}.20 (TTL 60)`);
    expect(gone?.problems.map(({ message }) => message)[1]).toContain(`www.kyc.test. 60 IN A ${lab.net}.20`);
    await setRelay(lab, 'ns1', { kind: 'pass' });
    await expect(kind.verify?.(plannedStep(forth), forth, contextOf())).rejects.toMatchObject({
      code: 'postcondition-failed',
    });
    await byHand(20, 300);
    await secondaryFollows(facts.servers);
    await expect(kind.verify?.(plannedStep(forth), forth, contextOf())).resolves.toEqual([
      expect.stringContaining('.20'),
    ]);
  });

  test('a drill moves nothing', async () => {
    expect(errorOf(await runStep(forth, contextOf({ mode: 'drill' })))?.code).toBe('mode-forbids');
  });
});

describe('the TTL', () => {
  test('is lowered, survives the switch, is waited for and restored, each read back from the servers', async () => {
    const lower = specOf({ kind: 'dns', id: 'lower', do: 'lower-ttl', zone: 'main', records: ['www'], ttl: '2s' });
    const lowered = await runStep(lower, contextOf({ choices: {} }));
    expect(lowered).toMatchObject({ kind: 'done', output: { changes: [{ from: set(10), to: set(10, 2) }] } });
    const switched = await runStep(forth, contextOf({ choices: { 'dns:main': [set(10, 2)] } }));
    expect(switched).toMatchObject({ kind: 'done', output: { changes: [{ from: set(10, 2), to: set(20, 2) }] } });
    const wait = specOf({ kind: 'dns', id: 'wait', do: 'await-old-ttl', zone: 'main', records: ['www'] });
    const output = switched.kind === 'done' ? switched.output : null;
    const waited = await runStep(wait, contextOf({ outputs: { switch: output } }));
    expect(waited).toMatchObject({ kind: 'done', lines: [expect.stringContaining('ran out')] });
    const restore = specOf({ kind: 'dns', id: 'restore', do: 'restore-ttl', zone: 'main', records: ['www'] });
    expect(await runStep(restore, contextOf())).toMatchObject({
      kind: 'done',
      output: { changes: [{ to: set(20, 60) }] },
    });
  });
});

describe('what the gate shows', () => {
  const evidence = async (context: Context) => (await kind.evidence?.(plannedStep(forth), forth, context))?.[0];

  test('old → new, each server with its serial, and the exact old set as the choice', async () => {
    const item = await evidence(contextOf());
    expect(item).toMatchObject({ id: 'dns:main', severity: 'ok', choice: [set(10)] });
    expect(item?.lines[0]).toBe(`www.kyc.test A ${lab.net}.10 (TTL 60) → ${lab.net}.20 (TTL 60)`);
    expect(item?.lines.filter((line) => line.includes('agrees, serial'))).toHaveLength(2);
  });

  test('servers that disagree are red', async () => {
    await setSecondary(lab, 'stale');
    await byHand(30);
    expect(await evidence(contextOf())).toMatchObject({ severity: 'red', choice: [set(30)] });
    expect((await evidence(contextOf({ lost: ['limburg'] })))?.severity).toBe('attention');
    await setSecondary(lab, 'following');
  });

  test('without the provider, what the name servers say is the base, with the records to type', async () => {
    await setRelay(lab, 'ns1', { kind: 'refuse' });
    const item = await evidence(contextOf());
    await setRelay(lab, 'ns1', { kind: 'pass' });
    expect(item).toMatchObject({ severity: 'attention', choice: [set(10)] });
    expect(item?.lines.join('\n')).toContain(`with www.kyc.test. 60 IN A ${lab.net}.20`);
  });

  test('an AAAA that the step does not change is pointed at', async () => {
    await run(['nsupdate', '-k', facts.tsigFile], {
      input: `server ${facts.primary.address} ${String(facts.primary.port)}\nzone kyc.test\nupdate add www.kyc.test 60 AAAA ::1\nsend\n`,
    });
    await secondaryFollows(facts.servers);
    const item = await evidence(contextOf());
    expect(item?.severity).toBe('attention');
    expect(item?.lines.join('\n')).toContain('also has AAAA ::1');
  });
});
