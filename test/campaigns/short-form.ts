import { randomFrom, type Campaign, type CampaignResult } from './campaign.ts';

/** The form of a campaign that runs with the tests; a seed makes it the same every time. */
export function shortForm(campaign: Campaign, seed = 20_261_121): Promise<CampaignResult> {
  const random = randomFrom(seed);
  return campaign.run({ short: true, seed, random, shard: { index: 1, of: 1 }, log: () => undefined });
}
