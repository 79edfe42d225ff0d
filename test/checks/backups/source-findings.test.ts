import { describe, expect, test } from '@jest/globals';
import { judgeSize } from '../../../src/checks/backups/size.ts';
import { sourceFindings } from '../../../src/checks/backups/source-findings.ts';
import type { BackupCandidate, SourceSurvey } from '../../../src/plan/backup-candidate.ts';
import { backup } from '../../../src/runbook/schema/world.ts';

const nowMs = Date.parse('2026-11-21T12:30:00Z');
const copy = (over: Partial<BackupCandidate> = {}): BackupCandidate => ({
  backup: 'database',
  kind: 'database',
  host: 'store',
  datacentre: 'west',
  path: '/b/shop-2026-11-21T1200Z.dump',
  takenAt: '2026-11-21T12:00:00.000Z',
  bytes: 1000,
  files: 1,
  sha256: 'aa',
  defects: [],
  readBy: ['checksum', 'content'],
  ...over,
});
const survey = (answer: SourceSurvey['answer']): SourceSurvey => ({
  backup: 'database',
  host: 'store',
  datacentre: 'west',
  answer,
});
const question = (over: object = {}) => ({
  name: 'database',
  backup: backup.parse({
    kind: 'database',
    every: '2h',
    sources: [{ host: 'store', folder: 'b', pattern: 'shop-{time}.dump' }],
    ...over,
  }),
  index: 0,
  objectiveMs: 7_200_000,
  nowMs,
});
const look = (candidates: readonly BackupCandidate[], over: object = {}) =>
  sourceFindings(survey({ kind: 'surveyed', candidates }), question(over));
const wrong = (findings: ReturnType<typeof look>): readonly string[] =>
  findings.filter(({ status }) => status !== 'ok').map(({ probe, status }) => `${probe} ${status}`);

