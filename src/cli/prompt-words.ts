import type { Word, WordAnswer, WordSource } from '../gates/word.ts';

/** Words typed at the attached prompt, and how each was taken. */
export interface PromptWords extends WordSource {
  /** Hands a word to the run; resolves with its answer. */
  say(word: Word): Promise<WordAnswer>;
}

type Heard = Awaited<ReturnType<WordSource['next']>>;

export function createPromptWords(): PromptWords {
  const queue: Heard[] = [];
  let wake: (() => void) | undefined;
  return {
    say: (word) =>
      new Promise((resolve) => {
        queue.push({ word, answer: (answer) => Promise.resolve(resolve(answer)) });
        wake?.();
      }),
    next: async (signal) => {
      for (;;) {
        signal.throwIfAborted();
        const heard = queue.shift();
        if (heard !== undefined) return heard;
        await new Promise<void>((resolve, reject) => {
          const onAbort = () => reject(signal.reason as Error);
          signal.addEventListener('abort', onAbort, { once: true });
          wake = () => {
            signal.removeEventListener('abort', onAbort);
            resolve();
          };
        });
      }
    },
  };
}

/** Several sources as one. A word that arrives while another is being answered is kept, never lost. */
export function mergeWords(sources: readonly WordSource[]): WordSource {
  const pending = new Map<WordSource, Promise<{ readonly source: WordSource; readonly heard: Heard }>>();
  return {
    next: async (signal) => {
      for (const source of sources) {
        if (!pending.has(source))
          pending.set(
            source,
            source.next(signal).then((heard) => ({ source, heard })),
          );
      }
      const { source, heard } = await Promise.race(pending.values());
      pending.delete(source);
      return heard;
    },
  };
}
