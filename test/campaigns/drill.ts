import type { Campaign } from './campaign.ts';
import { killDrills } from './drill-lab.ts';

/** Drills over which the kills of a way are spread. */
const groups = 9;

export const campaign: Campaign = {
  name: 'drill',
  promise:
    'a drill killed at any append or in any effect, its clean-up too, is finished by resume: all it made is gone, nothing live was touched',
  run: ({ seed, shard, short, log }) =>
    killDrills({
      groups: short ? 1 : groups,
      ...(short ? { most: 3 } : {}),
      shard,
      seed,
      log,
    }),
};
