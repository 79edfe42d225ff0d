import { afterEach, describe, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { DrpError } from '../../src/base/errors.ts';
import type { Draft, Driver } from '../../src/events/event.ts';
import { createAppendQueue } from '../../src/journal/append-queue.ts';
import { genesis } from '../../src/journal/chain.ts';
import { openSqliteJournal } from '../../src/journal/sqlite-journal.ts';

const driver: Driver = { osUser: 'otto', machine: 'here', pid: 1, bootId: 'b', startTime: '1', version: '0' };
const note = (text: string): Draft => ({ type: 'note.added', by: 'otto', data: { person: 'otto', text } });
const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function journalWithCommits() {
  const folder = mkdtempSync(join(tmpdir(), 'drp-queue-'));
  folders.push(folder);
  let commits = 0;
  const { exec } = DatabaseSync.prototype;
  DatabaseSync.prototype.exec = function counting(this: DatabaseSync, sql: string): void {
    if (sql === 'COMMIT') commits += 1;
    exec.call(this, sql);
  };
  const journal = openSqliteJournal({ path: join(folder, 'journal.sqlite'), liveness: () => 'alive' });
  return {
    journal,
    commitsOf: async (work: () => Promise<unknown>) => {
      const before = commits;
      await work();
      return commits - before;
    },
    restore: () => {
      DatabaseSync.prototype.exec = exec;
    },
  };
}

describe('appends of one moment', () => {
  test('share one commit, each run with its own chain', async () => {
    const { journal, commitsOf, restore } = journalWithCommits();
    try {
      const leases = await Promise.all(
        ['a', 'b', 'c'].map((run) => journal.begin({ run, site: run, procedure: 'activation', mode: 'real' }, driver)),
      );
      const commits = await commitsOf(() =>
        Promise.all(leases.map((lease) => journal.append(lease, genesis, [note(lease.run), note('again')]))),
      );
      expect(commits).toBe(1);
      for (const { run } of leases) expect((await journal.read(run)).map(({ seq }) => seq)).toEqual([1, 2]);
    } finally {
      restore();
      await journal.close();
    }
  });

  test('that are refused (a moved head, a lost lease) are refused alone, and leave nothing', async () => {
    const { journal, restore } = journalWithCommits();
    try {
      const [a, b, c] = await Promise.all(
        ['a', 'b', 'c'].map((run) => journal.begin({ run, site: run, procedure: 'activation', mode: 'real' }, driver)),
      );
      const appended = await Promise.allSettled([
        journal.append(a!, genesis, [note('one')]),
        journal.append(a!, genesis, [note('on a head that moved')]),
        journal.append({ ...b!, epoch: 7 }, genesis, [note('without the lease')]),
        journal.append(c!, genesis, [
          note('one'),
          { ...note('two'), data: { person: 'otto', text: '\ud800' } } as Draft,
        ]),
        journal.append(b!, genesis, [note('one')]),
      ]);
      expect(appended.map((one) => (one.status === 'rejected' ? (one.reason as DrpError).code : 'there'))).toEqual([
        'there',
        'journal-head-moved',
        'lease-lost',
        'not-canonical',
        'there',
      ]);
      expect((await journal.read('a')).length).toBe(1);
      expect((await journal.read('b')).length).toBe(1);
      expect((await journal.read('c')).length).toBe(0);
    } finally {
      restore();
      await journal.close();
    }
  });

  test('that wait when the journal is closed are on disk', async () => {
    const { journal, restore } = journalWithCommits();
    try {
      const lease = await journal.begin({ run: 'a', site: 'a', procedure: 'activation', mode: 'real' }, driver);
      const appended = journal.append(lease, genesis, [note('last')]);
      await journal.close();
      expect((await appended).map(({ seq }) => seq)).toEqual([1]);
    } finally {
      restore();
    }
  });
});

describe('a commit that fails as a whole', () => {
  test('is tried entry by entry, so that each learns its own fate', async () => {
    const kept: string[] = [];
    const queue = createAppendQueue({
      durable: (work) => {
        const before = kept.length;
        try {
          return work();
        } catch (thrown) {
          kept.length = before;
          throw thrown;
        }
      },
      part: (work) => work(),
    });
    const add = (name: string, error?: DrpError) =>
      queue.add(() => {
        if (error !== undefined) throw error;
        kept.push(name);
        return name;
      });
    const results = await Promise.allSettled([
      add('a'),
      add('b', new DrpError('journal-full', { path: 'x' })),
      add('c'),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(kept).toEqual(['a', 'c']);
  });
});
