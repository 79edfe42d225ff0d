import { toError } from '../base/errors.ts';
import type { Draft, EvidenceItem } from '../events/event.ts';
import type { Word, WordAnswer } from '../gates/word.ts';
import type { EffectResult } from './effect-result.ts';
import type { WordSource } from './executor.ts';
import type { Wanted } from './fold.ts';

/** Something the loop must look at. */
export type Item =
  | { readonly kind: 'result'; readonly effect: Wanted; readonly result: EffectResult }
  | { readonly kind: 'progress'; readonly draft: Draft }
  | { readonly kind: 'word'; readonly word: Word; readonly answer: (answer: WordAnswer) => Promise<void> }
  | { readonly kind: 'seen'; readonly gate: string; readonly items: readonly EvidenceItem[]; readonly tookMs: number }
  | { readonly kind: 'woken' }
  | { readonly kind: 'broken'; readonly error: Error };

/** The loop's letter box: results, progress and words in the order they came. */
export class Inbox {
  readonly #items: Item[] = [];
  #wake: (() => void) | undefined;

  put(item: Item): void {
    this.#items.push(item);
    this.#wake?.();
  }

  /** The next item, or undefined when none came within `timeoutMs`. */
  async next(timeoutMs: number): Promise<Item | undefined> {
    if (this.#items.length === 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, timeoutMs);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.#wake = undefined;
    }
    return this.#items.shift();
  }

  /** Puts every word of a source in, until the signal aborts. */
  async listen(words: WordSource, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        const { word, answer } = await words.next(signal);
        // Asked for the next only after this one is answered: a speaker never talks to a state already gone.
        await new Promise<void>((resolve) => {
          this.put({
            kind: 'word',
            word,
            answer: async (given) => {
              await answer(given);
              resolve();
            },
          });
        });
      } catch (thrown) {
        if (!signal.aborted) this.put({ kind: 'broken', error: toError(thrown) });
        return;
      }
    }
  }
}
