import type { Finding } from '../schema-problems.ts';
import type { Path } from '../source.ts';

/** Texts that no command and no digest can hold: half a character, or a NUL byte. */
export function checkTexts(data: unknown, path: Path = []): readonly Finding[] {
  if (typeof data === 'string') {
    if (!data.isWellFormed())
      return [{ path, at: 'value', message: 'the text holds half a character (a lone surrogate)' }];
    return data.includes('\0') ? [{ path, at: 'value', message: 'the text holds a NUL character' }] : [];
  }
  if (Array.isArray(data)) return data.flatMap((item, index) => checkTexts(item, [...path, index]));
  if (typeof data !== 'object' || data === null) return [];
  return Object.entries(data).flatMap(([key, value]) => checkTexts(value, [...path, key]));
}
