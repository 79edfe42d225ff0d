import { mkdir, open, readFile, truncate, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DrpError, toError } from '../base/errors.ts';
import { canonicalJson } from '../events/canonical.ts';
import { sha256Hex } from '../events/digest.ts';
import type { Driver, Json } from '../events/event.ts';
import { takeSyncLock, type SyncLock } from './sync-lock.ts';

/** What a sync did with one tree. */
export interface SyncedTree {
  readonly step: string;
  readonly kind: 'done' | 'failed';
  /** HOST:PATH of the backup's copy, and when it was taken. */
  readonly from: string;
  readonly takenAt: string;
  readonly files: number;
  readonly bytes: number;
  readonly tookMs: number;
  readonly lines: readonly string[];
}

/** One entry of a site's record of syncs. */
export type SyncEntry =
  | { readonly what: 'refused'; readonly at: string; readonly reason: string }
  | {
      /** On record before anything of it is let loose: whoever comes after a crash looks for the job of this token. */
      readonly what: 'began';
      readonly at: string;
      readonly step: string;
      readonly token: string;
      /** What the copy goes by: the backup that was chosen, the least its source must hold. */
      readonly choices: Readonly<Record<string, Json>>;
      readonly by: string;
    }
  | ({
      readonly what: 'tree';
      readonly at: string;
      /** Of the `began` it ends; absent where nothing had begun. */
      readonly token?: string;
    } & SyncedTree);

export type BeganSync = Extract<SyncEntry, { what: 'began' }>;
export type EndedSync = Extract<SyncEntry, { what: 'tree' }>;

/** What syncs of a site did, as it was read: every line checked against the one before. */
export interface SyncHistory {
  readonly file: string;
  readonly entries: readonly SyncEntry[];
  /** SHA-256 of the last line; 64 zeros where there is none. Whoever keeps it elsewhere can tell later that nothing before it was changed. */
  readonly head: string;
  /** A crash left half a line behind the last whole one: it was never acknowledged. */
  readonly torn: boolean;
}

/** The record as the one sync that writes it holds it. */
export interface SyncRecord {
  readonly file: string;
  readonly entries: readonly SyncEntry[];
  readonly head: () => string;
  /** Appends; on disk when it resolves. Throws sync-refused where somebody else has written to it, sync-record-damaged where it cannot be written. */
  append(entry: SyncEntry): Promise<void>;
  /** The last sync of a step's tree that ended well. */
  lastDone(step: string): EndedSync | undefined;
  /** What began and has no end on record: its job may run, or have ended unheard. */
  unfinished(step: string): BeganSync | undefined;
  /** Number the next entry will have. */
  next(): number;
  /** Lets the next sync in. */
  close(): Promise<void>;
}

interface Line {
  readonly seq: number;
  readonly prev: string;
  readonly entry: SyncEntry;
}

const none = '0'.repeat(64);

/** Reads the record of a site, checking all of it. Changes nothing. Throws sync-record-damaged. */
export async function readSyncRecord(file: string): Promise<SyncHistory> {
  const { whole: _, ...history } = await readWhole(file);
  return history;
}

/**
 * Opens the record of a site for the one sync that writes it; one that is not there is begun. Half a line that a crash left goes
 * to FILE.torn. Throws sync-refused where another sync of this site runs on this machine, sync-record-damaged.
 */
export async function openSyncRecord(file: string, driver: Driver): Promise<SyncRecord> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const lock = await takeSyncLock(`${file}.lock`, driver);
  try {
    return await openLocked(file, lock);
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function openLocked(file: string, lock: SyncLock): Promise<SyncRecord> {
  const found = await readWhole(file);
  const entries = [...found.entries];
  let prev = found.head;
  let bytes = Buffer.byteLength(found.whole);
  if (found.torn) await setAside(file, bytes);
  return {
    file,
    entries,
    head: () => prev,
    append: async (entry) => {
      await lock.check();
      const line = canonicalJson({ seq: entries.length + 1, prev, entry: entry as unknown as Json });
      await appendLine(file, { line, expectedBytes: bytes });
      bytes += Buffer.byteLength(line) + 1;
      entries.push(entry);
      prev = sha256Hex(line);
    },
    lastDone: (step) =>
      entries.findLast(
        (entry): entry is EndedSync => entry.what === 'tree' && entry.step === step && entry.kind === 'done',
      ),
    unfinished: (step) => {
      const ended = new Set(entries.flatMap((entry) => (entry.what === 'tree' ? (entry.token ?? []) : [])));
      return entries.findLast(
        (entry): entry is BeganSync => entry.what === 'began' && entry.step === step && !ended.has(entry.token),
      );
    },
    next: () => entries.length + 1,
    close: lock.release,
  };
}

async function appendLine(
  file: string,
  { line, expectedBytes }: { readonly line: string; readonly expectedBytes: number },
): Promise<void> {
  const handle = await open(file, 'a', 0o600);
  try {
    // Two that write would each break the chain of the other.
    if ((await handle.stat()).size !== expectedBytes)
      throw new DrpError('sync-record-damaged', { file, reason: 'somebody else has written to it meanwhile' });
    await handle.writeFile(`${line}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  if (expectedBytes > 0) return;
  const folder = await open(dirname(file), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function readWhole(file: string): Promise<SyncHistory & { readonly whole: string }> {
  const text = await textOf(file);
  const end = text.lastIndexOf('\n') + 1;
  const whole = text.slice(0, end);
  const entries: SyncEntry[] = [];
  let head = none;
  for (const line of whole.split('\n')) {
    if (line === '') continue;
    entries.push(checked(file, line, { seq: entries.length + 1, prev: head }).entry);
    head = sha256Hex(line);
  }
  return { file, entries, head, torn: end < text.length, whole };
}

/** Kept for whoever wants to know what was being written. */
async function setAside(file: string, bytes: number): Promise<void> {
  const rest = (await readFile(file)).subarray(bytes);
  await writeFile(`${file}.torn`, rest, { mode: 0o600 });
  await truncate(file, bytes);
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return '';
    throw new DrpError('sync-record-damaged', { file, reason: toError(error).message }, { cause: error });
  }
}

function checked(file: string, text: string, place: { readonly seq: number; readonly prev: string }): Line {
  const damaged = (reason: string): DrpError => new DrpError('sync-record-damaged', { file, reason });
  let line: Line;
  try {
    line = JSON.parse(text) as Line;
  } catch {
    throw damaged(`line ${String(place.seq)} is not whole`);
  }
  if (line.seq !== place.seq || line.prev !== place.prev)
    throw damaged(`line ${String(place.seq)} does not continue the line before it`);
  return line;
}

function hasCode(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}
