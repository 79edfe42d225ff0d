import { mkdir, open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DrpError, toError } from '../base/errors.ts';
import { canonicalJson } from '../events/canonical.ts';
import { sha256Hex } from '../events/digest.ts';
import type { Json } from '../events/event.ts';

/** One entry of a site's record of syncs. */
export type SyncEntry =
  | { readonly what: 'refused'; readonly at: string; readonly reason: string }
  | {
      readonly what: 'tree';
      readonly at: string;
      readonly step: string;
      readonly kind: 'done' | 'failed';
      readonly from: string;
      readonly takenAt: string;
      readonly files: number;
      readonly bytes: number;
      readonly tookMs: number;
      readonly lines: readonly string[];
    };

/**
 * What syncs of a site did: a line an entry, each with the SHA-256 of the line before it. Syncs belong to no run, so they
 * lie beside the journal, not in it.
 */
export interface SyncRecord {
  readonly file: string;
  readonly entries: readonly SyncEntry[];
  /** Appends; on disk when it resolves. Throws record-damaged where it cannot be written. */
  append(entry: SyncEntry): Promise<void>;
  /** The last sync of a step's tree that ended well. */
  lastDone(step: string): Extract<SyncEntry, { what: 'tree' }> | undefined;
  /** Number the next entry will have. */
  next(): number;
}

interface Line {
  readonly seq: number;
  readonly prev: string;
  readonly entry: SyncEntry;
}

const none = '0'.repeat(64);

/** Opens the record of a site, checking all of it; one that is not there is begun. Throws sync-record-damaged. */
export async function openSyncRecord(file: string): Promise<SyncRecord> {
  const entries: SyncEntry[] = [];
  let prev = none;
  for (const text of (await textOf(file)).split('\n')) {
    if (text === '') continue;
    entries.push(checked(file, text, { seq: entries.length + 1, prev }).entry);
    prev = sha256Hex(text);
  }
  return {
    file,
    entries,
    append: async (entry) => {
      const line = canonicalJson({ seq: entries.length + 1, prev, entry: entry as unknown as Json });
      await mkdir(dirname(file), { recursive: true, mode: 0o700 });
      const handle = await open(file, 'a', 0o600);
      try {
        await handle.writeFile(`${line}\n`);
        await handle.sync();
      } finally {
        await handle.close();
      }
      entries.push(entry);
      prev = sha256Hex(line);
    },
    lastDone: (step) =>
      entries.findLast(
        (entry): entry is Extract<SyncEntry, { what: 'tree' }> =>
          entry.what === 'tree' && entry.step === step && entry.kind === 'done',
      ),
    next: () => entries.length + 1,
  };
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT') return '';
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
