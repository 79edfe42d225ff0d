import { describe, expect, test } from '@jest/globals';
import { isBehind, parseServer, replicationFinding, type ReplicationNeeds } from '../../src/checks/replication.ts';

const limitMs = 300_000;
const stateOf = (lines: readonly string[]) => parseServer(['version|150004', ...lines]);
const judged = (lines: readonly string[], needs: Partial<ReplicationNeeds> = {}): string => {
  const { status, found } = replicationFinding('main', stateOf(lines), { lagMs: limitMs, ...needs });
  return `${status}: ${found}`;
};

describe('a primary', () => {
  test.each<[string, readonly string[], Partial<ReplicationNeeds>, string]>([
    ['alone', ['standby|f'], {}, 'ok: a primary without standbys'],
    ['that is followed', ['standby|f', 'follower|south|streaming'], {}, 'ok: 1 standby follows'],
    [
      'whose standby catches up',
      ['standby|f', 'follower|south|catchup'],
      {},
      'warn: standby south is in state catchup',
    ],
    [
      'with a slot nobody reads from',
      ['standby|f', 'idle|south|reserved'],
      {},
      'fail: nobody reads from slot south: its standby is gone, and WAL piles up',
    ],
    [
      'with a slot that has lost its place',
      ['standby|f', 'idle|south|lost', 'idle|north|'],
      {},
      'fail: slot south has lost its place: the log its standby needs is gone',
    ],
    ['that nobody follows, and two should', ['standby|f'], { standbys: 2 }, 'fail: no standby follows'],
    [
      'that one follows, and two should',
      ['standby|f', 'follower|south|streaming'],
      { standbys: 2 },
      'fail: only 1 standby follows',
    ],
    ['that should be a standby', ['standby|f'], { standby: true }, 'fail: no standby: it takes writes itself'],
  ])('%s', (_, ...[lines, needs, expected]) => {
    expect(judged(lines, needs)).toBe(expected);
  });
});

describe('a standby', () => {
  test.each([
    [
      'that is well',
      ['receiver|streaming|100', 'lag|900|0'],
      'ok: a standby that streams, its last change is 0.9 s old',
    ],
    [
      'of a primary nobody writes to',
      ['receiver|streaming|100', 'lag|7200000|0'],
      'ok: a standby that streams, its last change is 2 h 00 min old',
    ],
    [
      'that has much to catch up on',
      ['receiver|streaming|100', 'lag|7200000|5000000'],
      'fail: a standby with 5.0 MB to catch up on, its last change is 2 h 00 min old',
    ],
    [
      'with a little to catch up on, within the limit',
      ['receiver|streaming|100', 'lag|9000|5000000'],
      'ok: a standby that streams, its last change is 9.0 s old',
    ],
    [
      'whose replay is paused',
      ['receiver|streaming|100', 'lag|900|0', 'paused'],
      'fail: a standby whose replay is paused, its last change is 0.9 s old',
    ],
    ['cut off', ['lag|7200000|'], 'fail: a standby that receives nothing, its last change is 2 h 00 min old'],
    ['that waits for its primary', ['receiver|waiting|100', 'lag||'], 'fail: a standby in state waiting'],
    [
      'whose line stands and is silent',
      ['receiver|streaming|900000', 'lag|900|0'],
      'fail: a standby that heard nothing for 15 min 00 s',
    ],
    [
      'whose role may not see its state',
      ['receiver|there|', 'lag|900|0'],
      'ok: a standby that streams, its last change is 0.9 s old',
    ],
    [
      'that never streamed and is old',
      ['receiver|there|', 'lag|7200000|'],
      'warn: a standby that streams, its last change is 2 h 00 min old: its primary may be idle',
    ],
    [
      'fed from an archive',
      ['archive', 'lag|60000|'],
      'ok: a standby fed from an archive, its last change is 1 min 00 s old',
    ],
    [
      'whose archive has dried up',
      ['archive', 'lag|7200000|'],
      'fail: a standby fed from an archive, its last change is 2 h 00 min old',
    ],
    ['that took nothing yet', ['archive', 'lag||'], 'unknown: a standby that took nothing from the archive yet'],
  ])('%s', (_, lines, expected) => {
    expect(judged(['standby|t', ...lines])).toBe(expected);
  });

  test('is told which slot it uses, where nothing comes', () => {
    const { advice } = replicationFinding('main', stateOf(['standby|t', 'lag|1|', 'slot|south']), { lagMs: limitMs });
    expect(advice).toContain('its slot south may be gone there');
  });

  test('is looked at again only where it has something to catch up on for too long', () => {
    expect(isBehind(stateOf(['standby|t', 'lag|7200000|1']), limitMs)).toBe(true);
    expect(isBehind(stateOf(['standby|t', 'lag|7200000|0']), limitMs)).toBe(false);
    expect(isBehind(stateOf(['standby|t', 'lag|100|1']), limitMs)).toBe(false);
    expect(isBehind(stateOf(['standby|f']), limitMs)).toBe(false);
  });
});
