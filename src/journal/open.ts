import { statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { DrpError, toError } from '../base/errors.ts';
import type { Journal } from './journal.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** URL of the journal where none is given: `$XDG_STATE_HOME/drp/journal.sqlite`, else under `~/.local/state`. */
export function defaultJournalUrl(environment: Environment): string {
  const given = environment['XDG_STATE_HOME'];
  // The XDG base directory specification: a relative path is to be ignored.
  const state = given?.startsWith('/') === true ? given : join(environment['HOME'] ?? homedir(), '.local', 'state');
  return `sqlite:${join(state, 'drp', 'journal.sqlite')}`;
}

/**
 * Opens the journal of a URL. Where there is none it is made only when `make` says so: looking leaves no trace, and shows a
 * journal without runs. `forShowing`: the file is not checked page by page, which takes as long as it is big. Throws journal-url-invalid, journal-store-missing,
 * journal-network-folder, journal-not-durable, journal-newer-format, journal-busy, journal-full, journal-foreign, journal-unwritable.
 */
export async function openJournal(
  url: string,
  options: { readonly make?: boolean; readonly forShowing?: boolean } = {},
): Promise<Journal> {
  const [, scheme, rest = ''] = /^([a-z]+):(.*)$/s.exec(url) ?? [];
  if (scheme === 'postgres' || scheme === 'postgresql') throw new DrpError('journal-store-missing', { scheme });
  if (scheme !== 'sqlite' || rest === '') throw new DrpError('journal-url-invalid', { url });
  if (options.make === false && !journalExists(url)) {
    const { createMemoryJournal } = await import('./memory-journal.ts');
    return { ...createMemoryJournal(), url };
  }
  // Loaded when asked for: most of drp's commands need no database.
  const { openSqliteJournal } = await import('./sqlite-journal.ts');
  return openSqliteJournal({ path: resolve(rest), unchecked: options.forShowing === true });
}

/** False only for a journal in a file that is not there. Throws journal-unwritable where that cannot be told: a run may be under way. */
export function journalExists(url: string): boolean {
  const given = /^sqlite:(.+)$/s.exec(url)?.[1];
  if (given === undefined) return true;
  const path = resolve(given);
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (thrown) {
    throw new DrpError('journal-unwritable', { path, reason: toError(thrown).message }, { cause: thrown });
  }
}

/** Folder for words from other processes to a run of this journal; undefined for a journal without a place on this disk. */
export function spoolFolder(url: string, run: string): string | undefined {
  const path = /^sqlite:(.+)$/s.exec(url)?.[1];
  return path === undefined ? undefined : join(dirname(resolve(path)), 'spool', run);
}
