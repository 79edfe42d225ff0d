import type { Bench } from '../bench.ts';
import { fewSteps } from '../step-sides.ts';
import { startStepWorld } from '../step-world.ts';

export const bench: Bench = {
  name: 'whole',
  about: 'Few steps, whole process',
  rows: async (context) => {
    const world = await startStepWorld(3);
    context.atEnd(() => world.stop());
    await fewSteps(context, world);
  },
};
