import { isDrpError, toError } from '../../base/errors.ts';
import type { DnsRights } from '../providers.ts';

/** What a try that failed says about the right to change a record. */
export function rightsOf(thrown: unknown): DnsRights {
  if (!isDrpError(thrown, 'dns-refused')) return { kind: 'unknown', reason: toError(thrown).message };
  return { kind: 'refused', reason: thrown.message, advice: thrown.hint };
}
