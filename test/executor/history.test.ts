import { expect, test } from '@jest/globals';
import type { Event } from '../../src/events/event.ts';
import { historyOf } from '../../src/executor/history.ts';
import { fakePlan } from './fake-world.ts';

test('only an activation owes anything to rehearsal', () => {
  const plan = fakePlan({});
  expect(historyOf({ ...plan, procedure: 'activation' }, []).rehearsal).toBeDefined();
  expect(historyOf({ ...plan, procedure: 'return' }, []).rehearsal).toBeUndefined();
});

test('the runs of the site are read when somebody asks, and once', () => {
  let looks = 0;
  const first = {
    run: 'k3f9-2a7m',
    get type() {
      looks += 1;
      return 'run.began';
    },
    data: { procedure: 'return', mode: 'real', plan: fakePlan({}) },
  } as unknown as Event;
  const history = historyOf(fakePlan({}), [[first]]);
  expect(looks).toBe(0);
  const { timings } = history;
  expect(looks).toBeGreaterThan(0);
  const looked = looks;
  expect(history.timings).toBe(timings);
  expect(looks).toBe(looked);
});
