import { expect, test } from '@jest/globals';
import { campaign } from './mutants.ts';
import { shortForm } from './short-form.ts';

/** Three of them, others each day. */
const today = Math.floor(Date.now() / 86_400_000);

test(
  campaign.promise,
  async () => {
    expect((await shortForm(campaign, today)).failures).toEqual([]);
  },
  900_000,
);
