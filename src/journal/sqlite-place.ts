import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readSync,
  rmSync,
  statfsSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { DrpError, toError } from '../base/errors.ts';

/** Reserve of a store against a full disk: given back to it once, so that what has happened can still be written down. */
const ballastBytes = 1_048_576;

/**
 * File systems whose locks and shared memory do not hold between machines ("WAL does not work over a network
 * filesystem", sqlite.org/wal.html). Numbers: statfs(2).
 */
const networkFileSystems: Readonly<Record<number, string>> = {
  0x6969: 'nfs',
  0x517b: 'smb',
  0xff534d42: 'cifs',
  0xfe534d42: 'smb2',
  0x65735546: 'fuse',
  0x01021997: '9p',
  0x5346414f: 'afs',
  0x00c36400: 'ceph',
  0x73757245: 'coda',
  0x01161970: 'gfs2',
  0x7461636f: 'ocfs2',
  0x0bd00bd0: 'lustre',
  0x47504653: 'gpfs',
  0x786f4256: 'vboxsf',
};

/** Type number of the file system a folder is on; tests bring their own. */
export type FileSystemType = (folder: string) => number;

export const fileSystemTypeOf: FileSystemType = (folder) => statfsSync(folder).type >>> 0;

/**
 * Makes the file of a journal where there is none, readable by its owner alone (0600), in a folder that others can pass
 * but not list (0711: the spool for their words lies in it). Throws journal-network-folder, journal-foreign,
 * journal-unwritable.
 */
export function preparePlace(
  path: string,
  options: { readonly fileSystemType: FileSystemType; readonly onlyShown: boolean },
): void {
  const { fileSystemType, onlyShown } = options;
  const folder = dirname(path);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o711 });
    const type = networkFileSystems[fileSystemType(folder)];
    if (type !== undefined) throw new DrpError('journal-network-folder', { folder, type });
    const file = openSync(path, 'a+', 0o600);
    try {
      checkFile(path, file);
    } finally {
      closeSync(file);
    }
    // Whoever writes to it has made its names durable.
    if (!onlyShown) syncFolders(folder);
  } catch (thrown) {
    if (thrown instanceof DrpError) throw thrown;
    throw new DrpError('journal-unwritable', { path, reason: toError(thrown).message }, { cause: thrown });
  }
}

/** Puts the reserve in place where it is missing; false where there is no room for it. */
export function keepBallast(path: string): boolean {
  const ballast = ballastPath(path);
  if (existsSync(ballast)) return true;
  try {
    const file = openSync(ballast, 'wx', 0o600);
    try {
      // Random bytes: a file system that compresses or leaves holes would keep no room for zeros.
      const written = writeSync(file, randomBytes(ballastBytes));
      if (written < ballastBytes) throw new Error('short write');
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    return true;
  } catch {
    // No room: the caller goes on without a reserve, and knows it.
    rmSync(ballast, { force: true });
    return false;
  }
}

/** Gives the reserve back to the disk; false where there was none. */
export function dropBallast(path: string): boolean {
  const ballast = ballastPath(path);
  if (!existsSync(ballast)) return false;
  rmSync(ballast, { force: true });
  return true;
}

function ballastPath(path: string): string {
  return `${path}.ballast`;
}

function checkFile(path: string, file: number): void {
  const found = fstatSync(file);
  const uid = process.getuid?.() ?? found.uid;
  if (!found.isFile()) throw new DrpError('journal-unwritable', { path, reason: 'it is not a file' });
  if (uid !== 0 && found.uid !== uid)
    throw new DrpError('journal-unwritable', { path, reason: 'it belongs to another user' });
  // A slip of the finger must not cost a file of something else so much as its mode.
  if (found.size > 0 && !beginsAsDatabase(file))
    throw new DrpError('journal-foreign', {
      path,
      what: 'a file of something else, or one that has lost its beginning',
    });
}

/** See sqlite.org/fileformat.html, 1.3. */
const databaseBeginning = Buffer.from('SQLite format 3\0');

function beginsAsDatabase(file: number): boolean {
  const beginning = Buffer.alloc(databaseBeginning.length);
  readSync(file, beginning, 0, beginning.length, 0);
  return beginning.equals(databaseBeginning);
}

/** Takes from others what a copy, or a hand, has given them: the file of a journal and what lies open beside it. */
export function makePrivate(path: string): void {
  for (const name of [path, `${path}-wal`, `${path}-shm`]) {
    const found = statSync(name, { throwIfNoEntry: false });
    if (found !== undefined && (found.mode & 0o077) !== 0) chmodSync(name, 0o600);
  }
}

/**
 * Makes the names durable that lead to the file: a power cut must not take a folder made a moment ago, with the journal in
 * it. Up to the first folder of somebody else, that one included; whoever made the ones above made them durable.
 */
function syncFolders(folder: string): void {
  syncFolder(folder);
  const uid = process.getuid?.();
  for (let at = folder; at !== dirname(at) && statSync(at).uid === uid; at = dirname(at)) {
    try {
      syncFolder(dirname(at));
    } catch (thrown) {
      // One may pass through a folder without being allowed to open it; its names are then not this user's to secure.
      if ((thrown as { readonly code?: unknown }).code !== 'EACCES') throw thrown;
    }
  }
}

function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
