import { describe, expect, test } from '@jest/globals';
import { DrpError } from '../../src/base/errors.ts';
import { lawText, proofDigest, provePlan, requireSafe } from '../../src/proof/prove.ts';
import { cpuMs } from '../base/cpu-time.ts';
import { changed } from './gravelines.ts';
import { mutations } from './mutations.ts';

const shipped = (procedure: 'activation' | 'return') => changed(procedure, () => undefined);

describe('the shipped runbook', () => {
  test.each(['activation', 'return'] as const)('is safe on every path of its %s', (procedure) => {
    const proof = provePlan(shipped(procedure));
    expect(proof).toMatchObject({ safe: true, name: procedure, breaches: [] });
    expect(proof.states).toBeGreaterThan(300);
    expect(proof.transitions).toBeGreaterThan(proof.states);
  });

  test.each(['activation', 'return'] as const)('keeps its verdict for %s when no lane is held back', (procedure) => {
    const reduced = provePlan(shipped(procedure));
    const whole = provePlan(shipped(procedure), { exhaustive: true });
    expect(whole.safe).toBe(true);
    expect(whole.states).toBeGreaterThan(reduced.states);
  });

  test('is proven before an operator would notice', () => {
    provePlan(shipped('return'));
    const plan = shipped('return');
    expect(Math.min(...[1, 2, 3, 4].map(() => cpuMs(() => provePlan(plan))))).toBeLessThan(400);
  });
});

describe('a runbook that breaks a law', () => {
  test('there are more than thirty of them, under every law but those the skeletons keep alone', () => {
    expect(mutations.length).toBeGreaterThan(60);
    expect([...new Set(mutations.map(({ law }) => law))].sort()).toEqual([
      'dns-last',
      'freeze-before-last-copy',
      'gate-before-irreversible',
      'live-untouched',
      'never-unserved',
      'one-side-open',
      'one-writer',
      'salvage-first',
    ]);
  });

  test.each(mutations.map((one) => [one.procedure, one.title, one] as const))(
    '%s: %s',
    (_procedure, _title, mutation) => {
      const proof = provePlan(changed(mutation.procedure, mutation.change));
      expect(proof.safe).toBe(false);
      expect(proof.breaches.map(({ law }) => law)).toContain(mutation.law);
    },
  );

  test("the policy's own return tells in the operator's words how writes are lost", () => {
    const mutation = mutations.find(({ title }) => title.startsWith("the policy's own"))!;
    const { breaches } = provePlan(changed('return', mutation.change));
    const stories = breaches.map(({ story }) => story);
    expect(stories).toContainEqual([
      'gate authorisation approved',
      'fence-production succeeded',
      'freeze-production-site succeeded',
      'salvage-production succeeded',
      'gate salvage approved',
      'lower-ttl succeeded',
      expect.stringMatching(
        /^then: copy-files-back copies files:gravelines:\S+\/www while users still change it, and no final pass comes after a freeze$/,
      ),
    ]);
  });

  test('is refused before a run begins, with the stories as problems', () => {
    const plan = changed('activation', mutations.find(({ title }) => title === 'copy-files may be skipped')!.change);
    let thrown: unknown;
    try {
      requireSafe(plan);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(DrpError);
    const { code, exitCode, message, problems } = thrown as DrpError;
    expect([code, exitCode, message]).toEqual(['plan-unsafe', 3, `the plan breaks a law: ${lawText('dns-last')}`]);
    expect(problems.map((problem) => problem.message)).toEqual([
      expect.stringMatching(/copy-files (failed|is in doubt) → operator skips copy-files → .*has not succeeded$/),
    ]);
  });

  test('one too large to be looked at whole is refused clearly', () => {
    expect(() => provePlan(shipped('activation'), { maxStates: 100 })).toThrow(/more than 100 states/);
  });
});

test('a proof has one digest for one plan and version, whatever time it took', () => {
  const plan = shipped('activation');
  const proof = provePlan(plan);
  const digest = proofDigest(proof, { plan, version: '1' });
  expect(digest).toMatch(/^[0-9a-f]{64}$/);
  expect(proofDigest({ ...proof, ms: proof.ms + 1 }, { plan, version: '1' })).toBe(digest);
  expect(proofDigest(proof, { plan, version: '2' })).not.toBe(digest);
});
