import { describe, expect, test } from '@jest/globals';
import { systemClock } from '../../../src/base/clock.ts';
import { createSurveys, readingOf, withKnown } from '../../../src/checks/backups/surveys.ts';
import type { BackupCandidate, SourceSurvey } from '../../../src/plan/backup-candidate.ts';
import type { Runbook } from '../../../src/runbook/schema/runbook.ts';

const read: BackupCandidate = {
  backup: 'database',
  kind: 'database',
  host: 'store',
  datacentre: 'west',
  path: '/b/new.dump',
  takenAt: '2026-11-21T12:00:00.000Z',
  bytes: 1000,
  files: 1,
  sha256: 'aa',
  defects: [],
  changed: '1795000000.5',
  readBy: ['checksum', 'content'],
};
const known = readingOf(read, '2026-11-21T12:05:00.000Z')!;
const quick = (over: Partial<BackupCandidate> = {}): SourceSurvey => {
  const { readBy, ...seen } = read;
  expect(readBy).toBeDefined();
  return {
    backup: 'database',
    host: 'store',
    datacentre: 'west',
    answer: { kind: 'surveyed', candidates: [{ ...seen, ...over }] },
  };
};

describe('a copy that was read whole before', () => {
  test('counts as read while it is the newest and nothing of it changed', () => {
    expect(withKnown(quick(), known)?.answer).toMatchObject({
      candidates: [{ readBy: ['checksum', 'content'], readAt: '2026-11-21T12:05:00.000Z' }],
    });
  });

  test.each<[string, Partial<BackupCandidate>]>([
    ['another copy is the newest', { path: '/b/newer.dump' }],
    ['it was written to, at whatever size', { changed: '1795000001.0' }],
    ['its size is another', { bytes: 999 }],
    ['its checksum file says otherwise', { sha256: 'bb' }],
  ])('is read again where %s', (_, over) => {
    expect(withKnown(quick(over), known)).toBeUndefined();
  });

  test.each<[string, Partial<BackupCandidate>]>([
    ['broken', { misreadBy: ['content'] }],
    ['not read', { readBy: [] }],
  ])('is not remembered where it was %s', (_, over) => {
    expect(readingOf({ ...read, ...over }, known.at)).toBeUndefined();
  });

  test('is read again where the host cannot be asked, or has nothing', () => {
    expect(withKnown({ ...quick(), answer: { kind: 'unreachable', reason: 'x' } }, known)).toBeUndefined();
    expect(withKnown({ ...quick(), answer: { kind: 'surveyed', candidates: [] } }, known)).toBeUndefined();
  });
});

test('what was read is handed on to the next check, until it is to be read again', () => {
  const handedOn = (at: string): readonly string[] => {
    const clock = { ...systemClock, nowMs: () => Date.parse(at) };
    const surveys = createSurveys({
      runbook: { backups: {}, hosts: {} } as unknown as Runbook,
      hosts: { connect: () => Promise.reject(new Error('nobody is asked')), closeAll: () => Promise.resolve() },
      clock,
      lost: [],
      readings: { 'database store': known },
    });
    return Object.keys(surveys.readings());
  };
  expect(handedOn('2026-11-22T08:00:00.000Z')).toEqual(['database store']);
  expect(handedOn('2026-11-22T09:00:00.000Z')).toEqual([]);
});
