import type { LabFacts } from '../lab/facts.ts';
import { createSiteClient } from '../lab/site-client.ts';

/** What a client sees who resolves the name now and fetches the page. */
export interface Served {
  readonly site: string;
  readonly orders: number;
  readonly newest: string;
}

/** Asks once, as a client would; `nobody` where no site answers. */
export async function readServed(facts: LabFacts): Promise<Served> {
  const answer = await createSiteClient(facts, 5_000)({ method: 'GET', path: '/health' });
  return {
    site: answer.site ?? 'nobody',
    orders: answer.orders ?? 0,
    newest: answer.newest ?? 'nothing',
  };
}
