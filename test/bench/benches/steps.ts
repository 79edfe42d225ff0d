import type { Bench } from '../bench.ts';
import { manySteps } from '../step-sides.ts';
import { startStepWorld } from '../step-world.ts';

export const bench: Bench = {
  name: 'steps',
  about: 'Many steps on remote hosts',
  rows: async (context) => {
    const world = await startStepWorld(3);
    context.atEnd(() => world.stop());
    await manySteps(context, world);
  },
};
