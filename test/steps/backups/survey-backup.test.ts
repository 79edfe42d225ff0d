import { describe, expect, test } from '@jest/globals';
import { parseBackupTime } from '../../../src/steps/backups/backup-time.ts';
import {
  parseSurvey,
  readBackupAhead,
  surveyBackup,
  type SurveyContext,
} from '../../../src/steps/backups/survey-backup.ts';
import { createSurveyMemory } from '../../../src/steps/backups/survey-memory.ts';

describe('the instant in a backup name', () => {
  test.each([
    ['2026-11-21T1400Z', '2026-11-21T14:00:00.000Z'],
    ['20261121-140005', '2026-11-21T14:00:05.000Z'],
    ['2026-11-21T14:00:05Z', '2026-11-21T14:00:05.000Z'],
    ['2026-11-21', '2026-11-21T00:00:00.000Z'],
  ])('%s is %s', (text, instant) => {
    expect(parseBackupTime(text)).toBe(instant);
  });

  test.each(['', '2026-02-31', '2026-13-01', '21-11-2026', '2026-11-21T2560Z', 'latest'])('%j is none', (text) => {
    expect(parseBackupTime(text)).toBeUndefined();
  });
});

describe('a survey', () => {
  const base = { backup: 'users', kind: 'database', host: 'backup-odd', datacentre: 'other' } as const;
  const text = (newestBytes: number, more = ''): string =>
    `found 2026-11-21T1800Z /b/new one.dump\nbytes ${newestBytes}\nfiles 1\nsha256 aa\n${more}found 2026-11-21T1600Z /b/old.dump\nbytes 1000\nfiles 1\nfound nonsense /b/x\nfound 2026-11-21T1400Z /b/older.dump\n`;

  test('keeps order, path with spaces, and what was not measured as such', () => {
    const found = parseSurvey(text(990), base);
    expect(found.map(({ path, bytes, sha256 }) => [path, bytes, sha256])).toEqual([
      ['/b/new one.dump', 990, 'aa'],
      ['/b/old.dump', 1000, ''],
      ['/b/older.dump', -1, ''],
    ]);
    expect(found.flatMap(({ defects }) => defects)).toEqual([]);
  });

  test('calls shrunken what has less than 80 % of the copy before it, and empty what is empty', () => {
    expect(parseSurvey(text(799), base)[0]?.defects).toEqual([
      'it has shrunk to 79 % of the one before it (2026-11-21T16:00:00.000Z)',
    ]);
    expect(parseSurvey(text(0), base)[0]?.defects).toEqual(['it is empty']);
  });

  test('keeps the defects its host found', () => {
    expect(parseSurvey(text(990, 'defect it cannot be read to its end\n'), base)[0]?.defects).toEqual([
      'it cannot be read to its end',
    ]);
  });
});

test('a survey that nobody waits for any more does not wait for a dump that is being read ahead', async () => {
  const reading = new AbortController();
  const asking = new AbortController();
  const surveys = createSurveyMemory();
  let asked = 0;
  const exec = (_argv: unknown, { signal }: { readonly signal: AbortSignal }) => {
    asked += 1;
    return new Promise((_, reject) => {
      if (signal.aborted) reject(new Error('called off'));
      signal.addEventListener('abort', () => reject(new Error('called off')));
    });
  };
  const source = { host: 'backup-odd', folder: '/b', pattern: '{time}.dump' };
  const context = (signal: AbortSignal) =>
    ({
      hosts,
      surveys,
      signal,
      facts: {},
      world: {
        hosts: { 'backup-odd': { datacentre: 'other', base: '/' } },
        backups: { users: { kind: 'database', every: '2h', sources: [source] } },
      },
    }) as unknown as SurveyContext;
  const target = { name: 'backup-odd', identity: { file: '/etc/hostname', text: 'odd' } };
  const hosts = { connect: () => Promise.resolve({ target, exec }) };
  const ahead = readBackupAhead(context(reading.signal), 'users');
  while (asked === 0) await new Promise((resolve) => setImmediate(resolve));
  const survey = surveyBackup(context(asking.signal), 'users').then(
    () => 'over',
    () => 'over',
  );
  asking.abort();
  expect(await survey).toBe('over');
  reading.abort();
  await ahead;
});
