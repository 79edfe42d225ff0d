import { isDrpError } from '../base/errors.ts';
import type { Finding } from './check.ts';
import { findingFor } from './finding-for.ts';

/** What a probe says that cannot read its secret; anything else is thrown on. */
export function secretFinding(probe: string, subject: string, thrown: unknown): Finding {
  if (!isDrpError(thrown, 'secret-unreadable')) throw thrown;
  const advice = 'Put it there, readable by you alone: on the day nothing can be done here without it.';
  return findingFor(probe, subject).fail(thrown.message, { advice });
}
