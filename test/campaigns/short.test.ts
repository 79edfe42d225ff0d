import { expect, test } from '@jest/globals';
import { campaign as fuzz } from './fuzz.ts';
import { campaign as quote } from './quote.ts';
import { campaign as redact } from './redact.ts';
import { shortForm } from './short-form.ts';
import { campaign as tamper } from './tamper.ts';

// Each campaign at full size: `npm run campaign -- NAME`; results in docs/reliability.md.
test.each([tamper, fuzz, quote, redact].map((campaign) => [campaign.name, campaign.promise, campaign] as const))(
  '%s: %s',
  async (_name, _promise, campaign) => {
    const { failures, cases } = await shortForm(campaign);
    expect(failures).toEqual([]);
    expect(cases).toBeGreaterThan(1_000);
  },
);
