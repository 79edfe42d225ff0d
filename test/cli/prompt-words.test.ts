import { expect, test } from '@jest/globals';
import { createPromptWords, mergeWords } from '../../src/cli/prompt-words.ts';
import type { Word } from '../../src/gates/word.ts';

const word = (reason: string): Word => ({
  verb: 'note',
  run: 'r',
  subject: '',
  reason,
  osUser: 'otto',
  path: 'terminal',
});
const accepted = { kind: 'accepted', text: 'ok' } as const;

test('a word waits for its answer, and comes before the next', async () => {
  const words = createPromptWords();
  const signal = new AbortController().signal;
  const first = words.say(word('one'));
  void words.say(word('two'));
  const heard = await words.next(signal);
  expect(heard.word.reason).toBe('one');
  await heard.answer(accepted);
  expect(await first).toEqual(accepted);
  expect((await words.next(signal)).word.reason).toBe('two');
});

test('of several sources none loses a word that came while another was answered', async () => {
  const [prompt, spool] = [createPromptWords(), createPromptWords()];
  const merged = mergeWords([prompt, spool]);
  const signal = new AbortController().signal;
  const next = merged.next(signal);
  void spool.say(word('from elsewhere'));
  void prompt.say(word('typed'));
  const reasons = [(await next).word.reason, (await merged.next(signal)).word.reason];
  expect(reasons.sort()).toEqual(['from elsewhere', 'typed']);
});

test('listening ends with the signal', async () => {
  const leave = new AbortController();
  const next = mergeWords([createPromptWords(), createPromptWords()]).next(leave.signal);
  leave.abort(new Error('left'));
  await expect(next).rejects.toThrow('left');
});
