import { describe, expect, test } from '@jest/globals';
import type { BackupCandidate, SourceSurvey } from '../../src/plan/backup-candidate.ts';
import { chooseBackups, type BackupQuestion } from '../../src/plan/backups.ts';

const hour = 3_600_000;
const day = 24 * hour;
const host = (datacentre: string) => ({ datacentre }) as BackupQuestion['world']['hosts'][string];
const sources = [
  { host: 'even', folder: 'b', pattern: '{time}' },
  { host: 'odd', folder: 'b', pattern: '{time}' },
];
const world: BackupQuestion['world'] = {
  hosts: { even: host('limburg'), odd: host('roubaix') },
  objectives: { rtoMs: 4 * hour, filesLossMs: day, databaseLossMs: 2 * hour, skewMs: 4 * hour },
  backups: {
    files: { kind: 'files', everyMs: day, sources },
    database: { kind: 'database', everyMs: 2 * hour, sources },
  },
};

function candidate(backup: string, at: string, options: Partial<BackupCandidate> = {}): BackupCandidate {
  const server = options.host ?? 'odd';
  return {
    backup,
    kind: backup === 'files' ? 'files' : 'database',
    host: server,
    datacentre: server === 'even' ? 'limburg' : 'roubaix',
    path: `/srv/${at}`,
    takenAt: at,
    bytes: 1,
    files: 1,
    sha256: 'ab',
    defects: [],
    ...options,
  };
}

const survey = (backup: string, server: string, ...candidates: readonly BackupCandidate[]): SourceSurvey => ({
  backup,
  host: server,
  datacentre: server === 'even' ? 'limburg' : 'roubaix',
  answer: { kind: 'surveyed', candidates },
});

const sinceAt = '2026-11-22T10:00:00.000Z';
const newFiles = candidate('files', '2026-11-22T03:00:00.000Z', { host: 'even' });
const oldFiles = candidate('files', '2026-11-21T03:00:00.000Z');
const newDump = candidate('database', '2026-11-22T08:00:00.000Z', { host: 'even' });
const oldDump = candidate('database', '2026-11-21T22:00:00.000Z');
const surveys = [
  survey('files', 'even', newFiles),
  survey('files', 'odd', oldFiles),
  survey('database', 'even', newDump),
  survey('database', 'odd', oldDump),
];
const ask = (question: Partial<BackupQuestion>) => chooseBackups({ world, surveys, lost: [], sinceAt, ...question });

describe('the choice of backups', () => {
  test('takes the newest of each while every datacentre stands', () => {
    const result = ask({});
    expect(result.choices.map((choice) => choice.chosen)).toEqual([newFiles, newDump]);
    expect(result).toMatchObject({ filesLossMs: 7 * hour, databaseLossMs: 2 * hour, skewMs: 5 * hour });
    expect(result.within).toEqual({ files: true, database: true, skew: false });
  });

  test('leaves out a lost datacentre, and says what that costs', () => {
    const result = ask({ lost: ['limburg'] });
    expect(result.choices.map((choice) => choice.chosen)).toEqual([oldFiles, oldDump]);
    expect(result).toMatchObject({ filesLossMs: 31 * hour, databaseLossMs: 12 * hour, skewMs: 19 * hour });
    expect(result.within).toEqual({ files: false, database: false, skew: false });
    expect(result.choices[0]?.excluded).toEqual([
      {
        host: 'even',
        datacentre: 'limburg',
        kind: 'lost',
        why: 'datacentre limburg is declared lost',
        candidate: newFiles,
        newer: true,
      },
    ]);
  });

  test('takes a newer one in a lost datacentre only on a word with a reason', () => {
    const word = {
      backup: 'files',
      host: 'even',
      path: newFiles.path,
      reason: 'the rack was carried out, I read the disk',
      by: 'otto',
    };
    const result = ask({ lost: ['limburg'], overrides: [word] });
    expect(result.choices[0]).toMatchObject({
      chosen: newFiles,
      reason: word.reason,
      by: 'otto',
      againstRule: true,
      others: [oldFiles],
    });
    expect(() => ask({ lost: ['limburg'], overrides: [{ ...word, reason: ' ' }] })).toThrow(/a reason is needed/);
    expect(() => ask({ overrides: [{ ...word, path: '/elsewhere' }] })).toThrow(/no such copy/);
    expect(() => ask({ overrides: [{ ...word, backup: 'mail' }] })).toThrow(/no such backup/);
  });

  test('never takes a broken copy, whoever asks', () => {
    const broken = { ...newDump, defects: ['it is truncated'] };
    const question = {
      surveys: [...surveys.slice(0, 2), survey('database', 'even', broken), survey('database', 'odd', oldDump)],
    };
    expect(ask(question).choices[1]).toMatchObject({
      chosen: oldDump,
      excluded: [{ kind: 'defect', why: 'it is truncated', newer: true }],
    });
    const word = { backup: 'database', host: 'even', path: broken.path, reason: 'please', by: 'otto' };
    expect(() => ask({ ...question, overrides: [word] })).toThrow(/it is truncated/);
  });

  test('names sources that did not answer, and those nobody asked', () => {
    const silent: SourceSurvey = {
      backup: 'files',
      host: 'odd',
      datacentre: 'roubaix',
      answer: { kind: 'unreachable', reason: 'timed out' },
    };
    const result = ask({ surveys: [surveys[0]!, silent] });
    expect(result.choices[0]?.excluded).toMatchObject([
      { host: 'odd', kind: 'unreachable', why: 'it cannot be reached: timed out' },
    ]);
    expect(result.choices[1]?.chosen).toBeUndefined();
    expect(result.choices[1]?.excluded.map(({ why }) => why)).toEqual(['it was not looked at', 'it was not looked at']);
    expect(result.within.database).toBe(false);
    expect(result).not.toHaveProperty('databaseLossMs');
  });

  test('says when copies that the rhythm promises are missing', () => {
    const result = ask({ lost: ['limburg'] });
    expect(result.choices.map((choice) => choice.overdueMs)).toEqual([7 * hour, 10 * hour]);
  });

  test('an older copy that a person chose does not make the newer one missing', () => {
    const word = { backup: 'database', host: 'odd', path: oldDump.path, reason: 'the newer is suspect', by: 'otto' };
    const result = ask({ overrides: [word] });
    expect(result.choices[1]).toMatchObject({ chosen: oldDump, againstRule: true, overdueMs: 0 });
  });

  test('marks a copy taken after the disaster began', () => {
    const late = candidate('files', '2026-11-22T11:00:00.000Z');
    const result = ask({ surveys: [survey('files', 'odd', late)] });
    expect(result.choices[0]).toMatchObject({ chosen: late, afterBeginning: true, lossMs: 0 });
  });

  test('gives everybody the same of two copies from one moment: the one with a checksum', () => {
    const bare = candidate('files', oldFiles.takenAt, { host: 'even', sha256: '' });
    const question = (list: readonly SourceSurvey[]) => ask({ surveys: list }).choices[0]?.chosen;
    expect(question([survey('files', 'even', bare), survey('files', 'odd', oldFiles)])).toBe(oldFiles);
    expect(question([survey('files', 'odd', oldFiles), survey('files', 'even', bare)])).toBe(oldFiles);
  });
});
