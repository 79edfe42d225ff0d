import { benchIn, type Bench } from '../bench.ts';
import { manySteps } from '../step-sides.ts';
import { startStepWorld } from '../step-world.ts';

export const bench: Bench = benchIn({
  name: 'steps',
  about: 'Many steps on remote hosts',
  open: () => startStepWorld(3),
  rows: manySteps,
});
