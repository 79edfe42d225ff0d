import { expect, test } from '@jest/globals';
import { shortForm } from './short-form.ts';
import { campaign } from './silent.ts';

test(campaign.promise, async () => {
  expect((await shortForm(campaign)).failures).toEqual([]);
});
