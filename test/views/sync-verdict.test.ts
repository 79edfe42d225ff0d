import { describe, expect, test } from '@jest/globals';
import { plainStyle } from '../../src/views/style.ts';
import { syncVerdictPage, type SyncVerdictShown } from '../../src/views/sync-verdict.ts';

const verdict: SyncVerdictShown = {
  good: true,
  entries: 3,
  upToSeq: 3,
  head: '0f3a9c2b7d51'.padEnd(64, 'e'),
  torn: false,
  anchoredUpToSeq: 0,
  problems: [],
};
const page = (changes: Partial<SyncVerdictShown> = {}, file = 'gravelines.jsonl'): string =>
  syncVerdictPage({ ...verdict, ...changes }, { file, style: plainStyle });

describe('the verdict on a record of syncs', () => {
  test('names the file, its entries and its head, and what is not proved', () => {
    expect(page()).toBe(
      'verified: gravelines.jsonl, 3 entries, head 0f3a9c2b7d51\n' +
        '  not proved: that nothing was cut off its end; give a head that cron mailed: --anchor HEAD12',
    );
  });

  test('says how far heads kept elsewhere vouch for it', () => {
    expect(page({ anchoredUpToSeq: 2 })).toMatch(/\n {2}heads kept elsewhere vouch for it up to entry 2$/);
  });

  test('says of a broken one how far it is good, and what is wrong where; nothing vouches for it', () => {
    const problems = [
      { seq: 2, message: 'it was changed' },
      { seq: 0, message: 'it was cut' },
    ];
    expect(page({ good: false, upToSeq: 1, anchoredUpToSeq: 1, problems })).toBe(
      'BROKEN: gravelines.jsonl is good up to entry 1 of 3\n  entry 2: it was changed\n  file: it was cut',
    );
  });

  test('tells of half a line that a crash left', () => {
    expect(page({ torn: true, entries: 1 })).toMatch(/1 entry, [^\n]+\n {2}a crash left half a line behind it/);
  });

  test('shows nothing of a file name or a message that a terminal would obey', () => {
    const text = page({ good: false, problems: [{ seq: 1, message: '\u001b[2J' }] }, 'a\u001b[31m');
    expect(text).not.toContain('\u001b');
  });
});
