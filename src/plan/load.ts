import { access, readdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DrpError, toError, type Problem } from '../base/errors.ts';
import { readAtMost } from '../base/read-at-most.ts';
import { parseRunbook } from '../runbook/parse.ts';
import type { Runbook } from '../runbook/schema/runbook.ts';
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

/** Sites that have a runbook in one of these folders, in alphabetical order; none is read. A folder that is not there has none. */
export async function sitesIn(folders: readonly string[]): Promise<readonly string[]> {
  const names = await Promise.all(folders.map((folder) => readdir(folder).catch(() => [])));
  const sites = names.flat().flatMap((name) => /^([a-z][a-z0-9-]*)\.yaml$/.exec(name)?.[1] ?? []);
  return [...new Set(sites)].sort();
}

/**
 * Finds, reads and checks `SITE.yaml` in the first folder that has it. Read-only. Throws runbook-not-found, and
 * runbook-invalid with every problem.
 */
export async function loadRunbook(site: string, folders: readonly string[]): Promise<LoadedRunbook> {
  const file = /^[a-z][a-z0-9-]*$/.test(site)
    ? await firstThere(folders.map((folder) => join(folder, `${site}.yaml`)))
    : undefined;
  if (file === undefined) throw new DrpError('runbook-not-found', { site, folder: folders.join(', ') });
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
    return (await readAtMost(file, runbookBytesMax)).toString('utf8');
  } catch (cause) {
    const problems = [{ message: `it cannot be read: ${toError(cause).message}`, file }];
    throw new DrpError('runbook-invalid', { file, count: 1, site }, { problems, cause });
  }
}

async function firstThere(files: readonly string[]): Promise<string | undefined> {
  for (const file of files) {
    const there = await access(file).then(
      () => true,
      () => false,
    );
    if (there) return file;
  }
  return undefined;
}
