import { describe, expect, test } from '@jest/globals';
import { initialTransition, type AnyStateMachine } from 'xstate';
import { expand, machineFrom, skeletons, type MachineConfig } from '../../machines/expand.ts';
import type { Machine } from '../../machines/kit.ts';
import { acceptedIn, answersAmong, lastState } from '../../src/executor/accepted.ts';
import { nextOf, type Action } from '../../src/executor/fold-transition.ts';
import { acceptedNow, type Run } from '../../src/executor/fold.ts';
import { below, pick, randomFrom } from '../campaigns/campaign.ts';
import { changed } from '../proof/gravelines.ts';

/** Walks the machine at random and hands every state it comes through to `look`. */
function walk(config: MachineConfig, steps: number, look: (machine: Machine, snapshot: Run['snapshot']) => void): void {
  const random = randomFrom(20_261_121);
  const machine = machineFrom(config);
  const begin = () => {
    const [snapshot, actions] = initialTransition(machine as AnyStateMachine);
    return { snapshot: snapshot as unknown as Run['snapshot'], wanted: wantedOf(new Set(), actions as never) };
  };
  let at = begin();
  for (let step = 0; step < steps; step += 1) {
    look(machine, at.snapshot);
    if (at.snapshot.status !== 'active') at = begin();
    const ends = [...at.wanted].flatMap((id) => [
      { type: `xstate.done.actor.${id}`, output: {} },
      { type: `xstate.done.actor.${id}`, output: {} },
      { type: `xstate.error.actor.${id}`, error: { kind: below(random, 2) === 0 ? 'failed' : 'in-doubt' } },
    ]);
    const said = acceptedNow({ snapshot: at.snapshot } as Run)
      // Rarely, since it ends the walk.
      .filter((type) => type !== 'abort' || below(random, 20) === 0)
      .map((type) => ({ type }));
    const event = pick(random, [...ends, ...said, ...(ends.length + said.length === 0 ? [{ type: 'abort' }] : [])]);
    const [snapshot, actions] = nextOf(machine, at.snapshot, event);
    at = { snapshot, wanted: wantedOf(at.wanted, actions) };
  }
}

function wantedOf(before: ReadonlySet<string>, actions: readonly Action[]): ReadonlySet<string> {
  const wanted = new Set(before);
  for (const { type, params } of actions) {
    if (type === 'xstate.spawnChild') wanted.add(String(params?.['id']));
    if (type === 'xstate.stopChild') wanted.delete(String(params?.['id']));
  }
  return wanted;
}

describe('what people may say', () => {
  test.each(['activation', 'return'] as const)(
    'is read off the JSON of %s as the state machine itself has it, in every state of a long walk',
    (procedure) => {
      const config = expand(
        skeletons[procedure],
        changed(procedure, () => undefined),
      );
      const tops = new Set<string>();
      walk(config, 4_000, (_machine, snapshot) => {
        const accepted = acceptedNow({ snapshot } as Run);
        const read = acceptedIn(config, snapshot.value as never);
        expect([...read].sort()).toEqual([...accepted].sort());
        expect(answersAmong(read)).toEqual(answersAmong(accepted));
        tops.add(typeof snapshot.value === 'string' ? snapshot.value : String(Object.keys(snapshot.value)[0]));
      });
      expect(tops.size).toBeGreaterThan(6);
    },
  );

  test('is nothing where the record names no state', () => {
    expect(lastState([])).toBeUndefined();
  });
});
