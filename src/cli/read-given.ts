import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import { DrpError, toError } from '../base/errors.ts';
import type { Io } from './io.ts';

/** More than the largest record an export or a journal of a run has had; a device such as /dev/urandom never ends. */
const largestMebibytes = 512;

/** A file somebody named on the command line, of at most 512 MiB. Throws wrong-usage where it cannot be read. */
export async function readGiven(io: Pick<Io, 'cwd'>, file: string, command: string): Promise<Buffer> {
  try {
    return await readWhole(resolve(io.cwd, file), largestMebibytes * 1_048_576);
  } catch (cause) {
    throw new DrpError(
      'wrong-usage',
      { what: `file ${file} cannot be read: ${toError(cause).message}`, command },
      { cause },
    );
  }
}

/** What is in a file, a pipe or a device, of at most so many bytes. Throws where there is more. */
export async function readWhole(path: string, bytesMax: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of createReadStream(path, { highWaterMark: 1_048_576 })) {
    pieces.push(piece as Buffer);
    bytes += (piece as Buffer).length;
    if (bytes > bytesMax) throw new Error(`it is larger than ${Math.floor(bytesMax / 1_048_576)} MiB`);
  }
  return Buffer.concat(pieces);
}
