import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { Finding } from '../../src/checks/check.ts';
import { set } from './checked-lab.ts';
import { openCheckedWorld, type CheckedWorld } from './checked-world.ts';
import { defects } from './world-defects.ts';

jest.setTimeout(120_000);

let world: CheckedWorld;
beforeAll(async () => {
  world = await openCheckedWorld();
});
afterAll(async () => {
  await world?.end();
});

/** What is not well, as `PROBE SUBJECT: found`. */
const wrong = (findings: readonly Finding[]): readonly string[] =>
  findings
    .filter(({ status }) => status !== 'ok' && status !== 'skipped')
    .map(({ probe, subject, status, found }) => `${probe} ${subject}: ${status}, ${found}`);

describe('drp check of a world', () => {
  test('in which all is well finds nothing wrong, and looks at everything', async () => {
    const findings = await world.check();
    expect(wrong(findings)).toEqual([]);
    expect(findings.filter(({ status }) => status === 'skipped')).toEqual([
      expect.objectContaining({ probe: 'drift.size', subject: 'files' }),
      expect.objectContaining({ probe: 'drift.size', subject: 'database' }),
    ]);
  });

  test.each(defects.map((defect) => [defect.what, defect] as const))(
    '%s: named, and nothing else',
    async (_, defect) => {
      const undo = await defect.inject?.(world);
      try {
        const found = wrong(await world.check(defect.asked));
        const unnamed = defect.named.filter((pattern) => !found.some((text) => pattern.test(text.split(':')[0] ?? '')));
        const more = found.filter((text) => !defect.named.some((pattern) => pattern.test(text.split(':')[0] ?? '')));
        expect({ unnamed, more }).toEqual({ unnamed: [], more: [] });
      } finally {
        await undo?.();
      }
    },
  );

  test('without production: nothing of it is contacted or red, and what is left is worked out', async () => {
    const findings = await world.check({ lost: ['limburg'] });
    const of = (probe: string): readonly string[] =>
      findings.filter((one) => one.probe === probe).map(({ status }) => status);
    const inLimburg = findings.filter(({ probe, subject }) => subject === 'production' || probe === 'backup');
    expect(inLimburg.map(({ status }) => status)).toEqual(['skipped', 'skipped', 'skipped']);
    for (const probe of ['lost.side', 'lost.time', 'lost.steps', 'lost.desks', 'lost.drp'])
      expect(of(probe)).toEqual(['ok']);
    // On even days the newest dumps burn with it, on odd days none: what is lost is said either way.
    expect(of('lost.data')).toHaveLength(2);
    const rest = findings.filter(({ probe }) => probe !== 'lost.data' && probe !== 'lost.skew');
    expect(wrong(rest)).toEqual([]);
  });

  test('without the datacentre of the desks, the primary and drp: each loss is red, by its own name', async () => {
    const findings = await world.check({
      lost: ['roubaix'],
      edits: [set('desks.mail.datacentre', 'roubaix'), set('people.anne.datacentre', 'roubaix')],
    });
    const red = wrong(findings.filter(({ probe }) => probe !== 'lost.data' && probe !== 'lost.skew'));
    expect(red.map((text) => text.split(':')[0])).toEqual([
      'dns.rights www.kyc.test A',
      // Of the two authorisers one is left.
      'people.gate activation declaration',
      'people.gate activation unserved',
      'people.gate return authorisation',
      'people.gate return unserved',
      expect.stringMatching(/^people\.gate drill/),
      'lost.desks recovery',
      'lost.drp recovery',
    ]);
    expect(red.at(-1)).toContain('program, journal, keys');
  });

  test('is well again when all of it is taken back', async () => {
    expect(wrong(await world.check())).toEqual([]);
  });
});
