import type { EvidenceItem } from '../events/event.ts';

/** The evidence of an open gate as last seen. */
export interface Seen {
  readonly items: readonly EvidenceItem[];
  readonly atMs: number;
  readonly openedMs: number;
  readonly tookMs: number;
}
