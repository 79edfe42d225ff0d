import { playHistory, randomHistory, steps, type History } from './adopt-fast.ts';
import type { Campaign, Failure } from './campaign.ts';

/** The appends of an undisturbed run of the fast world are fewer than this. */
const appendsMax = 34;

/** Every death, with the copy 0 to n events old. */
function systematic(short: boolean): readonly History[] {
  const found: History[] = [];
  const never = { diesAgainAt: 0, behindAgain: 0, failing: [], fromFirst: false } as const;
  for (let diesAt = 1; diesAt <= appendsMax; diesAt += short ? 3 : 1) {
    for (let behind = 0; behind <= (short ? 8 : 40); behind += short ? 2 : 1) {
      for (const when of ['before', 'after'] as const) found.push({ diesAt, when, behind, ...never });
    }
  }
  return found;
}

export const campaign: Campaign = {
  name: 'adopt',
  promise: 'a run that goes on from a copy, however old, on another state folder loses no step and runs none twice',
  run: async ({ short, random, shard, log }) => {
    const histories = [
      ...systematic(short),
      ...Array.from({ length: short ? 100 : 2_000 }, () => randomHistory(random)),
    ].filter((_, index) => index % shard.of === shard.index - 1);
    const failures: Failure[] = [];
    for (const [index, history] of histories.entries()) {
      const why = await playHistory(history).catch((thrown: unknown) => String(thrown));
      if (why !== undefined) failures.push({ case: JSON.stringify(history), why });
      if (index % 500 === 499) log(`${String(index + 1)} of ${String(histories.length)}`);
    }
    return { cases: histories.length, failures, figures: { steps: steps.length } };
  },
};
