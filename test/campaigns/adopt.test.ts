import { expect, test } from '@jest/globals';
import { campaign } from './adopt.ts';
import { shortForm } from './short-form.ts';

// At full size, and on the lab: `npm run campaign -- adopt`.
test(`${campaign.name}: ${campaign.promise}`, async () => {
  const { failures, cases } = await shortForm(campaign);
  expect(failures).toEqual([]);
  expect(cases).toBeGreaterThan(200);
}, 240_000);
