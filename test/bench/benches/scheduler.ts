import { createMemoryJournal } from '../../../src/journal/memory-journal.ts';
import type { Bench } from '../bench.ts';
import { beginFast, driveFast, fastPlanOf } from '../fast-run.ts';
import { median } from '../race.ts';

/** Branches beside each other that only sleep, ms a step; the first is the longest. */
const branches = [
  [500, 500, 500, 500, 500, 500, 500, 500],
  [400, 400, 400, 400, 400],
  [1_000, 1_000, 1_000],
  [100, 100, 100, 100, 100, 100, 100, 100, 100, 100],
];
const rounds = 5;

export const bench: Bench = {
  name: 'scheduler',
  about: 'The scheduler alone',
  rows: async ({ value }) => {
    const times: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const { plan, sleeps } = fastPlanOf(branches);
      const began = { ms: 0 };
      const ended = { ms: 0 };
      const journal = createMemoryJournal();
      await driveFast(journal, await beginFast(journal, plan, 'fast'), {
        sleeps,
        onEvent: (event) => {
          if (event.type === 'effect.started' && sleeps.has(event.data.id)) began.ms ||= performance.now();
          if (event.type === 'step.done' && sleeps.has(event.data.step)) ended.ms = performance.now();
        },
      });
      times.push(ended.ms - began.ms);
    }
    const longest = Math.max(...branches.map((steps) => steps.reduce((sum, ms) => sum + ms, 0)));
    value({
      work: 'four branches that sleep, 26 steps',
      against: 'the longest branch',
      value: median(times.sort((a, b) => a - b)),
      of: longest,
      unit: 'ms',
      command: 'the executor with steps that sleep, in one process',
      limit: 1.02,
      n: rounds,
    });
  },
};
