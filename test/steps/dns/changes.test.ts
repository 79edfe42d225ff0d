import { describe, expect, test } from '@jest/globals';
import { canonicalJson } from '../../../src/events/canonical.ts';
import type { Json } from '../../../src/events/event.ts';
import { dnsZone } from '../../../src/runbook/schema/world.ts';
import { oldAnswersEndMs, ttlSwitchedByHand } from '../../../src/steps/dns/await-old-ttl.ts';
import { knownSets, mayStartFrom, ownOutputs, targetOf, zoneOf } from '../../../src/steps/dns/changes.ts';
import { judgeServers } from '../../../src/steps/dns/settle.ts';
import { plannedStep, specOf, stepContext } from '../step-context.ts';

const main = dnsZone.parse({
  provider: { kind: 'rfc2136', address: '192.0.2.1', keyName: 'k', keySecret: { file: 'k' } },
  zone: 'kyc.test',
  servers: [
    { name: 'ns1', address: '192.0.2.1', datacentre: 'gravelines' },
    { name: 'ns2', address: '192.0.2.2', datacentre: 'limburg' },
  ],
  records: {
    www: { name: 'www.kyc.test', type: 'A', production: ['192.0.2.10'], recovery: ['192.0.2.20'], ttl: '5m' },
  },
});
const www = main.records['www']!;
const set = (last: number, ttlSeconds = 60) => ({
  name: 'www.kyc.test',
  type: 'A' as const,
  ttlSeconds,
  values: [`192.0.2.${String(last)}`],
});
const dns = (text: Record<string, unknown>) => specOf({ kind: 'dns', zone: 'main', records: ['www'], ...text });
const forth = dns({ id: 'forth', do: 'switch', to: 'recovery' });
const back = dns({ id: 'back', do: 'switch', to: 'production' });
const { plan, world } = stepContext({ world: { dns: { main } }, steps: [forth, back] });
const known = (spec: typeof forth, choices: Record<string, Json>, outputs: Record<string, Json> = {}) =>
  knownSets(spec, plan, { choices, outputs });

describe('what a record becomes', () => {
  test('a switch moves the values and never raises the TTL; the TTL steps move nothing but the TTL', () => {
    expect(targetOf(forth, www, set(10, 60))).toEqual(set(20, 60));
    expect(targetOf(forth, www, set(10, 3600))).toEqual(set(20, 300));
    expect(targetOf(dns({ do: 'lower-ttl', ttl: '60s' }), www, set(66, 3600))).toEqual(set(66, 60));
    expect(targetOf(dns({ do: 'lower-ttl', ttl: '60s' }), www, set(66, 30))).toEqual(set(66, 30));
    expect(targetOf(dns({ do: 'restore-ttl' }), www, set(20, 60))).toEqual(set(20, 300));
  });
});

describe('what a switch may start from', () => {
  test('the set a gate approved, exactly', () => {
    const approved = known(forth, { 'dns:main': [set(10)] });
    expect(mayStartFrom(forth, set(10), approved)).toBe(true);
    expect(mayStartFrom(forth, set(10, 61), approved)).toBe(false);
    expect(mayStartFrom(forth, set(66), approved)).toBe(false);
  });

  test('what the approved plan puts there, whatever TTL a console gave it; without an approval, nothing', () => {
    expect(mayStartFrom(back, set(20, 3600), known(back, { 'dns:main': [set(10)] }))).toBe(true);
    expect(mayStartFrom(back, set(20), known(back, {}))).toBe(false);
  });
});

describe('the end of old answers', () => {
  test('a switch made by hand left no result: the longest TTL caches may hold counts from now', () => {
    const wait = dns({ id: 'wait', do: 'await-old-ttl' });
    const planned = stepContext({ world: { dns: { main } }, steps: [forth, wait, back] }).plan;
    const byHand = (outputs: Record<string, Json>, choices: Record<string, Json> = { 'dns:main': [set(10, 300)] }) =>
      ttlSwitchedByHand({ id: 'wait' }, wait, { plan: planned, facts: { outputs, choices } });
    expect(byHand({})).toBe(300);
    expect(byHand({ forth: output('2026-11-21T15:00:00.000Z', 60) as unknown as Json })).toBeUndefined();
    expect(byHand({}, {})).toBeUndefined();
  });

  test('the switch that comes first is found in a plan that has come through the journal, where keys are sorted', () => {
    const wait = dns({ id: 'wait', do: 'await-old-ttl' });
    const { plan: whole } = stepContext({ world: { dns: { main } } });
    const phase = (spec: typeof forth) => [{ name: 'main', steps: [plannedStep(spec)] }];
    const phases = { switchover: phase(forth), confirmation: phase(wait) };
    const stored = JSON.parse(canonicalJson({ ...whole, phases })) as typeof whole;
    expect(Object.keys(stored.phases)).toEqual(['confirmation', 'switchover']);
    const facts = { outputs: {}, choices: { 'dns:main': [set(10, 300)] } };
    expect(ttlSwitchedByHand({ id: 'wait' }, wait, { plan: stored, facts })).toBe(300);
  });

  const output = (settledAt: string, from: number) => ({
    zone: 'main',
    do: 'switch',
    settledAt,
    changes: [{ from: set(10, from), to: set(20) }],
  });
  test('is the latest of all changes, each with the TTL it replaced; zones of others do not count', () => {
    const outputs = ownOutputs('main', {
      switch: output('2026-11-21T15:00:00.000Z', 60),
      lower: output('2026-11-21T14:55:00.000Z', 3600),
      other: { ...output('2026-11-21T16:00:00.000Z', 86_400), zone: 'other' },
      copy: { bytes: 1 },
    });
    expect(outputs.map(({ settledAt }) => settledAt)).toEqual(['2026-11-21T14:55:00.000Z', '2026-11-21T15:00:00.000Z']);
    expect(oldAnswersEndMs(outputs)).toBe(Date.parse('2026-11-21T15:55:00.000Z'));
    expect(oldAnswersEndMs([])).toBeUndefined();
  });
});

test('only silence or old values in a lost datacentre are excused, and they are named', () => {
  const answers = [
    { server: 'ns1', address: '192.0.2.1', answer: { kind: 'answered' as const, records: [set(20)] } },
    { server: 'ns2', address: '192.0.2.2', answer: { kind: 'answered' as const, records: [set(10)] } },
  ];
  const judged = (lost: string[]) => judgeServers(main, answers, { sets: [set(20)], lost, compare: 'values' });
  expect(judged([])).toEqual({
    agreeing: ['ns1 (192.0.2.1)'],
    lostBehind: [],
    behind: ['ns2 (192.0.2.2) answers www.kyc.test A 192.0.2.10 (TTL 60)'],
  });
  expect(judged(['limburg'])).toMatchObject({ behind: [], lostBehind: [expect.stringContaining('ns2')] });
});

test.each([
  [{ do: 'switch' }, "needs 'to'"],
  [{ do: 'lower-ttl' }, "needs 'ttl'"],
  [{ do: 'restore-ttl', zone: 'none' }, "no zone 'none'"],
  [{ do: 'restore-ttl', records: ['mail'] }, "no record 'mail'"],
])('%j is refused when the plan is made', (text, message) => {
  expect(() => zoneOf(dns(text), world)).toThrow(message);
});
