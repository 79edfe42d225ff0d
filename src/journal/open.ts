import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { DrpError } from '../base/errors.ts';
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
 * Opens the journal of a URL; makes it where there is none. Throws journal-url-invalid, journal-store-missing,
 * journal-network-folder, journal-not-durable, journal-newer-format, journal-busy, journal-full, journal-unwritable.
 */
export async function openJournal(url: string): Promise<Journal> {
  const [, scheme, rest = ''] = /^([a-z]+):(.*)$/s.exec(url) ?? [];
  if (scheme === 'postgres' || scheme === 'postgresql') throw new DrpError('journal-store-missing', { scheme });
  if (scheme !== 'sqlite' || rest === '') throw new DrpError('journal-url-invalid', { url });
  // Loaded when asked for: most of drp's commands need no database.
  const { openSqliteJournal } = await import('./sqlite-journal.ts');
  return openSqliteJournal({ path: resolve(rest) });
}

/** Folder for words from other processes to a run of this journal; undefined for a journal without a place on this disk. */
export function spoolFolder(url: string, run: string): string | undefined {
  const path = /^sqlite:(.+)$/s.exec(url)?.[1];
  return path === undefined ? undefined : join(dirname(resolve(path)), 'spool', run);
}
