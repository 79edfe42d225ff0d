import type { EvidenceItem } from '../../events/event.ts';
import type { StepContext } from '../step-kind.ts';

export async function backupEvidence(_backup: string, _context: StepContext): Promise<readonly EvidenceItem[]> {
  return [];
}
