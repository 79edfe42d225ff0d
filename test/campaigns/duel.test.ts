import { expect, test } from '@jest/globals';
import { campaign } from './duel.ts';
import { shortForm } from './short-form.ts';

test(campaign.promise, async () => {
  expect((await shortForm(campaign)).failures).toEqual([]);
});
