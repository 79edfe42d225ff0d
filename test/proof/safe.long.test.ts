import { describe, expect, test } from '@jest/globals';
import { provePlan } from '../../src/proof/prove.ts';
import { planOf, readRunbook } from './gravelines.ts';
import { safePlan } from './safe-runbooks.ts';

describe('a runbook that breaks no law', () => {
  const seeds = Array.from({ length: 200 }, (_, at) => at + 1);

  test('two hundred of them, all different, are proven safe', () => {
    const digests = new Set<string>();
    for (const seed of seeds) {
      const { plan, note } = safePlan(seed);
      digests.add(plan.digest);
      const { breaches } = provePlan(plan);
      if (breaches.length > 0) throw new Error(`${note}\n${JSON.stringify(breaches, null, 2)}`);
    }
    expect(digests.size).toBeGreaterThan(190);
  }, 300_000);

  test('the reference of every key is one', () => {
    const runbook = readRunbook('reference');
    for (const procedure of ['activation', 'return'] as const) {
      expect(provePlan(planOf(runbook, procedure)).breaches).toEqual([]);
    }
  });
});

test.each([7, 19, 42])('holding lanes back changes no verdict (seed %i)', (seed) => {
  const { plan } = safePlan(seed);
  expect(provePlan(plan, { exhaustive: true }).safe).toBe(provePlan(plan).safe);
});
