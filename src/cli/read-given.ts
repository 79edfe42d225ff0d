import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { DrpError, toError } from '../base/errors.ts';
import type { Io } from './io.ts';

/** A file somebody named on the command line. Throws wrong-usage where it cannot be read. */
export async function readGiven(io: Pick<Io, 'cwd'>, file: string, command: string): Promise<Buffer> {
  try {
    return await readFile(resolve(io.cwd, file));
  } catch (cause) {
    throw new DrpError(
      'wrong-usage',
      { what: `file ${file} cannot be read: ${toError(cause).message}`, command },
      { cause },
    );
  }
}
