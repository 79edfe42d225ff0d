import { expect, test } from '@jest/globals';
import { canonicalJson } from '../../../src/events/canonical.ts';
import type { Plan } from '../../../src/plan/plan.ts';
import { resolveExpectations } from '../../../src/steps/http/expectations.ts';
import { plannedStep, specOf } from '../step-context.ts';

const copy = (id: string) =>
  plannedStep(specOf({ kind: 'copy', id, from: { host: 'a', path: 'www' }, to: { host: 'b', path: 'www' } }));

test('the last pass of the procedure says what is newest, in a plan that has come through the journal too', () => {
  const phases = {
    'pre-copy': [{ name: 'main', steps: [copy('pre-copy-files')] }],
    delta: [{ name: 'main', steps: [copy('copy-files-back')] }],
  };
  const written = { site: 'gravelines', procedure: 'return', phases };
  const stored = JSON.parse(canonicalJson(written)) as Pick<Plan, 'phases' | 'procedure' | 'site'>;
  const spec = specOf({ kind: 'http', against: 'production', json: { newest: '$newest' } });
  const outputs = {
    'pre-copy-files': { newest: '2026-11-21T10:00:00.000Z' },
    'copy-files-back': { newest: '2026-11-21T14:00:00.000Z' },
  };
  for (const plan of [written as unknown as typeof stored, stored]) {
    const resolved = resolveExpectations(spec, plan, { outputs });
    expect(resolved).toEqual({
      kind: 'resolved',
      expectations: [{ path: 'newest', value: '2026-11-21T14:00:00.000Z', floor: false }],
    });
  }
});
