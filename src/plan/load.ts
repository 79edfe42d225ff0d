import { lstat, readdir, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DrpError, toError, type Problem } from '../base/errors.ts';
import { readTextAtMost } from '../base/read-at-most.ts';
import { parseRunbook } from '../runbook/parse.ts';
import type { Runbook } from '../runbook/schema/runbook.ts';
import { nearest } from '../runbook/spelling.ts';
import { runbookBytesMax } from './runbook-bytes.ts';

/** A runbook without problems, and the text it was read from. */
export interface LoadedRunbook {
  readonly runbook: Runbook;
  /** Absolute path. */
  readonly file: string;
  /** The exact text, whose SHA-256 stands in the plan. */
  readonly text: string;
  readonly warnings: readonly Problem[];
}

/** Where runbooks are looked for, in this order; a folder named by `--runbooks` is the only one. */
export function runbookFolders(options: {
  readonly folder?: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}): readonly string[] {
  if (options.folder !== undefined) return [resolve(options.cwd, options.folder)];
  const configuration = options.env['XDG_CONFIG_HOME'];
  const home = options.env['HOME'] ?? homedir();
  return [
    join(options.cwd, 'runbooks'),
    join(
      configuration === undefined || configuration === '' ? join(home, '.config') : configuration,
      'drp',
      'runbooks',
    ),
    fileURLToPath(new URL('../../runbooks', import.meta.url)),
  ];
}

/**
 * Sites that have a runbook in one of these folders, in alphabetical order; none is read. `named`: somebody named the folder, so it
 * must be there; of the usual ones each may be missing. Throws runbooks-unreadable: what cannot be looked into is not empty.
 */
export async function sitesIn(
  folders: readonly string[],
  { named }: { readonly named: boolean },
): Promise<readonly string[]> {
  const files = (await Promise.all(folders.map((folder) => filesIn(folder, { named })))).flat();
  const sites = files.flatMap((name) => /^([a-z][a-z0-9-]*)\.yaml$/.exec(name)?.[1] ?? []);
  return [...new Set(sites)].sort();
}

async function filesIn(folder: string, { named }: { readonly named: boolean }): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    // What a link leads to is looked at when it is read.
    return entries.filter((entry) => entry.isFile() || entry.isSymbolicLink()).map(({ name }) => name);
  } catch (error) {
    if (!named && isMissing(error)) return [];
    throw unreadable(folder, error);
  }
}

function isMissing(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');
}

function unreadable(folder: string, cause: unknown): DrpError {
  const reason = isMissing(cause) ? 'there is no such folder' : toError(cause).message;
  return new DrpError('runbooks-unreadable', { folder, reason }, { cause });
}

/**
 * Finds, reads and checks `SITE.yaml` in the first folder that has it. Read-only. Throws runbook-not-found,
 * runbooks-unreadable, and runbook-invalid with every problem.
 */
export async function loadRunbook(site: string, folders: readonly string[]): Promise<LoadedRunbook> {
  const wellFormed = /^[a-z][a-z0-9-]*$/.test(site);
  const file = wellFormed ? await firstThere(folders.map((folder) => join(folder, `${site}.yaml`))) : undefined;
  if (file === undefined) {
    const searched = await Promise.all(folders.map(async (folder) => `${folder}${await missingMark(folder)}`));
    const meant = await meantSite(site, folders);
    const newSite = wellFormed ? site : 'SITE';
    throw new DrpError('runbook-not-found', { site, folder: searched.join(', '), meant, newSite });
  }
  const text = await readRunbook(file, site);
  const { runbook, problems, warnings } = parseRunbook(text, { file });
  const misnamed: readonly Problem[] =
    runbook !== undefined && runbook.site !== site
      ? [
          {
            message: `the file is called ${site}.yaml, its site is '${runbook.site}': expected the same`,
            file,
            line: 1,
            column: 1,
          },
        ]
      : [];
  const all = [...problems, ...misnamed];
  if (runbook === undefined || all.length > 0) {
    throw new DrpError('runbook-invalid', { file, count: all.length, site }, { problems: all });
  }
  return { runbook, file, text, warnings };
}

async function readRunbook(file: string, site: string): Promise<string> {
  try {
    return await readTextAtMost(file, runbookBytesMax);
  } catch (cause) {
    const problems = [{ message: `it cannot be read: ${toError(cause).message}`, file }];
    throw new DrpError('runbook-invalid', { file, count: 1, site }, { problems, cause });
  }
}

/** Throws runbooks-unreadable: what lies in a folder that may not be looked into is not what another one has under its name. */
async function firstThere(files: readonly string[]): Promise<string | undefined> {
  for (const file of files) {
    try {
      await lstat(file);
      return file;
    } catch (error) {
      if (!isMissing(error)) throw unreadable(dirname(file), error);
    }
  }
  return undefined;
}

/** Of the sites there are, the one that was mistyped. */
async function meantSite(site: string, folders: readonly string[]): Promise<string> {
  const near = nearest(site, await sitesIn(folders, { named: false }));
  return near === undefined ? '' : `; did you mean '${near}'?`;
}

async function missingMark(folder: string): Promise<string> {
  return await stat(folder).then(
    (found) => (found.isDirectory() ? '' : ' (no folder)'),
    () => ' (not there)',
  );
}
