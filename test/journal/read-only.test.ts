import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DrpError } from '../../src/base/errors.ts';
import { openJournal } from '../../src/journal/open.ts';
import { openToRead } from '../../src/journal/read-only.ts';

let folder: string;
let url: string;
const driver = { osUser: 'otto', machine: 'laptop', pid: 1, bootId: 'b', startTime: '1', version: '1' };

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'drp-read-only-'));
  url = `sqlite:${join(folder, 'journal.sqlite')}`;
  const journal = await openJournal(url, { make: true });
  await journal.begin({ run: 'k3f9-2a7m', site: 'gravelines', procedure: 'activation', mode: 'real' }, driver);
  await journal.close();
});
afterEach(() => rmSync(folder, { recursive: true }));

const unwritable = (): Promise<never> =>
  Promise.reject(new DrpError('journal-unwritable', { path: folder, reason: 'read-only file system' }));

test('a journal on a disk that cannot be written to is read, under its own name, and left as it is', async () => {
  const before = statSync(join(folder, 'journal.sqlite')).mtimeMs;
  const journal = await openToRead(url, { open: unwritable });
  expect(journal.url).toBe(url);
  expect((await journal.runs()).map(({ run }) => run)).toEqual(['k3f9-2a7m']);
  await journal.close();
  expect(statSync(join(folder, 'journal.sqlite')).mtimeMs).toBe(before);
});

test('a journal on a full disk is read, too: status is asked for when nothing works', async () => {
  const open = () => Promise.reject(new DrpError('journal-full', { path: folder }));
  const journal = await openToRead(url, { open });
  expect((await journal.runs()).map(({ run }) => run)).toEqual(['k3f9-2a7m']);
  await journal.close();
});

test('the copy is gone when it is closed', async () => {
  const copies = () => readdirSync(tmpdir()).filter((name) => name.startsWith('drp-read-') && !folder.endsWith(name));
  const before = new Set(copies());
  const journal = await openToRead(url, { open: unwritable });
  const made = copies().filter((name) => !before.has(name));
  await journal.close();
  expect(copies().filter((name) => made.includes(name))).not.toEqual(made);
});

test('what cannot be read either is refused with the reason that came first', async () => {
  rmSync(join(folder, 'journal.sqlite'));
  await expect(openToRead(`sqlite:${folder}`, { open: unwritable })).rejects.toMatchObject({
    code: 'journal-unwritable',
  });
});
