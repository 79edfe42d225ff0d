import { describe, expect, test } from '@jest/globals';
import { pastRuns } from '../../src/cli/past-runs.ts';
import { recordedRun } from '../views/report/journals.ts';

const activation = recordedRun('format-1-activation');

describe('what earlier runs say', () => {
  test('a completed activation shows what it restored from, and its plan', () => {
    const past = pastRuns([activation]);
    expect(past.lastPassedDrillAt).toBeUndefined();
    expect(past.rehearsed).toMatchObject({
      kind: 'activation',
      at: activation.at(-1)?.at,
      plan: { site: 'gravelines' },
    });
    expect(past.rehearsed?.servers).toEqual([
      { host: 'gravelines', address: expect.any(String), port: 5432, version: expect.stringMatching(/^15\./) },
    ]);
    expect(past.restores?.map(({ backup }) => backup).toSorted()).toEqual(['database', 'files']);
    for (const { bytes, host } of past.restores ?? []) {
      expect(bytes).toBeGreaterThan(0);
      expect(host).toMatch(/^backup-/);
    }
  });

  test('what the hosts were is what the last gate that looked at them recorded', () => {
    const seen = (cores: number) => ({ machines: { gravelines: { cores, programs: { rsync: '3.2.7' } } } });
    let gates = 0;
    const events = activation.map((event) => {
      if (event.type !== 'gate.opened') return event;
      const { statement } = event.data;
      const hosts = { id: 'hosts', title: 'hosts', severity: 'ok' as const, lines: [], facts: seen((gates += 1)) };
      const evidence = gates > 2 ? statement.evidence.filter(({ id }) => id !== 'hosts') : [hosts];
      return { ...event, data: { ...event.data, statement: { ...statement, evidence } } };
    });
    expect(pastRuns([events]).rehearsed?.machines).toEqual(seen(2).machines);
    expect(pastRuns([activation]).rehearsed?.machines).toEqual({});
  });

  test('a return, a run that has not ended and a dry run show nothing', () => {
    const [began, ...rest] = activation;
    if (began?.type !== 'run.began') throw new Error('no beginning');
    const dry = [{ ...began, data: { ...began.data, mode: 'dry-run' as const } }, ...rest];
    const unended = activation.filter(({ type }) => type !== 'run.ended');
    expect(pastRuns([recordedRun('format-1-return'), unended, dry])).toEqual({ restores: [] });
  });

  test('the latest comes first, and a drill counts as one', () => {
    const [began, ...rest] = activation;
    if (began?.type !== 'run.began') throw new Error('no beginning');
    const later = rest.map((event) =>
      event.type === 'run.ended' ? { ...event, at: '2099-01-01T00:00:00.000Z' } : event,
    );
    const drill = [{ ...began, run: 'D1', data: { ...began.data, mode: 'drill' as const } }, ...later];
    const past = pastRuns([drill, activation]);
    expect(past.lastPassedDrillAt).toBe('2099-01-01T00:00:00.000Z');
    expect(past.rehearsed).toMatchObject({ run: 'D1', kind: 'drill' });
    expect(past.restores?.[0]?.run).toBe('D1');
  });
});
