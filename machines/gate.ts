import { kit } from './kit.ts';

/**
 * The life of a gate: its evidence is gathered (an effect like any other, so a crash is resumed), then it is open until
 * people pass or reject it. `renew` gathers anew: the evidence changed, or the statement is too old.
 * So does `choose`: a person takes another backup than the rule does, and what is shown must say so.
 */
export function gateState(id: string, next: string) {
  return kit.createStateConfig({
    meta: { gate: id },
    initial: 'gathering',
    onDone: { target: next },
    states: {
      gathering: {
        invoke: {
          id: `evidence:${id}`,
          src: 'evidence',
          input: { gate: id },
          onDone: { target: 'open' },
          onError: { target: 'unready' },
        },
      },
      open: {
        tags: ['gate'],
        on: {
          [`${id}.approve`]: { target: 'passed' },
          [`${id}.reject`]: { target: 'rejected' },
          [`${id}.renew`]: { target: 'gathering', reenter: true },
          [`${id}.choose`]: { target: 'gathering', reenter: true },
        },
      },
      unready: { tags: ['attention'], on: { [`${id}.renew`]: { target: 'gathering' } } },
      rejected: { tags: ['attention'], on: { [`${id}.renew`]: { target: 'gathering' } } },
      passed: { type: 'final' },
    },
  });
}
