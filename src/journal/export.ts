import { canonicalJson } from '../events/canonical.ts';
import { sha256Hex } from '../events/digest.ts';
import { genesis } from './chain.ts';
import type { Head, Journal, StoredLine } from './journal.ts';

/** Words of the file format; a reader that does not know one refuses. */
export const exportFormat = 'drp-journal-export@v1';

/** What an export says about itself, beside the events. */
export interface ExportFrame {
  readonly run: string;
  /** ISO instant the export was made. */
  readonly exportedAt: string;
  /** Version of drp that made it. */
  readonly version: string;
}

/**
 * One run as one file, verifiable without the store: a header, one line an event holding its exact bytes and its hash, and a
 * trailer with the head and the SHA-256 of all bytes before it. Specified in docs/journal-format.md.
 */
export async function exportRun(journal: Journal, run: string, made: Omit<ExportFrame, 'run'>): Promise<string> {
  const stored = await journal.stored(run);
  return renderExport({ run, exportedAt: made.exportedAt, version: made.version }, stored);
}

/** The text of an export. Pure; it copies the stored lines and hashes as they are, right or wrong. */
export function renderExport(frame: ExportFrame, stored: readonly StoredLine[]): string {
  const header = canonicalJson({
    format: exportFormat,
    run: frame.run,
    exportedAt: frame.exportedAt,
    version: frame.version,
  });
  const events = stored.map(({ line, hash }) => `{"event":${line},"hash":"${hash}"}`);
  const body = [header, ...events].map((line) => `${line}\n`).join('');
  const last = stored.at(-1);
  const head: Head = last === undefined ? genesis : { seq: stored.length, hash: last.hash };
  return `${body}${canonicalJson({ head: { hash: head.hash, seq: head.seq }, sha256: sha256Hex(body) })}\n`;
}

/** How a head is written in tickets, mails and on the phone: `k3f9-2a7m 41:0f3a…` (12 hex digits). */
export function anchorText(run: string, head: Head): string {
  return `${run} ${head.seq}:${head.hash.slice(0, 12)}`;
}
