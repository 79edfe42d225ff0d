import { describe, expect, test } from '@jest/globals';
import { canonicalJson, isCanonical } from '../../src/events/canonical.ts';
import { digestOf, sha256Hex } from '../../src/events/digest.ts';
import { upcast, type RawEvent } from '../../src/events/upcast.ts';

describe('canonical JSON', () => {
  test('the same value has one text, whatever the order its keys came in', () => {
    expect(canonicalJson({ b: [1, true, null], a: 'é\n' })).toBe('{"a":"é\\n","b":[1,true,null]}');
    expect(canonicalJson({ a: 1, b: 2 })).toBe(canonicalJson({ b: 2, a: 1 }));
  });

  test('keys are sorted by UTF-16 code units, as RFC 8785 wants', () => {
    expect(canonicalJson({ '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\ud83d\ude00': 5, '\u0080': 6, ö: 7 })).toBe(
      '{"\\r":2,"1":4,"\u0080":6,"ö":7,"\u20ac":1,"\ud83d\ude00":5,"\ufb33":3}',
    );
  });

  test.each([
    ['a fraction', { a: [{ b: 0.5 }] }, '$.a[0].b'],
    ['a number beyond 2^53', { a: 2 ** 53 }, '$.a'],
    ['minus zero', [-0], '$[0]'],
    ['not a number', { a: Number.NaN }, '$.a'],
    ['undefined', { a: { b: undefined } }, '$.a.b'],
    ['half a character', { a: '\ud800' }, '$.a'],
    ['half a character in a key', { '\udc00': 1 }, '$.\udc00'],
    ['a date', { a: new Date(0) }, '$.a'],
    ['a map', { a: new Map() }, '$.a'],
    ['a function', { a: () => 1 }, '$.a'],
    ['a big integer', { a: 1n }, '$.a'],
    ['a hole in a list', { a: [1, , 2] }, '$.a[1]'],
  ])('%s is refused with its place', (_, value, path) => {
    expect(() => canonicalJson(value)).toThrow(
      expect.objectContaining({ code: 'not-canonical', details: expect.objectContaining({ path }) }),
    );
  });

  test('a value that holds itself is refused, not followed for ever', () => {
    const knot: Record<string, unknown> = {};
    knot['self'] = knot;
    expect(() => canonicalJson(knot)).toThrow(expect.objectContaining({ code: 'not-canonical' }));
  });

  test.each([
    ['{"a":1}', true],
    ['{"a": 1}', false],
    ['{"b":1,"a":1}', false],
    ['{"a":1,"a":1}', false],
    ['{"a":1.0}', false],
    ['{"a":"\\u0041"}', false],
    ['{"a":1}\n', false],
    ['{', false],
  ])('%j canonical: %s', (text, expected) => {
    expect(isCanonical(text)).toBe(expected);
  });

  test('a digest is the SHA-256 of the canonical bytes', () => {
    expect(digestOf({ a: 1 })).toBe(sha256Hex('{"a":1}'));
    expect(sha256Hex('')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  });
});

describe('older and newer formats', () => {
  const raw: RawEvent = { seq: 1, run: 'r', at: '', by: '', type: 'note.added', data: {}, prev: '', hash: '' };
  test('format 1 is read as it is', () => {
    expect(upcast(raw)).toEqual(raw);
  });
  test('a newer format or an unknown event is refused, naming it', () => {
    expect(() => upcast(raw, 2)).toThrow(expect.objectContaining({ code: 'journal-newer-format' }));
    expect(() => upcast({ ...raw, type: 'moon.landed' })).toThrow("event 1 is a 'moon.landed'");
  });
});
