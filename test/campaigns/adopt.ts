import { playHistory, randomHistory, steps, type History } from './adopt-fast.ts';
import type { Campaign, Failure } from './campaign.ts';

/** Activations and returns on the real lab, drivers lost on the way. */
const labRounds = 2;
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
    // On the real lab, services real and data small: minutes each, so not in the short form.
    const labs = short || shard.index > labRounds ? 0 : Math.ceil((labRounds - shard.index + 1) / shard.of);
    const lab = await onTheLab(labs, random, log);
    failures.push(...lab.failures);
    const figures = { steps: steps.length, labs, rebootedJobs: lab.rebooted };
    return { cases: histories.length + labs, failures, figures };
  },
};

async function onTheLab(
  rounds: number,
  random: () => number,
  log: (line: string) => void,
): Promise<{ readonly failures: readonly Failure[]; readonly rebooted: number }> {
  const failures: Failure[] = [];
  let rebooted = 0;
  for (let round = 1; round <= rounds; round += 1) {
    const { labHistory } = await import('./adopt-lab.ts');
    const found = await labHistory(random, log, { hops: 5, returns: true }).catch((thrown: unknown) => ({
      wrong: [String(thrown)],
      rebooted: 0,
    }));
    rebooted += found.rebooted;
    for (const why of found.wrong) failures.push({ case: `lab round ${String(round)}`, why });
  }
  return { failures, rebooted };
}
