import { dirname, join } from 'node:path';
import { defaultJournalUrl } from '../journal/open.ts';
import type { Io } from './io.ts';

/** Syncs belong to no run: their record lies beside the journal. */
export function syncFile(
  io: Pick<Io, 'env'>,
  { site, journal }: { readonly site: string; readonly journal?: string },
): string {
  const url = journal ?? io.env['DRP_JOURNAL'] ?? defaultJournalUrl(io.env);
  const beside = url.startsWith('sqlite:') ? url : defaultJournalUrl(io.env);
  return join(dirname(beside.slice('sqlite:'.length)), 'sync', `${site}.jsonl`);
}

/** True for bytes that begin as a record of syncs does. */
export function isSyncRecord(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.subarray(0, 32)).toString('latin1').startsWith('{"entry":{');
}
