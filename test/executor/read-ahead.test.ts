import { expect, test } from '@jest/globals';
import type { Driving } from '../../src/executor/driving.ts';
import { readAhead } from '../../src/executor/launch.ts';
import type { StepContext } from '../../src/steps/step-kind.ts';
import { fakePlan, fakeStep } from './fake-world.ts';

function begun(options: object, { fails = false, onPaper = false } = {}): readonly string[] {
  const read: string[] = [];
  const step = fakeStep('fetch', 'restoration', {});
  const plan = fakePlan({ restoration: [{ name: 'databases', steps: [step] }] });
  const kind = {
    readAhead: (_spec: unknown, { token }: StepContext) => {
      read.push(token);
      return fails ? Promise.reject(new Error('away')) : Promise.resolve();
    },
  };
  readAhead({
    log: {
      plan,
      events: [],
      head: { seq: 1, hash: 'a'.repeat(64) },
      run: { tries: new Map(), tokens: new Map(), onPaper },
      began: { run: 'k3f9-2a7m', data: { mode: 'real' } },
    },
    kinds: new Map([[step.kind, kind]]),
    deps: { clock: { nowMs: () => 0 } },
    reach: {},
    claims: {},
    options: { signal: new AbortController().signal, whenOnlyPeople: 'listen', ...options },
  } as unknown as Driving);
  return read;
}

test('what gates to come take long to read is begun with the run, under a token of its own; where it fails nobody hears of it', () => {
  expect(begun({})).toEqual(['k3f9-2a7m.ahead.fetch']);
  expect(begun({}, { fails: true })).toHaveLength(1);
});

test('nothing is read ahead where the run parks as soon as it waits for people, or is done on paper', () => {
  expect(begun({ whenOnlyPeople: 'park' })).toEqual([]);
  expect(begun({ onPaper: true })).toEqual([]);
  expect(begun({}, { onPaper: true })).toEqual([]);
});
