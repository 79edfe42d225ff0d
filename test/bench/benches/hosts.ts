import { benchIn, type Bench } from '../bench.ts';
import { manyHosts } from '../step-sides.ts';
import { startStepWorld } from '../step-world.ts';

export const bench: Bench = benchIn({
  name: 'hosts',
  about: 'One step on many hosts',
  open: () => startStepWorld(7, 15),
  rows: manyHosts,
});
