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
    for (const op of file.unsynced) file.safe = applied(file.safe, op);
    file.unsynced.length = 0;
  }
}

function setName(names: Map<string, StoredFile | 'folder'>, path: string, file: NameChange['file']): void {
  if (file === undefined) names.delete(path);
  else names.set(path, file);
}

function contentAfterCut(file: StoredFile, survival: Survival): Buffer {
  let content: Buffer = Buffer.from(file.safe);
  for (const op of file.unsynced) {
    if (op.kind === 'truncate') {
      if (survival.sector()) content = applied(content, op);
      continue;
    }
    for (let from = 0; from < op.data.length;) {
      const to = Math.min(op.data.length, from + sectorBytes - ((op.offset + from) % sectorBytes));
      if (survival.sector())
        content = applied(content, { ...op, offset: op.offset + from, data: op.data.subarray(from, to) });
      from = to;
    }
  }
  return content;
}

/** The bytes with one change; `bytes` itself may be written to. */
function applied(bytes: Buffer, op: StoredFile['unsynced'][number]): Buffer {
  const length = op.kind === 'truncate' ? op.length : Math.max(bytes.length, op.offset + op.data.length);
  const result = length === bytes.length ? bytes : Buffer.alloc(length);
  if (result !== bytes) bytes.copy(result, 0, 0, Math.min(bytes.length, length));
  if (op.kind === 'write') op.data.copy(result, op.offset);
  return result;
}
