import { existsSync } from 'node:fs';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { DrpError } from '../base/errors.ts';
import { sha256Hex } from '../events/digest.ts';
import { readExport, renderExport } from '../journal/export.ts';
import type { StoredLine } from '../journal/journal.ts';
import { openJournal } from '../journal/open.ts';
import { pickRun } from './pick-run.ts';

/** A run as some file has it, and the same as the bytes of an export, for the independent verifier. */
export interface Copy {
  readonly run: string;
  readonly stored: readonly StoredLine[];
  readonly exported: Uint8Array;
}

const sqliteMark = 'SQLite format 3\0';

/**
 * Reads a run from an export, from a journal file of another machine, or from a witness copy of a host (exact lines). Nothing
 * is believed of it yet. Throws export-unreadable, copy-unverified, and what opening a journal throws.
 */
export async function openCopy(
  bytes: Buffer,
  place: { readonly path: string; readonly cwd: string; readonly run?: string },
): Promise<Copy> {
  if (bytes.subarray(0, sqliteMark.length).toString('latin1') === sqliteMark) return fromJournal(place);
  const text = bytes.toString('utf8');
  if (/^\{"(at|hash)":/.test(text)) return fromLines(text);
  const { frame, stored } = readExport(text);
  return { run: frame.run, stored, exported: bytes };
}

/** The file is copied first, with its log: evidence of another machine is not opened for writing. */
async function fromJournal(place: {
  readonly path: string;
  readonly cwd: string;
  readonly run?: string;
}): Promise<Copy> {
  const from = resolve(place.cwd, place.path);
  const folder = await mkdtemp(join(tmpdir(), 'drp-copy-'));
  try {
    for (const end of ['', '-wal']) {
      if (existsSync(`${from}${end}`)) await copyFile(`${from}${end}`, join(folder, `journal.sqlite${end}`));
    }
    const journal = await openJournal(`sqlite:${join(folder, 'journal.sqlite')}`);
    try {
      const { run } = await pickRun(journal, place.run === undefined ? {} : { run: place.run }, 'unfinished');
      const stored = await journal.stored(run);
      return framed(run, stored);
    } finally {
      await journal.close();
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** A copy from a host holds lines only. Half a line at its end was never acknowledged. */
function fromLines(text: string): Copy {
  const lines = text.split('\n').slice(0, -1);
  const run = runOf(lines[0] ?? '');
  const withheld = lines.findIndex((line) => line.startsWith('{"hash":'));
  if (withheld >= 0) {
    const reason = `event ${withheld + 1} is withheld in this copy: it holds a contact`;
    throw new DrpError('copy-unverified', { run, goodUpTo: withheld, reason });
  }
  return framed(
    run,
    lines.map((line) => ({ line, hash: sha256Hex(line) })),
  );
}

function runOf(line: string): string {
  try {
    return String((JSON.parse(line) as { readonly run?: unknown }).run ?? '?');
  } catch {
    // The verifier says what is wrong with it.
    return '?';
  }
}

function framed(run: string, stored: readonly StoredLine[]): Copy {
  const frame = { run, exportedAt: '1970-01-01T00:00:00.000Z', version: 'copy' };
  return { run, stored, exported: Buffer.from(renderExport(frame, stored)) };
}
