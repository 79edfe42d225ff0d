import { describe, expect, test } from '@jest/globals';
import { mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultJournalUrl, journalExists, openJournal, spoolFolder } from '../../src/journal/open.ts';
import { openToRead } from '../../src/journal/read-only.ts';

describe('which journal', () => {
  test.each([
    [{ XDG_STATE_HOME: '/var/state', HOME: '/home/otto' }, 'sqlite:/var/state/drp/journal.sqlite'],
    [{ XDG_STATE_HOME: 'relative', HOME: '/home/otto' }, 'sqlite:/home/otto/.local/state/drp/journal.sqlite'],
    [{ HOME: '/home/otto' }, 'sqlite:/home/otto/.local/state/drp/journal.sqlite'],
  ])('%j → %s', (environment, url) => {
    expect(defaultJournalUrl(environment)).toBe(url);
  });

  test.each([
    ['postgres://drp@db/drp', 'journal-store-missing'],
    ['postgresql://drp@db/drp', 'journal-store-missing'],
    ['/var/lib/drp/journal.sqlite', 'journal-url-invalid'],
    ['sqlite:', 'journal-url-invalid'],
    ['mysql://x', 'journal-url-invalid'],
  ])('%s is refused: %s', async (url, code) => {
    await expect(openJournal(url)).rejects.toMatchObject({ code });
  });

  test('sqlite:PATH opens the file, and words for its runs lie beside it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'drp-open-'));
    try {
      const journal = await openJournal(`sqlite:${folder}/journal.sqlite`);
      expect(journal.url).toBe(`sqlite:${folder}/journal.sqlite`);
      expect(spoolFolder(journal.url, 'k3f9-2a7m')).toBe(join(folder, 'spool', 'k3f9-2a7m'));
      expect(spoolFolder('memory:', 'k3f9-2a7m')).toBeUndefined();
      await journal.close();
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('looking where there is no journal shows one without runs, and leaves no trace', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'drp-open-'));
    const url = `sqlite:${join(folder, 'nothing', 'journal.sqlite')}`;
    const journal = await openJournal(url, { make: false });
    expect(await journal.runs()).toEqual([]);
    expect(journal.url).toBe(url);
    await journal.close();
    expect(readdirSync(folder)).toEqual([]);
    rmSync(folder, { recursive: true });
  });

  test('a journal in a folder that cannot be looked into is never taken for one that is not there', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'drp-open-'));
    try {
      symlinkSync('loop', join(folder, 'loop'));
      const url = `sqlite:${join(folder, 'loop', 'journal.sqlite')}`;
      const refusal = { code: 'journal-unwritable' };
      expect(() => journalExists(url)).toThrow(expect.objectContaining(refusal));
      await expect(openToRead(url)).rejects.toMatchObject(refusal);
      await expect(openJournal(url, { make: false })).rejects.toMatchObject(refusal);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
