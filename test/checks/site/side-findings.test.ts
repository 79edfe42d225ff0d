import { describe, expect, test } from '@jest/globals';
import { certificateFinding, liveFindings, standbyFinding } from '../../../src/checks/site/side-findings.ts';
import type { WebReply } from '../../../src/providers/web/request-at.ts';

const nowMs = Date.parse('2026-11-21T12:00:00Z');
const inDays = (days: number): string => new Date(nowMs + days * 86_400_000 + 1).toISOString();
const reply = (over: Partial<Extract<WebReply, { kind: 'answered' }>> = {}): WebReply => ({
  kind: 'answered',
  status: 200,
  headers: {},
  body: '{"newest":"2026-11-21T11:30:00Z","data":{"release":"7"}}',
  durationMs: 120,
  certificateUntil: inDays(60),
  ...over,
});
const silent: WebReply = { kind: 'failed', why: 'unreachable', reason: 'connect ECONNREFUSED', sent: false };
const page = (over: object = {}) => ({
  url: 'https://www.example.org/health',
  status: 200,
  contains: [],
  withinMs: 2000,
  ...over,
});

describe('a certificate', () => {
  test.each([
    [21, 'ok'],
    [20, 'warn'],
    [7, 'warn'],
    [6, 'fail'],
    [-1, 'fail'],
  ] as const)('with %d days left is %s', (days, status) => {
    const look = { reply: reply({ certificateUntil: inDays(days) }) };
    expect(certificateFinding('recovery', look, nowMs)?.status).toBe(status);
  });

  test('that does not prove the name has failed, whatever its days; of a silent side nothing is said', () => {
    expect(certificateFinding('recovery', { reply: reply(), certificateWrong: 'wrong name' }, nowMs)?.status).toBe(
      'fail',
    );
    expect(certificateFinding('recovery', { reply: silent }, nowMs)).toBeUndefined();
  });
});

describe('the side users are not on', () => {
  test.each([
    [503, 'ok'],
    [200, 'fail'],
    [302, 'fail'],
    [500, 'warn'],
  ] as const)('answering %d is %s', (status, found) => {
    expect(standbyFinding('recovery', reply({ status })).status).toBe(found);
  });

  test('that does not answer at all has failed, as out of reach', () => {
    expect(standbyFinding('recovery', silent)).toMatchObject({ status: 'fail', outOfReach: true });
  });
});

describe('a page of the side that serves', () => {
  const wrong = (over: object, answer: WebReply = reply()): readonly string[] =>
    liveFindings('production', { page: page(over), reply: answer, nowMs })
      .filter(({ status }) => status !== 'ok')
      .map(({ probe, status }) => `${probe} ${status}`);

  test('is well with its status, in time, with its texts and a fresh instant', () => {
    expect(wrong({ contains: ['"release"'], newest: { json: 'newest', age: 3_600_000 } })).toEqual([]);
  });

  test('is told apart by what is wrong with it', () => {
    expect(wrong({}, silent)).toEqual(['site.answer fail']);
    expect(wrong({}, reply({ status: 503 }))).toEqual(['site.answer fail']);
    expect(wrong({ withinMs: 100 })).toEqual(['site.delay warn']);
    expect(wrong({ contains: ['"release":"8"'] })).toEqual(['site.content fail']);
    expect(wrong({ newest: { json: 'newest', age: 60_000 } })).toEqual(['site.fresh fail']);
    expect(wrong({ newest: { json: 'data.release.none', age: 60_000 } })).toEqual(['site.fresh fail']);
    expect(wrong({ newest: { json: 'newest', age: 60_000 } }, reply({ body: '<html>' }))).toEqual(['site.fresh fail']);
  });
});
