import { expect, test } from '@jest/globals';
import { parseSince } from '../../src/cli/since.ts';

const nowMs = Date.parse('2026-11-21T14:03:00.000Z');

test.each([
  ['now', '2026-11-21T14:03:00.000Z'],
  ['10m ago', '2026-11-21T13:53:00.000Z'],
  ['1h 30m ago', '2026-11-21T12:33:00.000Z'],
  ['2026-11-21T13:00Z', '2026-11-21T13:00:00.000Z'],
  ['2026-11-21 14:00:00+01:00', '2026-11-21T13:00:00.000Z'],
])('%s is understood', (text, at) => expect(parseSince(text, nowMs)).toBe(at));

test.each([
  ['a future instant', '2026-11-21T15:00Z'],
  ['no zone', '2026-11-21T13:00'],
  ['a day no month has', '2026-02-30T10:00Z'],
  ['nonsense', 'yesterday'],
  ['nothing', ''],
])('%s is refused, not guessed', (_, text) => expect(parseSince(text, nowMs)).toBeUndefined());
