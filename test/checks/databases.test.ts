import { describe, expect, test } from '@jest/globals';
import { compareMajors, parseServer, replicationFindings } from '../../src/checks/database-probes.ts';
import { dumpedFrom } from '../../src/checks/dump-version.ts';
import { roomFindings } from '../../src/checks/host-room.ts';

const judged = (lines: readonly string[]): string =>
  replicationFindings('main', parseServer(['version|150004', ...lines]), 300_000)
    .map(({ status, found }) => `${status}: ${found}`)
    .join();

describe('replication', () => {
  test.each([
    ['a primary alone', ['standby|f'], 'ok: a primary without standbys'],
    ['a primary that is followed', ['standby|f', 'follower|south|streaming'], 'ok: 1 standbys follow'],
    ['a standby that catches up', ['standby|f', 'follower|south|catchup'], 'warn: standby south is in state catchup'],
    [
      'a slot nobody reads from',
      ['standby|f', 'idle|south'],
      'fail: nobody reads from slot south: its standby is gone, and WAL piles up',
    ],
    [
      'a standby',
      ['standby|t', 'receiver|streaming', 'lag|900'],
      'ok: a standby that streams, its last change is 0.9 s old',
    ],
    [
      'a standby cut off',
      ['standby|t', 'lag|7200000'],
      'fail: a standby that receives nothing, its last change is 2 h 00 min old',
    ],
    [
      'a standby far behind, or of an idle primary',
      ['standby|t', 'receiver|streaming', 'lag|7200000'],
      'warn: a standby that streams, its last change is 2 h 00 min old',
    ],
    ['a standby whose role may not see its state', ['standby|t', 'receiver|there'], 'ok: a standby that streams'],
  ])('%s', (_, lines, expected) => {
    expect(judged(lines)).toBe(expected);
  });
});

describe('major versions', () => {
  const names = { name: 'south', other: 'north' };
  test.each([
    [150_004, 150_020, 'ok'],
    [130_015, 150_020, 'fail'],
    [170_002, 150_020, 'warn'],
  ])('%d against %d: %s', (target, source, status) => {
    expect(compareMajors(names, target, source).status).toBe(status);
  });
});

test('what goes onto one file system is added up, with a little to spare', () => {
  const need = (path: string, bytes: number) => ({ path, bytes, what: path });
  const room = { mount: '/', freeBytes: 1_000_000_000 };
  const find = (bytes: number) =>
    roomFindings('web', [need('/srv', 500_000_000), need('/var', bytes)], [room, room])[0];
  expect(find(400_000_000)).toMatchObject({ status: 'ok', threshold: 'a restoration needs 985 MB' });
  expect(find(500_000_000)).toMatchObject({ status: 'fail', subject: 'web:/' });
});

describe('what a dump is from', () => {
  test.each([
    [
      'a dump of PostgreSQL 15',
      'PGDMP\u0001\u000e\0\0\u0003\0\0\0kyc\0\u001e\0\0\u000015.20 (Debian 15.20-0+deb12u1)\0',
      '15.20',
    ],
    ['a name with a version in it', 'PGDMP\0\0\u0006\0\0\0v12.34\0\u0004\0\0\u000016.2\0', '16.2'],
    ['no dump', 'hello \u000015.2', undefined],
    ['a dump cut off', 'PGDMP\u0001', undefined],
  ])('%s', (_, header, expected) => {
    expect(dumpedFrom(header)).toBe(expected);
  });
});
