import { describe, expect, test } from '@jest/globals';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { genesis } from '../../src/journal/chain.ts';
import { openSqliteJournal } from '../../src/journal/sqlite-journal.ts';
import { journalContract, limburgDriver, note } from '../contracts/journal-contract.ts';

journalContract('sqlite', async (liveness) => {
  const folder = temporaryFolder();
  const journal = openSqliteJournal({ path: join(folder, 'journal.sqlite'), liveness });
  return {
    journal,
    dispose: async () => {
      await journal.close();
      rmSync(folder, { recursive: true });
    },
  };
});

const activation = { run: 'k3f9-2a7m', site: 'gravelines', procedure: 'activation', mode: 'real' };

describe('the file of the SQLite journal', () => {
  test('is for its owner alone, in a folder others can pass and not list, with its reserve beside', async () => {
    await withFolder(async (folder) => {
      const path = join(folder, 'state', 'drp', 'journal.sqlite');
      const journal = openSqliteJournal({ path });
      await journal.begin(activation, limburgDriver);
      expect(statSync(path).mode & 0o777).toBe(0o600);
      expect(statSync(`${path}-wal`).mode & 0o777).toBe(0o600);
      expect(statSync(join(folder, 'state', 'drp')).mode & 0o777).toBe(0o711);
      expect(statSync(`${path}.ballast`).size).toBe(1_048_576);
      await journal.close();
    });
  });

  test('opened again it keeps everything, and every open writes through to the disk', async () => {
    await withFolder(async (folder) => {
      const path = join(folder, 'journal.sqlite');
      const first = openSqliteJournal({ path });
      const lease = await first.begin(activation, limburgDriver);
      await first.append(lease, genesis, [note('one')]);
      await first.close();
      const again = openSqliteJournal({ path });
      expect(await again.read(activation.run)).toHaveLength(1);
      await again.close();
    });
  });

  test('on a network file system it is refused', async () => {
    await withFolder(async (folder) => {
      const open = (): unknown => openSqliteJournal({ path: join(folder, 'j.sqlite'), fileSystemType: () => 0x6969 });
      expect(open).toThrow(
        expect.objectContaining({ code: 'journal-network-folder', details: { folder, type: 'nfs' } }),
      );
    });
  });

  test('where a folder stands in its place, or is no database, it says so', async () => {
    await withFolder(async (folder) => {
      expect(() => openSqliteJournal({ path: folder })).toThrow(
        expect.objectContaining({ code: 'journal-unwritable' }),
      );
    });
  });

  test.each([
    ['a text', (path: string) => writeFileSync(path, 'root:x:0:0:root:/root:/bin/bash\n')],
    ['a few bytes', (path: string) => writeFileSync(path, 'x')],
    [
      'a database of another program',
      (path: string) => rawly(path, 'CREATE TABLE notes (text); PRAGMA user_version = 1'),
    ],
  ])('%s is refused, and left as it was: its bytes, its mode, nothing beside it', async (_, make) => {
    await withFolder(async (folder) => {
      const path = join(folder, 'journal.sqlite');
      make(path);
      chmodSync(path, 0o644);
      const before = readFileSync(path);
      for (const unchecked of [false, true]) {
        expect(() => openSqliteJournal({ path, unchecked })).toThrow(
          expect.objectContaining({ code: 'journal-foreign', details: { path, what: expect.stringMatching(/^a /) } }),
        );
      }
      expect(readFileSync(path)).toEqual(before);
      expect(statSync(path).mode & 0o777).toBe(0o644);
      expect(readdirSync(folder)).toEqual(['journal.sqlite']);
    });
  });

  test('copied in with the mode of any file it is made private again', async () => {
    await withFolder(async (folder) => {
      const path = join(folder, 'journal.sqlite');
      await openSqliteJournal({ path }).close();
      chmodSync(path, 0o644);
      const journal = openSqliteJournal({ path });
      await journal.begin(activation, limburgDriver);
      expect([path, `${path}-wal`, `${path}-shm`].map((name) => statSync(name).mode & 0o777)).toEqual([
        0o600, 0o600, 0o600,
      ]);
      await journal.close();
    });
  });

  test('tables of a newer drp are refused', async () => {
    await withFolder(async (folder) => {
      const path = join(folder, 'journal.sqlite');
      await openSqliteJournal({ path }).close();
      rawly(path, 'PRAGMA user_version = 9');
      expect(() => openSqliteJournal({ path })).toThrow(expect.objectContaining({ code: 'journal-newer-format' }));
    });
  });
});

