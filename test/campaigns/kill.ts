import { randomFrom, type Campaign } from './campaign.ts';
import { killFast } from './kill-fast.ts';
import { killOnLab } from './kill-lab.ts';

/**
 * Runs over which the kills of a procedure are spread, the least: on the lab, each is killed some dozen times. As many as there are
 * shards, where those are more: each is then one run, and the sooner over.
 */
const groupsMin = 24;
const fastRuns = { full: 1_000, short: 20 };

export const campaign: Campaign = {
  name: 'kill',
  promise:
    'a driver killed at any append or in any effect, and resumed, ends as if nothing had been: no step lost, none twice',
  run: async ({ seed, shard, log, short }) => {
    const random = randomFrom(seed + shard.index - 1);
    const fast = await killFast(short ? fastRuns.short : Math.ceil(fastRuns.full / shard.of), random);
    log(`  fast world: ${String(fast.runs)} runs, killed ${String(fast.kills)} times`);
    const figures = { fastRuns: fast.runs, fastKills: fast.kills };
    if (short) return { cases: fast.runs, failures: fast.failures, figures };
    // All shards plan the same kills and each takes its part of them.
    const { failures, cases, ...lab } = await killOnLab({
      groups: Math.max(groupsMin, shard.of),
      shard,
      random: randomFrom(seed),
      log,
    });
    return { cases: fast.runs + cases, failures: [...fast.failures, ...failures], figures: { ...figures, ...lab } };
  },
};
