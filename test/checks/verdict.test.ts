import { describe, expect, test } from '@jest/globals';
import type { Finding } from '../../src/checks/check.ts';
import { exitCodeOf, worstFirst, worstStatus } from '../../src/checks/verdict.ts';

const of = (...statuses: readonly (Finding['status'] | 'out of reach')[]): readonly Finding[] =>
  statuses.map((status, at) => ({
    probe: 'host.clock',
    subject: String(at),
    found: '',
    ...(status === 'out of reach' ? { status: 'fail' as const, outOfReach: true } : { status }),
  }));

describe('exit codes', () => {
  test.each<[string, readonly Finding[], number]>([
    ['nothing at all', of(), 0],
    ['all well', of('ok', 'skipped'), 0],
    ['warnings are told, not failed', of('ok', 'warn'), 0],
    ['something failed', of('ok', 'fail', 'unknown'), 1],
    ['only out of reach', of('ok', 'out of reach'), 4],
    ['nobody could look', of('unknown', 'warn'), 4],
    ['out of reach, and something failed besides', of('out of reach', 'fail'), 1],
  ])('%s', (_, findings, expected) => {
    expect(exitCodeOf(findings)).toBe(expected);
  });
});

test('what nobody could look at is worse than a warning, and skipped is nothing', () => {
  expect(worstStatus(of('warn', 'unknown', 'ok'))).toBe('unknown');
  expect(worstStatus(of('skipped'))).toBe('ok');
  expect(worstFirst(of('ok', 'warn', 'fail', 'unknown', 'fail')).map(({ subject }) => subject)).toEqual([
    '2',
    '4',
    '3',
    '1',
    '0',
  ]);
});