describe('the tables themselves refuse', () => {
  test.each([
    ['a change', "UPDATE event SET line = '{}'"],
    ['a deletion', 'DELETE FROM event WHERE seq = 2'],
    ['a replacement', 'INSERT OR REPLACE INTO event SELECT run, 1, line, prev, hash FROM event WHERE seq = 2'],
    ['a gap', "INSERT INTO event SELECT run, 9, line, hash, 'x' FROM event WHERE seq = 2"],
    ['a fork', "INSERT INTO event SELECT run, 3, line, prev, 'x' FROM event WHERE seq = 2"],
    ['a second claim', "INSERT INTO run SELECT 'other', site, procedure, mode, began_at, 1, 0, 0, 1, driver FROM run"],
    ['a deleted run', 'DELETE FROM run'],
  ])('%s', async (_, sql) => {
    await withFolder(async (folder) => {
      const path = join(folder, 'journal.sqlite');
      const journal = openSqliteJournal({ path });
      const lease = await journal.begin(activation, limburgDriver);
      await journal.append(lease, genesis, [note('one'), note('two')]);
      const before = await journal.stored(activation.run);
      expect(() => rawly(path, sql)).toThrow();
      expect(await journal.stored(activation.run)).toEqual(before);
      await journal.close();
    });
  });
});

test('a byte changed behind the triggers is found when read, with the last good event named', async () => {
  await withFolder(async (folder) => {
    const path = join(folder, 'journal.sqlite');
    const journal = openSqliteJournal({ path });
    const lease = await journal.begin(activation, limburgDriver);
    await journal.append(lease, genesis, [note('one'), note('two'), note('three')]);
    rawly(
      path,
      "DROP TRIGGER event_is_never_changed; UPDATE event SET line = replace(line, 'two', 'owt') WHERE seq = 2",
    );
    await expect(journal.read(activation.run)).rejects.toMatchObject({
      code: 'journal-broken',
      details: { goodUpTo: 1 },
    });
    await journal.close();
  });
});

test('a reserve that was spent is put back before anything new is started', async () => {
  await withFolder(async (folder) => {
    const path = join(folder, 'journal.sqlite');
    const journal = openSqliteJournal({ path });
    const lease = await journal.begin(activation, limburgDriver);
    rmSync(`${path}.ballast`);
    const start = { key: '1.copy', id: 'copy', source: 'step' as const, attempt: 1, commands: [] };
    await journal.append(lease, genesis, [{ type: 'effect.started', by: 'drp', data: start }]);
    expect(existsSync(`${path}.ballast`)).toBe(true);
    await journal.close();
  });
});

test('a write-ahead log torn anywhere still opens, with a whole chain from the first event on', async () => {
  await withFolder(async (folder) => {
    const path = join(folder, 'journal.sqlite');
    const journal = openSqliteJournal({ path });
    const lease = await journal.begin(activation, limburgDriver);
    let head = genesis;
    for (let count = 0; count < 12; count += 1) {
      const [event] = await journal.append(lease, head, [note(`${count}`)]);
      head = { seq: event?.seq ?? 0, hash: event?.hash ?? '' };
    }
    // The files as a power cut finds them: the log is not yet in the database.
    const [database, log] = [readFileSync(path), readFileSync(`${path}-wal`)];
    await journal.close();
    const found = new Set<number>();
    for (let cut = log.length; cut > log.length / 2; cut -= 1_371) {
      const torn = join(folder, `torn-${cut}`);
      writeFileSync(torn, database);
      writeFileSync(`${torn}-wal`, log.subarray(0, cut));
      const again = openSqliteJournal({ path: torn });
      const events = await again.read(activation.run);
      expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
      found.add(events.length);
      await again.close();
    }
    expect(found.has(12)).toBe(true);
    expect(found.size).toBeGreaterThan(3);
  });
});

function rawly(path: string, sql: string): void {
  const database = new DatabaseSync(path);
  try {
    database.exec(sql);
  } finally {
    database.close();
  }
}

function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'drp-journal-'));
}

async function withFolder(act: (folder: string) => Promise<void>): Promise<void> {
  const folder = temporaryFolder();
  try {
    await act(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
