import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { DrpError, toError } from '../base/errors.ts';
import { piecesOf, readAtMost, readTextAtMost } from '../base/read-at-most.ts';
import type { Io } from './io.ts';

const mebibyte = 1_048_576;
/** More than the largest record an export or a journal of a run has had, and than a photograph. */
const largestBytes = 512 * mebibyte;
/** More than any form, list of signers, approval or signature that a person writes. */
const largestTextBytes = 4 * mebibyte;

/** A record somebody named on the command line, of at most 512 MiB. Throws wrong-usage where it cannot be read. */
export async function readGiven(io: Pick<Io, 'cwd'>, file: string, command: string): Promise<Buffer> {
  return await orWrongUsage(readAtMost(resolve(io.cwd, file), largestBytes), file, command);
}

/** A text somebody wrote or signed and named on the command line, of at most 4 MiB. Throws wrong-usage where it cannot be read. */
export async function readGivenText(io: Pick<Io, 'cwd'>, file: string, command: string): Promise<string> {
  return await orWrongUsage(readTextAtMost(resolve(io.cwd, file), largestTextBytes), file, command);
}

/** SHA-256 in hex of a file named on the command line, of at most 512 MiB and never held whole. Throws wrong-usage. */
export async function digestGiven(io: Pick<Io, 'cwd'>, file: string, command: string): Promise<string> {
  return await orWrongUsage(digest(resolve(io.cwd, file)), file, command);
}

async function digest(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of piecesOf(path, largestBytes)) hash.update(piece);
  return hash.digest('hex');
}

async function orWrongUsage<T>(reading: Promise<T>, file: string, command: string): Promise<T> {
  try {
    return await reading;
  } catch (cause) {
    const what = `file ${file} cannot be read: ${toError(cause).message}`;
    throw new DrpError('wrong-usage', { what, command }, { cause });
  }
}
