import { dirname } from 'node:path';
import { foldersTo, type DiskOp } from './disk-trace.ts';

/** Disks write whole sectors, and nothing larger in one piece (bytes). */
const sectorBytes = 512;

interface StoredFile {
  /** What fsync has promised. */
  safe: Buffer;
  /** What may be on disk, whole, in part, or not at all. */
  readonly unsynced: (Extract<DiskOp, { kind: 'write' }> | Extract<DiskOp, { kind: 'truncate' }>)[];
}

type NameChange = { readonly path: string; readonly file: StoredFile | 'folder' | undefined };

/** What survives of what was never synced. */
export interface Survival {
  /** Asked for every sector written, in order. */
  readonly sector: () => boolean;
  /** How many of `count` unsynced changes of names, from the first on. */
  readonly names: (count: number) => number;
}

/**
 * A disk as a power cut may leave it: what was synced is there; of the rest any sectors, in any order. A name is there
 * only once its folder was synced, or by luck; names are changed in order, as file systems with a journal do.
 */
export class Disk {
  readonly #folder: string;
  readonly #safeNames = new Map<string, StoredFile | 'folder'>();
  readonly #names = new Map<string, StoredFile | 'folder'>();
  #unsyncedNames: NameChange[] = [];

  constructor(folder: string) {
    this.#folder = folder;
  }

  apply(op: DiskOp): void {
    switch (op.kind) {
      case 'create':
        return this.#rename(op.path, { safe: Buffer.alloc(0), unsynced: [] });
      case 'folder':
        return this.#rename(op.path, 'folder');
      case 'remove':
        return this.#rename(op.path, undefined);
      case 'write':
      case 'truncate':
        this.#file(op.path).unsynced.push(op);
        return;
      case 'sync':
        return this.#sync(op.path);
      case 'said':
    }
  }

  /** Path → bytes of every file that is there after a cut now; folders that are there. */
  afterCut(survival: Survival): { readonly files: ReadonlyMap<string, Buffer>; readonly folders: readonly string[] } {
    const names = new Map(this.#safeNames);
    for (const { path, file } of this.#unsyncedNames.slice(0, survival.names(this.#unsyncedNames.length)))
      setName(names, path, file);
    const files = new Map<string, Buffer>();
    const folders: string[] = [];
    for (const [path, file] of names) {
      if (foldersTo(this.#folder, path).some((folder) => names.get(folder) !== 'folder')) continue;
      if (file === 'folder') folders.push(path);
      else files.set(path, contentAfterCut(file, survival));
    }
    return { files, folders };
  }

  #rename(path: string, file: NameChange['file']): void {
    setName(this.#names, path, file);
    this.#unsyncedNames.push({ path, file });
  }

  #file(path: string): StoredFile {
    const file = this.#names.get(path);
    if (file === undefined || file === 'folder') throw new Error(`the trace writes to ${path}, which it did not make`);
    return file;
  }

  #sync(path: string): void {
    if (path === this.#folder || this.#names.get(path) === 'folder') {
      const inside = (change: NameChange): boolean => dirname(change.path) === path;
      for (const change of this.#unsyncedNames.filter(inside)) setName(this.#safeNames, change.path, change.file);
      this.#unsyncedNames = this.#unsyncedNames.filter((change) => !inside(change));
      return;
    }
    const file = this.#file(path);
    file.safe = contentOf(file);
    file.unsynced.length = 0;
  }
}

function setName(names: Map<string, StoredFile | 'folder'>, path: string, file: NameChange['file']): void {
  if (file === undefined) names.delete(path);
  else names.set(path, file);
}

function contentAfterCut(file: StoredFile, survival: Survival): Buffer {
  const content = new Content(file);
  for (const op of file.unsynced) {
    if (op.kind === 'truncate') {
      if (survival.sector()) content.truncate(op.length);
      continue;
    }
    for (let from = 0; from < op.data.length;) {
      const to = Math.min(op.data.length, from + sectorBytes - ((op.offset + from) % sectorBytes));
      if (survival.sector()) content.write(op.offset + from, op.data.subarray(from, to));
      from = to;
    }
  }
  return content.bytes();
}

function contentOf(file: StoredFile): Buffer {
  const content = new Content(file);
  for (const op of file.unsynced) {
    if (op.kind === 'truncate') content.truncate(op.length);
    else content.write(op.offset, op.data);
  }
  return content.bytes();
}

/** Bytes that are changed in place, with room for all that may still be written. */
class Content {
  readonly #bytes: Buffer;
  #length: number;

  constructor({ safe, unsynced }: StoredFile) {
    const ends = unsynced.map((op) => (op.kind === 'truncate' ? op.length : op.offset + op.data.length));
    this.#bytes = Buffer.alloc(Math.max(safe.length, ...ends));
    safe.copy(this.#bytes);
    this.#length = safe.length;
  }

  truncate(length: number): void {
    this.#bytes.fill(0, Math.min(length, this.#length));
    this.#length = length;
  }

  write(offset: number, data: Buffer): void {
    data.copy(this.#bytes, offset);
    this.#length = Math.max(this.#length, offset + data.length);
  }

  bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }
}
