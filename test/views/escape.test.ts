import { expect, test } from '@jest/globals';
import { printable, printableLine } from '../../src/views/escape.ts';

test.each([
  ['colours and cursor moves', '\u001b[31mred\u001b[0m', '\\u{1b}[31mred\\u{1b}[0m'],
  ['a carriage return that overwrites the line', 'approved\rrefused', 'approved\\u{d}refused'],
  ['reordering', 'a\u202eb\u2066c', 'a\\u{202e}b\\u{2066}c'],
  ['what cannot be seen', 'a\u200bb\ufeffc', 'a\\u{200b}b\\u{feff}c'],
  ['eight-bit control sequences', 'a\u009b2J', 'a\\u{9b}2J'],
  ['tags that spell hidden text', 'a\u{e0041}', 'a\\u{e0041}'],
])('%s is shown, not obeyed', (_, text, shown) => {
  expect(printable(text)).toBe(shown);
});

test('letters of any script, emoji and line ends stay as they are', () => {
  expect(printable('Łódź 東京 ☎ 🚒\nzwei\r\ndrei')).toBe('Łódź 東京 ☎ 🚒\nzwei\ndrei');
  expect(printableLine('a\nb\tc')).toBe('a\\nb c');
});
