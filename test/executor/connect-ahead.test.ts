import { expect, test } from '@jest/globals';
import { connectAhead } from '../../src/executor/connect-ahead.ts';
import type { Driving } from '../../src/executor/driving.ts';
import { fakePlan, fakeStep } from './fake-world.ts';

function aheadOf(given: { readonly lost?: readonly string[]; readonly onPaper?: boolean; readonly fails?: boolean }) {
  const asked: string[] = [];
  const state = { value: { restoration: 'copy' } as unknown };
  const lane = (name: string, ...hosts: string[]) => ({
    name,
    steps: hosts.map((host, index) => fakeStep(`${name}${String(index)}`, 'restoration', { hosts: [host] })),
  });
  const plan = fakePlan({
    restoration: [lane('files', 'a', 'b', 'a'), lane('databases', 'c')],
    switchover: [lane('main', 'd')],
  });
  const host = (datacentre: string) => ({ datacentre });
  const hosts = { a: host('south'), b: host('south'), c: host('north'), d: host('south') };
  const driving = {
    log: {
      run: { snapshot: state, onPaper: given.onPaper === true },
      plan: { ...plan, world: { ...plan.world, hosts } },
      began: { data: { situation: { lost: given.lost ?? [] } } },
    },
    reach: {
      hosts: {
        connect: (name: string) => {
          asked.push(name);
          return given.fails === true ? Promise.reject(new Error('away')) : Promise.resolve({});
        },
      },
    },
    options: { signal: new AbortController().signal },
  } as unknown as Driving;
  return { asked, state, look: connectAhead(driving) };
}

test('the hosts of the phase under way are connected to once, before their steps ask', () => {
  const { asked, state, look } = aheadOf({});
  look();
  look();
  expect(asked).toEqual(['a', 'b', 'c']);
  state.value = 'switchover-gate';
  look();
  expect(asked).toHaveLength(3);
  state.value = { switchover: 'dns' };
  look();
  expect(asked).toEqual(['a', 'b', 'c', 'd']);
});

test('a host that was declared lost is left alone', () => {
  const { asked, look } = aheadOf({ lost: ['north'] });
  look();
  expect(asked).toEqual(['a', 'b']);
});

test('on paper nobody is connected to', () => {
  const { asked, look } = aheadOf({ onPaper: true });
  look();
  expect(asked).toEqual([]);
});

test('a host that is away fails nothing here', async () => {
  const { look } = aheadOf({ fails: true });
  look();
  await new Promise(setImmediate);
});
