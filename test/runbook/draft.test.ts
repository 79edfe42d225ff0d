import { describe, expect, test } from '@jest/globals';
import { planDuration } from '../../src/plan/critical-path.ts';
import { resolvePlan, type Describe } from '../../src/plan/resolve.ts';
import { provePlan } from '../../src/proof/prove.ts';
import { draftRunbook, type DraftAnswers } from '../../src/runbook/draft.ts';
import { parseRunbook } from '../../src/runbook/parse.ts';
import type { StepKindName } from '../../src/runbook/schema/steps.ts';
import { loadStepKinds } from '../../src/steps/index.ts';
import { describeFixture } from '../plan/describe-fixture.ts';
import { fullAnswers } from './draft-answers.ts';

const { database: _database, mail: _mail, ...bare } = fullAnswers;

describe('a drafted runbook', () => {
  test.each([
    ['from all answers', fullAnswers],
    ['without database and desk', bare],
    [
      'for one person alone',
      {
        ...bare,
        people: [{ id: 'sole', name: 'Sole', roles: ['authoriser', 'operator', 'approver'], osUser: 'sole', keys: [] }],
      },
    ],
    [
      'on Route 53',
      {
        ...fullAnswers,
        dns: {
          ...fullAnswers.dns,
          provider: { kind: 'route53', zoneId: 'Z1', accessKeyId: 'AKIA', secretAccessKey: { file: '/s' } },
        },
      },
    ],
  ] as readonly (readonly [string, DraftAnswers])[])(
    '%s is read without a problem, and both procedures can be planned',
    (_, answers) => {
      const text = draftRunbook(answers);
      const { runbook, problems } = parseRunbook(text, { file: 'south.yaml' });
      expect(problems).toEqual([]);
      for (const procedure of ['activation', 'return'] as const) {
        const plan = resolvePlan(runbook!, { file: 'south.yaml', text }, { procedure, describe: describeFixture });
        expect(planDuration(plan).criticalPath.length).toBeGreaterThan(5);
      }
    },
  );

  test('is proven safe, both ways', async () => {
    const kinds = await loadStepKinds();
    const text = draftRunbook(fullAnswers);
    const { runbook } = parseRunbook(text, { file: 'south.yaml' });
    for (const procedure of ['activation', 'return'] as const) {
      const describe: Describe = (spec, world) => kinds.get(spec.kind as StepKindName)!.describe(spec as never, world);
      const plan = resolvePlan(runbook!, { file: 'south.yaml', text }, { procedure, describe });
      expect(provePlan(plan).breaches).toEqual([]);
    }
  });

  test('keeps every answer as it was given', () => {
    const { runbook } = parseRunbook(draftRunbook(fullAnswers), { file: 'south.yaml' });
    expect(runbook).toMatchObject({
      title: fullAnswers.title,
      hosts: { 'web-north': { identity: fullAnswers.production.identity, address: '192.0.2.10' } },
    });
  });

  test('asks for signatures where somebody can sign, and for another than the starter where there is one', () => {
    const { runbook } = parseRunbook(draftRunbook(fullAnswers), { file: 'south.yaml' });
    expect(runbook?.gates['declaration']).toMatchObject({
      roles: ['authoriser'],
      strength: 'ssh-key',
      notTheStarter: true,
    });
  });

  test('explains its phases in comments', () => {
    expect(draftRunbook(fullAnswers).match(/^ *# /gm)!.length).toBeGreaterThan(25);
  });
});
