import type { Draft, Json } from '../events/event.ts';
import type { Redaction } from '../steps/remote/redact.ts';

/**
 * Fields of an event that come from the plan, the machine or the driver and never from the world: names and digests that
 * later events are matched with. A secret that happens to be one of these words must not break the record. Signed texts
 * are among them: a word that holds a secret is refused before it is journalled.
 */
const structural: ReadonlySet<string> = new Set([
  ...['state', 'key', 'step', 'gate', 'id', 'source', 'timer', 'kind', 'code', 'decision', 'verb', 'subject'],
  ...['statement', 'statementDigest', 'digest', 'identity', 'driver', 'epoch', 'outcome', 'claim', 'host'],
]);

/** The draft without any secret this driver knows, before it is hashed. */
export function redactedDraft(redaction: Redaction, draft: Draft): Draft {
  const fields = Object.entries(draft.data as Readonly<Record<string, Json>>);
  // A refused word may say anything anywhere.
  const data = Object.fromEntries(
    fields.map(([name, value]) => [
      name,
      draft.type !== 'word.refused' && structural.has(name) ? value : redaction.data(value),
    ]),
  );
  return { ...draft, data } as unknown as Draft;
}
