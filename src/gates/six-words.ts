import { phoneWords } from './word-list.ts';

const wordBits = 11;
const wordsCount = 6;

/**
 * The first 66 bits of a digest (hex) as six words, to be read out over the phone: eleven bits a word, highest first. Enough
 * that nobody finds another statement with the same words while a gate is open.
 */
export function sixWords(digest: string): string {
  const bits = BigInt(`0x${digest.slice(0, 18)}`) >> BigInt(18 * 4 - wordBits * wordsCount);
  return Array.from({ length: wordsCount }, (_, at) => {
    const place = (bits >> BigInt(wordBits * (wordsCount - 1 - at))) & BigInt(phoneWords.length - 1);
    return phoneWords[Number(place)] ?? '';
  }).join(' ');
}

/** The same words, however they were typed. */
export function sameWords(typed: string, words: string): boolean {
  return (
    typed
      .toLowerCase()
      .split(/[^a-z]+/)
      .filter((word) => word !== '')
      .join(' ') === words
  );
}
