import type { Bench } from '../bench.ts';
import { manyHosts } from '../step-sides.ts';
import { startStepWorld } from '../step-world.ts';

export const bench: Bench = {
  name: 'hosts',
  about: 'One step on many hosts',
  rows: async (context) => {
    const world = await startStepWorld(7, 15);
    context.atEnd(() => world.stop());
    await manyHosts(context, world);
  },
};
