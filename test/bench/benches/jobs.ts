import { benchIn, type Bench } from '../bench.ts';
import { jobSteps } from '../step-sides.ts';
import { startStepWorld } from '../step-world.ts';

export const bench: Bench = benchIn({
  name: 'jobs',
  about: 'Steps as jobs that outlive their connection',
  open: () => startStepWorld(3),
  rows: jobSteps,
});
