import { systemClock } from '../base/clock.ts';
import { formatDuration } from '../base/duration.ts';
import { catalog } from '../base/error-catalog.ts';
import { DrpError } from '../base/errors.ts';
import { sendWord } from '../gates/spool.ts';
import type { Word, WordAnswer } from '../gates/word.ts';
import type { Journal } from '../journal/journal.ts';
import { spoolFolder } from '../journal/open.ts';
import { printable } from '../views/escape.ts';
import type { Io, VerbAnswer } from './io.ts';
import { refuseUndriven } from './refused-word.ts';
import { tell } from './tell.ts';

/** How long the driver of a run has to answer, before the word is said to wait: it may look at the evidence again first … */
const drivenAnswerMs = 30_000;
/** … and where none is known to drive it. */
const undrivenAnswerMs = 3_000;
/** After this long whoever waits is told what for. */
const explainAfterMs = 1_000;

/** Leaves a word for the driver of a run and tells what became of it. Where no driver runs it waits, unless it would only be refused. */
export async function deliver(io: Io, journal: Journal, word: Word): Promise<VerbAnswer> {
  const folder = spoolFolder(journal.url, word.run);
  if (folder === undefined)
    throw new DrpError('spool-closed', { run: word.run, folder: journal.url, reason: 'it has no folder' });
  const about = { run: word.run, verb: word.verb, subject: word.subject };
  const undriven = (await journal.holder(word.run)) === undefined;
  const refused = undriven ? await refuseUndriven(journal, word, systemClock.nowIso()) : undefined;
  if (refused !== undefined) return answered(io, about, refused);
  const timeoutMs = undriven ? undrivenAnswerMs : drivenAnswerMs;
  const quiet = explainWait(io, word, timeoutMs);
  const answer = await sendWord(folder, word, { timeoutMs }).finally(quiet);
  if (answer !== 'waiting') return answered(io, about, answer);
  const driven = (await journal.holder(word.run)) !== undefined;
  const next = driven
    ? `The driver of run ${word.run} has not answered yet.\nSee: drp status --run ${word.run}`
    : `The word waits: nobody drives run ${word.run} now.\nGo on with: drp resume --run ${word.run}`;
  return { text: next, json: { ...about, outcome: 'waiting', driven } };
}

/** Says what is waited for when the answer takes its time. Returns what keeps it from being said. */
function explainWait(io: Io, word: Word, timeoutMs: number): () => void {
  const over = new AbortController();
  const what =
    timeoutMs === undrivenAnswerMs
      ? `to see whether somebody drives run ${word.run}`
      : word.verb === 'approve'
        ? `for the driver of run ${word.run}: it looks at the evidence again before an approval counts`
        : `for the driver of run ${word.run} to answer`;
  void systemClock.sleep(explainAfterMs, over.signal).then(
    () => void (io.json || io.stderr.write(`waiting up to ${formatDuration(timeoutMs)} ${what} …\n`)),
    () => undefined,
  );
  return () => over.abort();
}

function answered(io: Io, about: object, answer: WordAnswer): VerbAnswer {
  if (answer.kind === 'accepted') {
    return { text: printable(answer.text), json: { ...about, outcome: 'accepted', text: answer.text } };
  }
  const { code, text, hint } = answer;
  const exitCode = Object.hasOwn(catalog, code) ? catalog[code as keyof typeof catalog].exitCode : 3;
  if (!io.json) tell(io, `drp: ${printable(text)}\nHINT: ${printable(hint)}`);
  return { json: { ...about, outcome: 'refused', error: { code, message: text, hint }, exitCode }, exitCode };
}
