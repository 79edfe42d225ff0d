import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freeNet } from '../demo/free-net.ts';
import { startLabSteps } from '../steps/lab-steps.ts';
import { randomFrom, type Campaign } from './campaign.ts';
import { cutCopies } from './cut-copy.ts';
import { cutJobs } from './cut-jobs.ts';

/** Calls that are cut, and copies whose transport is killed. */
const full = { cuts: 3_000, copies: 60 };
const short = { cuts: 60, copies: 2 };

export const campaign: Campaign = {
  name: 'cut',
  promise: 'a connection cut at any instant runs no job twice or never, loses no byte, and shows no truncated file',
  run: async ({ log, seed, shard, ...options }) => {
    const random = randomFrom(seed + shard.index - 1);
    const size = options.short ? short : full;
    const part = (whole: number): number => Math.ceil(whole / shard.of);
    const { failures: jobFailures, ...jobs } = await cutJobs(random, part(size.cuts));
    log(`  jobs: ${String(jobs.jobs)}, their calls cut ${String(jobs.cuts)} times`);
    const dir = mkdtempSync(join(tmpdir(), 'drp-cut-'));
    const steps = await startLabSteps({ dir, net: await freeNet(), tickets: false });
    try {
      const copies = await cutCopies(steps, { random, copies: part(size.copies), log });
      const { failures: copyFailures, ways, ...copyFigures } = copies;
      return {
        cases: jobs.cuts + copies.kills,
        failures: [...jobFailures, ...copyFailures],
        figures: {
          ...jobs,
          ...copyFigures,
          ways: Object.entries(ways)
            .map(([way, count]) => `${way} ${String(count)}`)
            .join(', '),
        },
      };
    } finally {
      await steps.end();
    }
  },
};
