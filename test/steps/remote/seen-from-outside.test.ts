import { describe, expect, test } from '@jest/globals';
import { judgeSight } from '../../../src/steps/remote/seen-from-outside.ts';

const answered = (status: number, headers: Record<string, string> = {}) =>
  ({ kind: 'answered', status, headers, body: '', durationMs: 1 }) as const;

describe('a side seen from outside', () => {
  test.each([
    [answered(200), 'serves', 'x answers 200'],
    [answered(302), 'serves', 'x answers 302'],
    [answered(503, { 'retry-after': '120' }), 'maintenance', 'x answers 503, Retry-After 120'],
    [answered(503), 'maintenance', 'x answers 503 without Retry-After'],
    [answered(502), 'broken', 'x answers 502'],
    [
      { kind: 'failed', why: 'unreachable', reason: 'refused', sent: false } as const,
      'silent',
      'x does not answer (refused)',
    ],
    // A wrong certificate is somebody answering: it is not silence.
    [
      { kind: 'failed', why: 'certificate', reason: 'expired', sent: false } as const,
      'broken',
      'x shows a wrong certificate (expired)',
    ],
  ])('%j is %s', (reply, kind, text) => {
    expect(judgeSight(reply, 'x')).toMatchObject({ kind, text });
  });
});
