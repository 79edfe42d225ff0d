import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { Finding } from '../../src/checks/check.ts';
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

  test('is well again when all of it is taken back', async () => {
    expect(wrong(await world.check())).toEqual([]);
  });
});
