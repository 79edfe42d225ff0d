import type { Finding } from './check.ts';

/** What a finding says besides its status. */
export type FindingWords = Pick<Finding, 'threshold' | 'advice' | 'metrics' | 'outOfReach'>;

/** Findings of one probe about one subject: `findingFor('dns.ttl', 'www').fail('TTL 3600 s', { advice })`. */
export function findingFor(probe: string, subject: string) {
  const say =
    (status: Finding['status']) =>
    (found: string, words: FindingWords = {}): Finding => ({ probe, subject, status, found, ...words });
  return { ok: say('ok'), warn: say('warn'), fail: say('fail'), unknown: say('unknown'), skipped: say('skipped') };
}
