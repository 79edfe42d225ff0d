import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSyncRecord, readSyncRecord, type SyncEntry } from '../../src/executor/sync-record.ts';
import { currentDriver } from '../../src/journal/driver.ts';

let folder: string;
let file: string;
const driver = currentDriver('test');
const refused: SyncEntry = { what: 'refused', at: '2026-11-22T01:00:00.000Z', reason: 'users are there' };
const began: SyncEntry = {
  what: 'began',
  at: '2026-11-22T01:00:00.000Z',
  step: 'copy-files',
  token: 'sync-gravelines.1-2.copy-files',
  choices: {},
  by: 'otto',
};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drp-sync-record-'));
  file = join(folder, 'sync', 'gravelines.jsonl');
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

async function write(...entries: readonly SyncEntry[]): Promise<void> {
  const record = await openSyncRecord(file, driver);
  for (const entry of entries) await record.append(entry);
  await record.close();
}

describe('the record of syncs', () => {
  test('shows when a line of it was changed, taken out or put before another', async () => {
    await write(refused, began, refused);
    const lines = readFileSync(file, 'utf8').split('\n');
    const damaged = { code: 'sync-record-damaged' };
    for (const text of [
      lines.join('\n').replace('users are there', 'nobody is there'),
      [lines[0], lines[2], ''].join('\n'),
      [lines[1], lines[0], lines[2], ''].join('\n'),
    ]) {
      writeFileSync(file, text);
      await expect(readSyncRecord(file)).rejects.toMatchObject(damaged);
      await expect(openSyncRecord(file, driver)).rejects.toMatchObject(damaged);
    }
    expect(existsSync(`${file}.lock`)).toBe(false);
  });

  test('has a head that tells one record from another, also from one that was cut', async () => {
    await write(refused, began);
    const { head } = await readSyncRecord(file);
    expect(head).toMatch(/^[0-9a-f]{64}$/);
    writeFileSync(file, `${readFileSync(file, 'utf8').split('\n')[0] ?? ''}\n`);
    expect((await readSyncRecord(file)).head).not.toBe(head);
  });

  test('whose last line a crash tore goes on behind the last whole one; the piece is kept aside', async () => {
    await write(refused);
    appendFileSync(file, '{"entry":{"at":"2026');
    expect(await readSyncRecord(file)).toMatchObject({ torn: true, entries: [refused] });
    await write(began);
    expect(await readSyncRecord(file)).toMatchObject({ torn: false, entries: [refused, began] });
    expect(readFileSync(`${file}.torn`, 'utf8')).toBe('{"entry":{"at":"2026');
  });

  test('knows what began and has no end', async () => {
    await write(began);
    const record = await openSyncRecord(file, driver);
    expect(record.unfinished('copy-files')).toEqual(began);
    expect(record.unfinished('copy-configuration')).toBeUndefined();
    const end = { from: 'a:/b', takenAt: '', files: 1, bytes: 2, tookMs: 3, lines: [] };
    await record.append({ what: 'tree', at: began.at, step: began.step, kind: 'done', ...end, token: began.token });
    expect(record.unfinished('copy-files')).toBeUndefined();
    expect(record.lastDone('copy-files')).toMatchObject(end);
    await record.close();
  });
});

describe('two syncs of a site on one machine', () => {
  test('do not write one record: the second is refused and told who holds it', async () => {
    const first = await openSyncRecord(file, driver);
    const second = openSyncRecord(file, { ...driver, pid: driver.pid });
    await expect(second).rejects.toMatchObject({
      code: 'sync-refused',
      message: expect.stringContaining(`process ${String(driver.pid)}`),
    });
    await first.append(refused);
    await first.close();
    await write(began);
    expect((await readSyncRecord(file)).entries).toHaveLength(2);
  });

  test('of which the first is gone: the second takes over; of many that come then, one does', async () => {
    const gone = { ...driver, pid: 2 ** 22 + 1, startTime: '1' };
    for (let round = 0; round < 20; round += 1) {
      const one = join(folder, `site-${String(round)}.jsonl`);
      await openSyncRecord(one, gone);
      const tries = await Promise.allSettled(Array.from({ length: 12 }, () => openSyncRecord(one, driver)));
      expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    }
  });

  test('of which one was taken for dead: it writes no more', async () => {
    const first = await openSyncRecord(file, driver);
    rmSync(`${file}.lock`);
    await openSyncRecord(file, { ...driver, pid: driver.pid + 1 });
    await expect(first.append(refused)).rejects.toMatchObject({ code: 'sync-refused' });
    await first.close();
    expect(existsSync(`${file}.lock`)).toBe(true);
  });
});
