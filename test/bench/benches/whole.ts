import { benchIn, type Bench } from '../bench.ts';
import { fewSteps } from '../step-sides.ts';
import { startStepWorld } from '../step-world.ts';

export const bench: Bench = benchIn({
  name: 'whole',
  about: 'Few steps, whole process',
  open: () => startStepWorld(3),
  rows: fewSteps,
});
