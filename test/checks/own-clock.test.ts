import { expect, test } from '@jest/globals';
import type { Finding } from '../../src/checks/check.ts';
import { judgeOwnClock } from '../../src/checks/own-clock.ts';

const clocks = (...offsets: readonly number[]): readonly Finding[] =>
  offsets.map((value, at) => ({
    probe: 'host.clock',
    subject: `host-${String(at)}`,
    status: Math.abs(value) > 2_000 ? ('fail' as const) : ('ok' as const),
    found: '',
    metrics: [{ name: 'offset_ms', value, fail: 2_000 }],
  }));
const told = (offsets: readonly number[]): readonly string[] =>
  judgeOwnClock(clocks(...offsets))
    .filter(({ status }) => status === 'fail')
    .map(({ probe, subject }) => `${probe} ${subject}`);

test.each<[string, readonly number[], readonly string[]]>([
  ['all agree', [10, -20, 5, 0], []],
  ['one host is off', [10, -20, 180_000, 0], ['host.clock host-2']],
  ['this machine is off: said once', [180_000, 180_040, 179_980, 180_010], ['own.clock drp']],
  [
    'this machine is off, and one host besides',
    [180_000, 180_040, 400_000, 180_010],
    ['host.clock host-2', 'own.clock drp'],
  ],
  ['two hosts that agree prove nothing', [180_000, 180_040], ['host.clock host-0', 'host.clock host-1']],
  [
    'half of the hosts is no majority',
    [180_000, 180_040, 180_010, 0, 5, 3],
    ['host.clock host-0', 'host.clock host-1', 'host.clock host-2'],
  ],
  ['no clock was read', [], []],
])('%s', (_, offsets, expected) => {
  expect(told(offsets)).toEqual(expected);
});
