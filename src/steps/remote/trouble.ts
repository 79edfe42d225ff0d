import { isDrpError, toError } from '../../base/errors.ts';
import type { EvidenceItem } from '../../events/event.ts';

/** An item of evidence that could not be had: shown as red, with what to do; a missing fact is never silent. */
export function troubleItem(base: Pick<EvidenceItem, 'id' | 'title'>, thrown: unknown): EvidenceItem {
  const error = toError(thrown);
  if (error.name === 'AbortError') throw error;
  return {
    ...base,
    severity: 'red',
    lines: [error.message, ...(isDrpError(error) ? [error.gateHint] : [])],
    choice: isDrpError(error) ? `trouble: ${error.code}` : 'trouble',
    ...(isDrpError(error) && ['host-key-mismatch', 'host-key-not-pinned', 'identity-mismatch'].includes(error.code)
      ? { overridable: false }
      : {}),
  };
}