describe('what a source of a backup holds', () => {
  test('is well where its newest copy is in time, whole and as its checksum says', () => {
    expect(wrong(look([copy()]))).toEqual([]);
  });

  test('a host that does not answer is not known; one without the folder has failed', () => {
    const of = (absent?: true) =>
      wrong(sourceFindings(survey({ kind: 'unreachable', reason: 'x', ...(absent ? { absent } : {}) }), question()));
    expect(of()).toEqual(['backup.fresh unknown']);
    expect(of(true)).toEqual(['backup.fresh fail']);
  });

  test('a dump that is still being written is fresh, and the one before it is judged', () => {
    const growing = copy({ bytes: 10, growing: true, readBy: [] });
    const before = copy({ takenAt: '2026-11-21T10:00:00.000Z', path: '/b/before.dump' });
    const found = look([growing, before]);
    expect(wrong(found)).toEqual([]);
    expect(found.find(({ probe }) => probe === 'backup.whole')?.found).toContain('before.dump');
  });

  test.each<[string, Partial<BackupCandidate>, string]>([
    [
      'read an hour ago by another check',
      { readAt: '2026-11-21T11:30:00.000Z' },
      'ok: shop-2026-11-21T1200Z.dump: read to its end, 1 h 00 min ago, 1.0 kB',
    ],
    [
      'of MySQL, that no step imports',
      { format: 'mysql' },
      'ok: shop-2026-11-21T1200Z.dump: read to its end, 1.0 kB, as SQL of MySQL',
    ],
    [
      'that an import would refuse',
      { format: 'sql', misreadBy: ['format'], defects: ['it is no custom-format dump (pg_dump -Fc)'] },
      'fail: shop-2026-11-21T1200Z.dump: it is no custom-format dump (pg_dump -Fc)',
    ],
    [
      'whose packing its host does not know',
      { readBy: ['checksum'], unread: 'zstd is not there' },
      'warn: shop-2026-11-21T1200Z.dump: not read, zstd is not on store',
    ],
  ])('a dump %s', (_, over, expected) => {
    const whole = look([copy(over)]).find(({ probe }) => probe === 'backup.whole');
    expect(`${whole?.status ?? ''}: ${whole?.found ?? ''}`).toBe(expected);
  });

  test('an empty source has failed', () => {
    expect(wrong(look([]))).toEqual(['backup.fresh fail']);
  });

  test('a torn dump is one finding: neither its checksum nor its size is another', () => {
    const torn = copy({ bytes: 500, misreadBy: ['checksum', 'content'], defects: ['it cannot be read to its end'] });
    expect(wrong(look([torn, copy({ takenAt: '2026-11-21T10:00:00.000Z' })]))).toEqual(['backup.whole fail']);
  });

  test('a copy of files that is no folder has failed; one without a manifest is only not looked through', () => {
    const files = { kind: 'files', path: '/b/2026-11-21', readBy: [] } as const;
    const of = (over: Partial<BackupCandidate>) =>
      wrong(look([copy({ ...files, ...over })], { kind: 'files' })).filter((one) => /whole|checksum/.test(one));
    expect(of({ misreadBy: ['folder'], defects: ['it is no folder that can be read'] })).toEqual(['backup.whole fail']);
    expect(of({})).toEqual(['backup.checksum skipped']);
  });

  test('what could not be read, for lack of a program or a checksum, is said and not called well', () => {
    expect(wrong(look([copy({ readBy: ['checksum'] })]))).toEqual(['backup.whole warn']);
    expect(wrong(look([copy({ readBy: ['content'], sha256: '' })]))).toEqual(['backup.checksum warn']);
  });

  test('a late copy says how much would be lost against what may be', () => {
    const [fresh] = look([copy({ takenAt: '2026-11-21T02:00:00.000Z' })]);
    expect(fresh).toMatchObject({ status: 'fail', found: expect.stringContaining('2 h 00 min may be lost') });
  });

  test('of sources that do not say their days, one that is silent for a day is pointed at, not condemned', () => {
    const source = { host: 'store', folder: 'b', pattern: 'shop-{time}.dump' };
    const late = [copy({ takenAt: '2026-11-20T22:00:00.000Z' })];
    expect(wrong(look(late, { sources: [source, source] }))).toEqual(['backup.fresh warn']);
    expect(wrong(look(late))).toEqual(['backup.fresh fail']);
  });

  test('a copy from the future is pointed at', () => {
    expect(wrong(look([copy({ takenAt: '2026-11-23T12:00:00.000Z' })]))).toEqual(['backup.fresh warn']);
  });

  test('retention is judged up to the newest copy, and names rule and stretch', () => {
    const retention = { keep: [{ every: 'day', last: 3 }] };
    const [gap] = look([copy()], { retention }).filter(({ probe }) => probe === 'backup.retention');
    expect(gap).toMatchObject({
      status: 'fail',
      found: expect.stringContaining('2026-11-20T00:00Z to 2026-11-21T00:00Z (one each day, 3 back)'),
      metrics: [{ name: 'gaps', value: 2, fail: 1 }],
    });
  });
});

describe('the size of the newest copy', () => {
  const of = (...sizes: readonly (readonly [bytes: number, files: number])[]) =>
    judgeSize(sizes.map(([bytes, files]) => ({ bytes, files })));

  test.each([
    ['alone', [[100, 1]]],
    [
      'as-before',
      [
        [80, 1],
        [100, 1],
      ],
    ],
    [
      'shrunken',
      [
        [79, 1],
        [100, 1],
      ],
    ],
    [
      'shrunken',
      [
        [100, 79],
        [100, 100],
      ],
    ],
    [
      'as-before',
      [
        [200, 1],
        [100, 1],
      ],
    ],
    [
      'grown',
      [
        [201, 1],
        [100, 1],
      ],
    ],
    // A jump that stays is the usual size from then on.
    [
      'as-before',
      [
        [300, 1],
        [300, 1],
        [300, 1],
        [100, 1],
      ],
    ],
    [
      'as-before',
      [
        [50, 1],
        [0, 1],
      ],
    ],
  ] as const)('is %s for %j', (kind, sizes) => {
    expect(of(...sizes).kind).toBe(kind);
  });
});
