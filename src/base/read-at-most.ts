import { isUtf8 } from 'node:buffer';
import { closeSync, createReadStream, openSync, readSync } from 'node:fs';

const pieceBytes = 65_536;
/** More than all certificate authorities of a system in one file. */
export const authorityBytesMax = 4 * 1_048_576;

/**
 * What is in a file, a pipe or a device, of at most so many bytes: a device such as /dev/urandom never ends. Throws what the
 * system says, or that there is more; no more than the bound and one piece is ever held.
 */
export async function readAtMost(path: string, bytesMax: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of piecesOf(path, bytesMax)) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** The same as text. Throws, too, where it is not UTF-8: letters that were replaced would go unseen into a plan and its digest. */
export async function readTextAtMost(path: string, bytesMax: number): Promise<string> {
  const bytes = await readAtMost(path, bytesMax);
  if (isUtf8(bytes)) return bytes.toString('utf8');
  const line = 1 + bytes.subarray(0, firstBad(bytes)).filter((byte) => byte === lineFeed).length;
  throw new Error(`it is not UTF-8 text (line ${line} is the first that is not): save it as UTF-8`);
}

const lineFeed = 0x0a;

/** Where the first line begins that is not UTF-8. */
function firstBad(bytes: Buffer): number {
  let line = 0;
  for (;;) {
    const end = bytes.indexOf(lineFeed, line);
    if (end < 0 || !isUtf8(bytes.subarray(line, end))) return line;
    line = end + 1;
  }
}

/** The same piece by piece, for what is not to be held whole. */
export async function* piecesOf(path: string, bytesMax: number): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const piece of createReadStream(path, { highWaterMark: 16 * pieceBytes }) as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > bytesMax) throw tooLarge(bytesMax);
    yield piece;
  }
}

/** The same at once. */
export function readAtMostSync(path: string, bytesMax: number): Buffer {
  const file = openSync(path, 'r');
  try {
    const pieces: Buffer[] = [];
    let bytes = 0;
    for (;;) {
      const piece = Buffer.alloc(pieceBytes);
      const count = readSync(file, piece);
      if (count === 0) return Buffer.concat(pieces);
      bytes += count;
      if (bytes > bytesMax) throw tooLarge(bytesMax);
      pieces.push(piece.subarray(0, count));
    }
  } finally {
    closeSync(file);
  }
}

function tooLarge(bytesMax: number): Error {
  const bound = bytesMax < 1_048_576 ? `${Math.floor(bytesMax / 1024)} KiB` : `${Math.floor(bytesMax / 1_048_576)} MiB`;
  return new Error(`it is larger than ${bound}`);
}
