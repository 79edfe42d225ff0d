import { describe, expect, test } from '@jest/globals';
import { systemClock } from '../../src/base/clock.ts';
import { DrpError } from '../../src/base/errors.ts';
import type { CheckContext, Finding, Probe } from '../../src/checks/check.ts';
import { findingFor } from '../../src/checks/finding-for.ts';
import { runChecks } from '../../src/checks/run-checks.ts';

const context = (given: Partial<CheckContext> = {}): CheckContext =>
  ({
    runbook: { site: 'gravelines' },
    clock: systemClock,
    signal: new AbortController().signal,
    lost: [],
    ...given,
  }) as CheckContext;

const probe = (id: string, run: Probe['run'], more: Partial<Probe> = {}): Probe => ({
  id,
  subject: 'web',
  run,
  ...more,
});
const fine = (id: string): readonly Finding[] => [findingFor(id, 'web').ok('well')];

describe('a look at everything', () => {
  test('takes little more than its slowest probe, two hundred of them side by side', async () => {
    const delaysMs = Array.from({ length: 200 }, (_, at) => (at === 117 ? 400 : 20 + (at % 50)));
    const probes = delaysMs.map((delayMs, at) =>
      probe(`host.p${String(at)}`, async () => {
        await systemClock.sleep(delayMs);
        return fine(`host.p${String(at)}`);
      }),
    );
    const startedMs = performance.now();
    const { findings } = await runChecks(probes, context());
    expect(findings.map(({ probe: name }) => name)).toEqual(probes.map(({ id }) => id));
    expect(performance.now() - startedMs).toBeLessThan(2_500);
  });

  test('gives a probe up that does not listen and takes longer than its patience: unknown, and the others are told', async () => {
    const probes = [
      probe('host.deaf', () => new Promise<never>(() => undefined), { patienceMs: 30 }),
      probe('dns.ttl', async () => fine('dns.ttl')),
    ];
    const { findings } = await runChecks(probes, context());
    expect(findings).toEqual([
      expect.objectContaining({ probe: 'host.deaf', status: 'unknown', found: 'no answer within 0.0 s' }),
      expect.objectContaining({ probe: 'dns.ttl', status: 'ok' }),
    ]);
  });

  test('has its signal aborted when its patience is over', async () => {
    let aborted = false;
    const probes = [
      probe(
        'host.slow',
        ({ signal }) =>
          new Promise((_, reject) => {
            signal.addEventListener('abort', () => {
              aborted = true;
              reject(new Error('stopped'));
            });
          }),
        { patienceMs: 30 },
      ),
    ];
    await runChecks(probes, context());
    expect(aborted).toBe(true);
  });

  test('calls what a probe throws unknown, with the reason and what to do', async () => {
    const thrown = new DrpError('login-refused', {
      host: 'web',
      user: 'ops',
      reason: 'no',
      port: 22,
      address: '192.0.2.1',
    });
    const { findings } = await runChecks([probe('backup.fresh', () => Promise.reject(thrown))], context());
    expect(findings).toEqual([
      { probe: 'backup.fresh', subject: 'web', status: 'unknown', found: thrown.message, advice: thrown.hint },
    ]);
  });

  test('does not run what looks at a lost datacentre, and says so', async () => {
    let ran = false;
    const run = async (): Promise<readonly Finding[]> => {
      ran = true;
      return fine('host');
    };
    const probes = [probe('host', run, { datacentre: 'limburg' })];
    const { findings } = await runChecks(probes, context({ lost: ['limburg'] }));
    expect(ran).toBe(false);
    expect(findings).toEqual([
      { probe: 'host', subject: 'web', status: 'skipped', found: 'datacentre limburg is taken as lost' },
    ]);
  });

  test('ends with the reason when everything is called off', async () => {
    const leave = new AbortController();
    const running = runChecks(
      [probe('host', () => new Promise<never>(() => undefined))],
      context({ signal: leave.signal }),
    );
    leave.abort(new Error('left'));
    await expect(running).rejects.toThrow('left');
  });
});

describe('--only', () => {
  const whole = probe('host', async () => [
    findingFor('host.clock', 'web').ok('well'),
    findingFor('host.disk', 'web').fail('full'),
  ]);
  const asked = async (only: string, probes: readonly Probe[] = [whole]): Promise<readonly string[]> =>
    (await runChecks(probes, context(), { only })).findings.map(({ probe: name, status }) => `${name} ${status}`);

  test.each([
    ['host', ['host.clock ok', 'host.disk fail']],
    ['host.disk', ['host.disk fail']],
    ['host.c', ['host.clock ok']],
    ['hos', ['host.clock ok', 'host.disk fail']],
    ['dns', []],
  ])('%s', async (only, expected) => {
    expect(await asked(only)).toEqual(expected);
  });

  test('says why the thing asked for could not be looked at', async () => {
    const dead = probe('host', async () => [findingFor('host.reachable', 'web').fail('no answer')]);
    expect(await asked('host.clock', [dead])).toEqual(['host.reachable fail']);
  });
});
