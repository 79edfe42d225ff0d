import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { copyAside, takeAside } from './aside.ts';
import { finishDump } from './backups.ts';
import { readFacts, type BackupFacts } from './facts.ts';
import type { LabContext } from './process.ts';

/** Dumps that lie there now, newest first. */
function dumpsPresent(lab: LabContext): BackupFacts['dumps'] {
  return readFacts(lab.dir).backups.dumps.filter((dump) => existsSync(dump.file));
}

/** The newest dumps of either server and their checksums are gone. */
export function removeDumps(lab: LabContext, howMany: number): Promise<void> {
  for (const dump of dumpsPresent(lab).slice(0, howMany)) {
    takeAside(lab, 'dumps', dump.file);
    takeAside(lab, 'dumps', `${dump.file}.sha256`);
  }
  return Promise.resolve();
}

/** No dump is younger than this. */
export function ageDumps(lab: LabContext, hours: number): Promise<void> {
  const youngest = Date.now() - hours * 3_600_000;
  return removeDumps(lab, dumpsPresent(lab).filter((dump) => Date.parse(dump.takenAt) > youngest).length);
}

/** Spoils the newest dump; its checksum is made anew unless option is `old-checksum`. Size and content change, the time stays. */
export async function spoilDump(
  lab: LabContext,
  option: string | undefined,
  spoil: (file: string) => void,
): Promise<void> {
  const [newest] = dumpsPresent(lab);
  if (newest === undefined) throw new Error('there is no dump to spoil');
  copyAside(lab, 'dumps', newest.file);
  copyAside(lab, 'dumps', `${newest.file}.sha256`);
  spoil(newest.file);
  const takenAt = new Date(newest.takenAt);
  utimesSync(newest.file, takenAt, takenAt);
  if (option !== 'old-checksum') await finishDump(newest.file, takenAt);
}

/** Three fifths: the table of contents stands at the front, so pg_restore -l is content with it. */
export function truncateDump(file: string): void {
  truncateSync(file, Math.floor(statSync(file).size * 0.6));
}

/** Same size, 256 wrong bytes. */
export function scrambleDump(file: string): void {
  const bytes = readFileSync(file);
  const middle = Math.floor(bytes.length / 2);
  for (let offset = middle; offset < middle + 256; offset++) bytes.writeUInt8((bytes[offset] ?? 0) ^ 0xff, offset);
  writeFileSync(file, bytes);
}

function newestTree(lab: LabContext): string {
  const tree = readFacts(lab.dir).backups.trees[0];
  if (tree === undefined) throw new Error('there is no file tree to spoil');
  return tree.folder;
}

/** The newest tree has an empty www. */
export function emptyTree(lab: LabContext): Promise<void> {
  const www = join(newestTree(lab), 'www');
  takeAside(lab, 'files', www);
  mkdirSync(www);
  return Promise.resolve();
}

/** The newest tree lost its archive and half its customers: well under 80 % of the day before. */
export function shrinkTree(lab: LabContext): Promise<void> {
  const uploads = join(newestTree(lab), 'www', 'uploads');
  for (const name of readdirSync(uploads).filter((each) => each.startsWith('customer-1') || each === 'archive.tar'))
    takeAside(lab, 'files', join(uploads, name));
  return Promise.resolve();
}
