import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { foldAll } from '../../src/executor/run-log.ts';
import { siteState } from '../../src/executor/site.ts';
import { createAnswerCheck } from '../../src/gates/answer-check.ts';
import { readExport } from '../../src/journal/export.ts';
import { createMemoryJournal } from '../../src/journal/memory-journal.ts';
import { verifyExport } from '../../src/journal/verify.ts';
import { runSummary } from '../../src/views/run-summary.ts';

const file = (name: string): Buffer => readFileSync(new URL(name, import.meta.url));
const allowedSigners = file('./format-1-allowed-signers').toString('utf8');
interface Kept {
  readonly name: string;
  readonly procedure: string;
  readonly serving: string;
  readonly ownKeys?: boolean;
}
const kept: readonly Kept[] = [
  { name: 'format-1-activation', procedure: 'activation', serving: 'recovery' },
  { name: 'format-1-return', procedure: 'return', serving: 'production' },
  // Of another lab, so with the keys it carries itself.
  { name: 'format-1-adopted', procedure: 'activation', serving: 'recovery', ownKeys: true },
];

describe.each<Kept>(kept)('$name', ({ name, procedure, serving, ownKeys }) => {
  const bytes = file(`./${name}.jsonl`);
  const { events, stored, frame } = readExport(bytes.toString('utf8'));

  test('opens, and folds to the end it had: every state this version reaches is the one that was written', () => {
    const run = foldAll(frame.run, name, events);
    expect(run.snapshot.status).toBe('done');
    expect(run.snapshot.value).toBe('completed');
    expect(run.unsettled.size).toBe(0);
  });

  test('verifies, signatures included', () => {
    const verdict = verifyExport(bytes, { checkAnswer: createAnswerCheck(ownKeys === true ? {} : { allowedSigners }) });
    expect(verdict.problems).toEqual([]);
    expect(verdict.answers.filter(({ signature }) => signature === 'good').length).toBeGreaterThan(0);
    expect(verdict.upToSeq).toBe(events.length);
  });

  test('reads as what happened', () => {
    expect(runSummary(events)).toMatchObject({ procedure, outcome: 'completed', site: 'gravelines' });
    expect(siteState('gravelines', [events]).serving).toBe(serving);
  });

  test('is taken into a store of today and comes out byte for byte', async () => {
    const journal = createMemoryJournal();
    await journal.keep(frame.run, stored);
    expect(await journal.stored(frame.run)).toEqual(stored);
  });
});
