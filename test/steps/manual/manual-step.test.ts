import { expect, test } from '@jest/globals';
import { manualStep } from '../../../src/steps/manual/manual-step.ts';
import { plannedStep, specOf, stepContext } from '../step-context.ts';

const kind = manualStep();
const spec = specOf({
  kind: 'manual',
  id: 'call-carrier',
  text: 'Call the carrier.',
  evidence: 'name and time of the call',
  retries: 3,
});

test('a manual step waits for a person, names the command to type, and never retries by itself', async () => {
  const outcome = await kind.run(plannedStep(spec), spec, stepContext());
  expect(outcome).toEqual({
    kind: 'in-doubt',
    reason:
      'a person does this: Call the carrier. When it is done, note name and time of the call with: drp decide mark-done call-carrier --evidence TEXT --reason TEXT',
  });
});

test('the plan shows what is done by hand and what is noted', () => {
  expect(kind.describe(spec, stepContext().world)).toMatchObject({
    commands: ['by hand: Call the carrier.'],
    verifies: 'a person attests it and notes: name and time of the call',
  });
});
