import type { DrpError } from '../base/errors.ts';
import type { EvidenceItem, Json, ObligationDraft } from '../events/event.ts';

/** How an effect ended, before the loop journals it. */
export type EffectResult =
  | {
      readonly kind: 'done';
      readonly output: Json;
      readonly lines: readonly string[];
      readonly obligations: readonly ObligationDraft[];
      readonly settles: readonly ObligationDraft['kind'][];
    }
  | {
      readonly kind: 'failed' | 'in-doubt';
      readonly code: string;
      readonly reason: string;
      readonly hint: string;
      /** The error behind it, where the loop must look at it. */
      readonly error?: DrpError;
    }
  | { readonly kind: 'evidence'; readonly items: readonly EvidenceItem[] };
