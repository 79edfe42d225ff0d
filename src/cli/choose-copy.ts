import type { EvidenceItem } from '../events/event.ts';
import { namedCopy, offeredCopies, spellChoice, spellCopy, type OfferedCopy } from '../steps/backups/offered-copies.ts';
import type { Answer, Ask } from './ask.ts';
import type { Io } from './io.ts';

/** Copies of one backup listed at a time; older ones can be named all the same. */
const listedMax = 8;

/**
 * Lists the copies a gate offers and asks for one: `BACKUP HOST:TIME`, typed or pasted (it decides nothing yet). Typed, and
 * empty: none, back to the gate.
 */
export function askCopy(
  context: { readonly io: Io; readonly ask: Ask; readonly signal: AbortSignal },
  evidence: readonly EvidenceItem[],
): Promise<Answer> {
  const offered = offeredCopies(evidence);
  const backups = [...new Set(offered.map(({ backup }) => backup))];
  for (const backup of backups) {
    const copies = offered.filter((copy) => copy.backup === backup);
    context.io.stderr.write(
      copies
        .slice(0, listedMax)
        .map((copy) => `  ${copyLine(copy)}\n`)
        .join(''),
    );
    const more = copies.length - listedMax;
    if (more > 0) context.io.stderr.write(`  and ${more} older, of '${backup}'\n`);
  }
  return context.ask.question({
    message: 'Which copy? (BACKUP HOST:TIME, as above; Enter alone: back to the gate)',
    refuse: (text) =>
      text === '' || namedCopy(text, offered) !== undefined
        ? undefined
        : 'no such copy is shown: type one as listed, whole, or Enter alone to go back',
    signal: context.signal,
    pasteAllowed: true,
  });
}

function copyLine(copy: OfferedCopy): string {
  const marks = [copy.taken ? 'taken now' : '', copy.lost ? 'its datacentre is declared lost' : ''].filter(
    (mark) => mark !== '',
  );
  return `${spellChoice(copy.backup, spellCopy(copy))}${marks.length === 0 ? '' : ` (${marks.join('; ')})`}`;
}
