import { expect, test } from '@jest/globals';
import { lookForBackups } from '../../../src/steps/backups/backup-evidence.ts';
import { createSurveyMemory } from '../../../src/steps/backups/survey-memory.ts';
import type { StepContext } from '../../../src/steps/step-kind.ts';
import { stepContext } from '../step-context.ts';

/** A backup server that answers nobody, and how often it was asked. */
function silentServer() {
  let asked = 0;
  const connect = (): Promise<never> => {
    asked += 1;
    return Promise.reject(new Error('away'));
  };
  const world = {
    hosts: { store: { datacentre: 'west', base: '/srv' } },
    backups: {
      users: { kind: 'database', everyMs: 1, sources: [{ host: 'store', folder: 'dumps', pattern: '{time}.dump' }] },
    },
  };
  const hosts = { connect, closeAll: () => Promise.resolve() };
  const context = (): StepContext => stepContext({ world, over: { hosts, surveys: createSurveyMemory() } });
  return { asked: () => asked, context };
}

test('steps of one gate that ask for backups at the same moment share one look; who asks later is told what is true then', async () => {
  const { asked, context } = silentServer();
  const ofOneDriver = context();
  const [one, other] = await Promise.all([lookForBackups(ofOneDriver), lookForBackups({ ...ofOneDriver })]);
  expect(one.choices).toEqual(other.choices);
  expect(asked()).toBe(1);
  await lookForBackups(ofOneDriver);
  expect(asked()).toBe(2);
});

test('drivers that use the same connections take nothing from each other', async () => {
  const { asked, context } = silentServer();
  await Promise.all([lookForBackups(context()), lookForBackups(context())]);
  expect(asked()).toBe(2);
});
