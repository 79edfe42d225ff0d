import { existsSync } from 'node:fs';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { isDrpError } from '../base/errors.ts';
import type { Journal } from './journal.ts';
import { openJournal } from './open.ts';

/**
 * Opens a journal that is only read. Where it cannot be written to (a read-only or full disk, a medium that was handed over), a
 * private copy of the file and its log is read instead, and removed at closing; `url` stays that of the original. Throws
 * what opening throws.
 */
export async function openToRead(
  url: string,
  options: { readonly forShowing?: boolean; readonly open?: typeof openJournal } = {},
): Promise<Journal> {
  const { open = openJournal, forShowing = false } = options;
  try {
    return await open(url, { make: false, forShowing });
  } catch (thrown) {
    const path = /^sqlite:(.+)$/s.exec(url)?.[1];
    const copied = isDrpError(thrown, 'journal-unwritable') || isDrpError(thrown, 'journal-full');
    if (!copied || path === undefined) throw thrown;
    return await openCopy(resolve(path), url).catch(() => {
      // Nor can it be read: what was wrong first says more.
      throw thrown;
    });
  }
}

async function openCopy(path: string, url: string): Promise<Journal> {
  const folder = await mkdtemp(join(tmpdir(), 'drp-read-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const copy = join(folder, 'journal.sqlite');
    await copyFile(path, copy);
    if (existsSync(`${path}-wal`)) await copyFile(`${path}-wal`, `${copy}-wal`);
    const journal = await openJournal(`sqlite:${copy}`, { make: false });
    const close = async (): Promise<void> => {
      await journal.close();
      await remove();
    };
    return { ...journal, url, close };
  } catch (thrown) {
    await remove();
    throw thrown;
  }
}
