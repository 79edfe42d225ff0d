import { expect, test } from '@jest/globals';
import { watchRun, type WatchedRun } from '../../src/cli/watch-status.ts';

type World = Readonly<Record<string, 'under way' | 'ended'>>;

/** Watches these moments one after another, the last for ever; what was shown and what the answer was about. */
async function watched(named: string | undefined, moments: readonly World[], endsWith = Infinity) {
  const shown: string[] = [];
  let at = 0;
  const moment = (): World => moments[Math.min(at, moments.length - 1)] ?? {};
  const answer = await watchRun<WatchedRun | undefined>(named, {
    look: (run) => {
      const runs = Object.entries(moment());
      const [name, state] =
        runs.find(([one]) => one === run) ?? runs.find(([, one]) => one === 'under way') ?? runs.at(-1) ?? [];
      const found = { run: name ?? '', head: `${name ?? ''} ${state ?? ''}`, ended: state === 'ended' };
      return Promise.resolve(name === undefined ? undefined : found);
    },
    runOf: (seen) => seen,
    show: (seen, { idle, changed }) => {
      shown.push(`${seen?.run ?? 'none'}${idle ? ', idle' : ''}${changed ? '' : ', same'}`);
      return Promise.resolve();
    },
    answer: (seen) => Promise.resolve({ json: { run: seen?.run } }),
    readerGone: () => shown.length >= endsWith,
    pause: () => Promise.resolve(void (at += 1)),
  });
  return { shown, answer: answer.json };
}

test('a watch that was begun before its run takes it up, and ends with it', async () => {
  expect(await watched(undefined, [{}, {}, { a: 'under way' }, { a: 'under way' }, { a: 'ended' }])).toEqual({
    shown: ['none, idle', 'none, idle, same', 'a', 'a, same'],
    answer: { run: 'a' },
  });
});

test('a run that had ended before the watch does not end it', async () => {
  const moments: World[] = [{ old: 'ended' }, { old: 'ended', a: 'under way' }, { old: 'ended', a: 'ended' }];
  expect(await watched(undefined, moments)).toEqual({ shown: ['old, idle', 'a'], answer: { run: 'a' } });
});

test('a run that was named is followed to its end, also where that has been', async () => {
  expect(await watched('old', [{ old: 'ended', a: 'under way' }])).toEqual({ shown: [], answer: { run: 'old' } });
});

test('an activation that ends a drill is watched behind it', async () => {
  const moments: World[] = [
    { drill: 'under way' },
    { drill: 'under way', real: 'under way' },
    { drill: 'ended', real: 'under way' },
    { drill: 'ended', real: 'ended' },
  ];
  expect(await watched(undefined, moments)).toEqual({
    shown: ['drill', 'drill, same', 'real'],
    answer: { run: 'real' },
  });
});

test('a watch whose reader is gone ends', async () => {
  expect(await watched(undefined, [{}], 2)).toEqual({ shown: ['none, idle', 'none, idle, same'], answer: {} });
});
