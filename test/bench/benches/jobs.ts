import type { Bench } from '../bench.ts';
import { jobSteps } from '../step-sides.ts';
import { startStepWorld } from '../step-world.ts';

export const bench: Bench = {
  name: 'jobs',
  about: 'Steps as jobs that outlive their connection',
  rows: async (context) => {
    const world = await startStepWorld(3);
    context.atEnd(() => world.stop());
    await jobSteps(context, world);
  },
};
