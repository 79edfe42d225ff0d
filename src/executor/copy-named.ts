import { DrpError } from '../base/errors.ts';
import type { Event, EventOf } from '../events/event.ts';
import type { Word } from '../gates/word.ts';
import { namedCopy, offeredCopies } from '../steps/backups/offered-copies.ts';

/**
 * The copy a word chooses: one that a gate of this run has shown. Broken copies are never shown as fit, so they cannot be
 * named. Throws backup-choice-refused.
 */
export function copyNamed(
  events: readonly Event[],
  word: Word,
): NonNullable<EventOf<'decision.made'>['data']['choice']> {
  const named = word.evidence ?? '';
  const [backup = '', copy = ''] = named.split(' ');
  const shown = events.findLast(
    (event) =>
      event.type === 'gate.opened' &&
      event.data.gate === word.subject &&
      offeredCopies(event.data.statement.evidence).some((one) => one.backup === backup),
  );
  const offered = shown?.type === 'gate.opened' ? offeredCopies(shown.data.statement.evidence) : [];
  const found = namedCopy(named, offered);
  if (found === undefined) {
    const reason =
      offered.length === 0 ? `gate '${word.subject}' shows no such backup` : 'the gate shows no fit copy of that name';
    throw new DrpError('backup-choice-refused', { backup, copy, reason });
  }
  const { host, path, takenAt } = found;
  return { backup, host, path, takenAt };
}
