import { DrpError } from '../base/errors.ts';
import { canonicalJson } from '../events/canonical.ts';
import { sha256Hex } from '../events/digest.ts';
import type { Event } from '../events/event.ts';
import { genesis } from './chain.ts';
import type { Head, Journal, StoredLine } from './journal.ts';
import { toEvents } from './rules.ts';

/** Words of the file format; a reader that does not know one refuses. */
export const exportFormat = 'drp-journal-export@v1';

const eventStart = '{"event":';
/** `,"hash":"`, 64 digits, `"}`. */
const eventEndLength = 75;

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
  const events = stored.map(({ line, hash }) => `${eventStart}${line},"hash":"${hash}"}`);
  const body = [header, ...events].map((line) => `${line}\n`).join('');
  const last = stored.at(-1);
  const head: Head = last === undefined ? genesis : { seq: stored.length, hash: last.hash };
  return `${body}${canonicalJson({ head: { hash: head.hash, seq: head.seq }, sha256: sha256Hex(body) })}\n`;
}

/** A run read back from its export. */
export interface ReadExport {
  readonly frame: ExportFrame;
  readonly stored: readonly StoredLine[];
  readonly events: readonly Event[];
}

/**
 * Reads an export back, whole or not at all: what it says must render to the very same bytes, and its chain must hold. How far
 * a damaged one is good says `verifyExport`. Throws export-unreadable, journal-broken, journal-newer-format.
 */
export function readExport(text: string): ReadExport {
  const lines = text.split('\n');
  const frame = readFrame(lines[0] ?? '');
  const stored = lines.slice(1, -2).map(storedOf);
  const again = renderExport(frame, stored).split('\n');
  const differs = lines.findIndex((line, index) => line !== again[index]);
  if (differs >= 0 || again.length !== lines.length) {
    const line = differs >= 0 ? differs + 1 : lines.length;
    throw new DrpError('export-unreadable', { line, reason: 'it is not as it was written' });
  }
  return { frame, stored, events: toEvents(frame.run, stored) };
}

/** Stored lines of an export that may be damaged, unchecked: for readers that know from `verifyExport` how far it is good. */
export function storedIn(text: string): readonly StoredLine[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith(eventStart))
    .map(storedOf);
}

function storedOf(line: string): StoredLine {
  return { line: line.slice(eventStart.length, -eventEndLength), hash: line.slice(-66, -2) };
}

function readFrame(line: string): ExportFrame {
  try {
    const { format, run, exportedAt, version } = JSON.parse(line) as Record<string, unknown>;
    if (format === exportFormat) return { run: String(run), exportedAt: String(exportedAt), version: String(version) };
  } catch {
    // Not JSON: refused below, like any other first line.
  }
  throw new DrpError('export-unreadable', { line: 1, reason: `it is not the header of a ${exportFormat}` });
}

/** How a head is written in tickets, mails and on the phone: `k3f9-2a7m 41:0f3a…` (12 hex digits; 64 for programs). */
export function anchorText(run: string, head: Head, digits = 12): string {
  return `${run} ${head.seq}:${head.hash.slice(0, digits)}`;
}
