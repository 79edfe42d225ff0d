import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isSyncRecord } from '../../src/cli/sync-file.ts';
import { canonicalJson } from '../../src/events/canonical.ts';
import { sha256Hex } from '../../src/events/digest.ts';
import { openSyncRecord, type SyncEntry } from '../../src/executor/sync-record.ts';
import { verifySync } from '../../src/executor/verify-sync.ts';
import { currentDriver } from '../../src/journal/driver.ts';

const at = '2026-11-22T01:00:00.000Z';
const token = 'sync-gravelines.1-2.copy-files';
const began: SyncEntry = { what: 'began', at, step: 'copy-files', token, choices: {}, by: 'otto' };
const ended: SyncEntry = {
  what: 'tree',
  at,
  step: 'copy-files',
  kind: 'done',
  from: 'backup-odd:/b',
  takenAt: at,
  token,
  files: 3,
  bytes: 4,
  tookMs: 5,
  lines: ['3 files'],
};
const refused: SyncEntry = { what: 'refused', at, reason: 'users are there' };

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drp-verify-sync-'));
  file = join(folder, 'gravelines.jsonl');
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** As `drp sync` writes it. */
async function written(...entries: readonly SyncEntry[]): Promise<Buffer> {
  const record = await openSyncRecord(file, currentDriver('test'));
  for (const entry of entries) await record.append(entry);
  await record.close();
  return readFileSync(file);
}

/** As somebody writes it who knows the format: every line goes on from the one before it. */
function forged(...entries: readonly SyncEntry[]): Buffer {
  let prev = '0'.repeat(64);
  const lines = entries.map((entry, index) => {
    const line = canonicalJson({ seq: index + 1, prev, entry });
    prev = sha256Hex(line);
    return `${line}\n`;
  });
  return Buffer.from(lines.join(''));
}

describe('the check of a record of syncs', () => {
  test('holds what drp sync wrote, and says which entries a head seen elsewhere vouches for', async () => {
    const bytes = await written(began, ended, refused);
    expect(isSyncRecord(bytes)).toBe(true);
    const head = sha256Hex(bytes.toString().split('\n')[1] ?? '').slice(0, 12);
    expect(verifySync(bytes)).toMatchObject({ good: true, entries: 3, upToSeq: 3, anchoredUpToSeq: 0, torn: false });
    expect(verifySync(bytes, [head])).toMatchObject({ good: true, anchoredUpToSeq: 2 });
  });

  test('does not hold bytes that are no text, though they would be read as the same entry', () => {
    const bytes = forged({ ...refused, reason: '\uFFFD' });
    const at = bytes.indexOf(0xef);
    const changed = Buffer.concat([bytes.subarray(0, at), Buffer.from([0xff]), bytes.subarray(at + 3)]);
    expect(verifySync(bytes)).toMatchObject({ good: true, upToSeq: 1 });
    expect(verifySync(changed)).toMatchObject({ good: false, entries: 1, upToSeq: 0 });
  });

  test('answers for a line longer than any sync writes', () => {
    const long = Buffer.alloc(17 * 1024 * 1024, 'a');
    long[long.length - 1] = 0x0a;
    expect(verifySync(long)).toMatchObject({ good: false, entries: 1, upToSeq: 0, torn: false });
  });

  test('tells how far a record is good whose line was changed, taken out or moved', async () => {
    const lines = (await written(refused, began, ended)).toString().split('\n');
    const changed = lines.join('\n').replace('"files":3', '"files":4');
    const without = [lines[0], lines[2], ''].join('\n');
    expect(verifySync(Buffer.from(changed), [])).toMatchObject({ good: true, entries: 3 });
    expect(verifySync(Buffer.from(changed), [sha256Hex(lines[2] ?? '')])).toMatchObject({ good: false });
    expect(verifySync(Buffer.from(without))).toMatchObject({ good: false, entries: 2, upToSeq: 1 });
    expect(verifySync(Buffer.from(lines.join('\n').replace('users are there', 'nobody')))).toMatchObject({
      good: false,
      upToSeq: 1,
      problems: [{ seq: 2, message: 'it does not continue the entry before it' }],
    });
  });

  test('notices by a head seen elsewhere that the end was cut off, and takes nothing shorter than 12 digits for a head', async () => {
    const bytes = await written(began, ended);
    const whole = verifySync(bytes).head;
    const cut = Buffer.from(`${bytes.toString().split('\n')[0] ?? ''}\n`);
    expect(verifySync(cut).good).toBe(true);
    expect(verifySync(cut, [whole.slice(0, 12)])).toMatchObject({ good: false, upToSeq: 1, problems: [{ seq: 0 }] });
    expect(verifySync(bytes, [whole.slice(0, 11)]).good).toBe(false);
  });

  test('refuses an end of what had not begun, a second end, a token used twice, and what is no entry', () => {
    for (const entries of [
      [ended],
      [began, ended, ended],
      [began, began],
      [{ ...began, what: 'begun' } as never],
      [{ ...refused, more: 1 } as never],
    ]) {
      expect(verifySync(forged(...entries))).toMatchObject({ good: false, upToSeq: entries.length - 1 });
    }
  });

  test('takes half a line that a crash left for what it is, and nothing at all for an empty record', async () => {
    const bytes = Buffer.concat([await written(began), Buffer.from('{"entry":{"wh')]);
    expect(verifySync(bytes)).toMatchObject({ good: true, torn: true, entries: 1 });
    expect(verifySync(Buffer.alloc(0))).toMatchObject({ good: true, entries: 0, head: '0'.repeat(64) });
  });
});
