import { existsSync, mkdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { BackupFacts } from './facts.ts';
import { addDay, makeTree } from './files.ts';
import { addOrders, clientArgv, fillDatabase } from './postgres.ts';
import { run, type LabContext } from './process.ts';
import { hostFolder } from './sshd.ts';

type BackupHost = 'backup-even' | 'backup-odd';

const hourMs = 3_600_000;
const dumpEveryMs = 2 * hourMs;
/** 26 h of dumps: one more day than a day, so that both servers hold some whatever the hour. */
const dumpCount = 14;
const treeCount = 3;
/** Copies of the early dump may take this much, bytes. */
const roomForCopies = 400 * 1024 * 1024;
/** Trees are taken at this hour, UTC: they are named by their day, so that a later one would look older than it is. */
const treeHour = 0;

export interface BackupOptions {
  readonly databaseBytes: number;
  readonly filesBytes: number;
  readonly now: Date;
}

/** The backup server of a moment: by the day of the month, UTC. */
const backupHostOf = (at: Date): BackupHost => (at.getUTCDate() % 2 === 0 ? 'backup-even' : 'backup-odd');

const dumpName = (at: Date): string => `kyc-${at.toISOString().slice(0, 13)}${at.toISOString().slice(14, 16)}Z.dump`;
const dumpFolder = (lab: LabContext, host: BackupHost): string =>
  join(hostFolder(lab, host), 'srv', 'backups', 'database');
const treeFolder = (lab: LabContext, host: BackupHost): string =>
  join(hostFolder(lab, host), 'srv', 'backups', 'files');

/** The moments of the dumps a lab starts with, newest first: every even hour. */
function dumpTimes(now: Date): readonly Date[] {
  const newest = Math.floor(now.getTime() / dumpEveryMs) * dumpEveryMs;
  return Array.from({ length: dumpCount }, (_, index) => new Date(newest - index * dumpEveryMs));
}

/** The moments of the file trees a lab starts with, newest first. */
function treeTimes(now: Date): readonly Date[] {
  const dayMs = 24 * hourMs;
  const newest = Math.floor((now.getTime() - treeHour * hourMs) / dayMs) * dayMs + treeHour * hourMs;
  return Array.from({ length: treeCount }, (_, index) => new Date(newest - index * dayMs));
}

/**
 * Fills production's database and takes its dumps on the way: all but the two newest share one early state,
 * the newest lacks the orders made since. Needs production's cluster.
 */
export async function makeDatabaseBackups(lab: LabContext, options: BackupOptions): Promise<BackupFacts['dumps']> {
  for (const host of ['backup-even', 'backup-odd'] as const) mkdirSync(dumpFolder(lab, host), { recursive: true });
  const times = dumpTimes(options.now);
  const [newest = options.now, second = options.now] = times;
  const early = times.at(-1) ?? options.now;
  await fillDatabase(lab, { bytes: options.databaseBytes, until: early });
  const first = await takeDump(lab, early);
  for (const at of times.slice(2, 2 + olderCopies(statSync(first).size))) await placeDump(lab, at, first);
  await addOrders(lab, { from: early, to: second, count: 40 });
  await takeDump(lab, second);
  await addOrders(lab, { from: second, to: newest, count: 12 });
  await takeDump(lab, newest);
  if (options.now > newest) await addOrders(lab, { from: newest, to: options.now, count: 7 });
  await writeGlobals(lab);
  const dumps = times.map((at) => ({
    host: backupHostOf(at),
    file: join(dumpFolder(lab, backupHostOf(at)), dumpName(at)),
    takenAt: at.toISOString(),
  }));
  return dumps.filter((dump) => existsSync(dump.file));
}

/** Dumps production's database as it is now onto the backup server of `at`, under the name of `at`. */
async function takeDump(lab: LabContext, at: Date): Promise<string> {
  const file = join(dumpFolder(lab, backupHostOf(at)), dumpName(at));
  await run([...clientArgv(lab, 'limburg', 'pg_dump'), '-d', 'kyc', '-Fc', '-Z', '1', '-f', file]);
  await finishDump(file, at);
  return file;
}

/** A check takes what was written to within two minutes for unfinished: a lab that begins right at a dump's hour has it whole. */
const restedMs = 180_000;

/** Writes the checksum beside a dump, `FILE.sha256` as sha256sum does, and gives both the time of `at`. */
export async function finishDump(file: string, at: Date): Promise<void> {
  const { stdout } = await run(['sha256sum', basename(file)], { cwd: dirname(file) });
  rmSync(`${file}.sha256`, { force: true });
  writeFileSync(`${file}.sha256`, stdout);
  const written = new Date(Math.min(at.getTime(), Date.now() - restedMs));
  for (const path of [file, `${file}.sha256`]) utimesSync(path, written, written);
}

/**
 * Builds production's files day by day and copies each day's state to the backup server of that day,
 * `FOLDER/2026-11-21/{www,config}` with `2026-11-21.manifest` (sha256sum, names escaped its way) beside it.
 */
export async function makeFileBackups(lab: LabContext, options: BackupOptions): Promise<BackupFacts['trees']> {
  for (const host of ['backup-even', 'backup-odd'] as const) mkdirSync(treeFolder(lab, host), { recursive: true });
  const base = join(hostFolder(lab, 'limburg'), 'srv');
  const times = treeTimes(options.now);
  const oldestFirst = [...times].reverse();
  makeTree(lab, base, { bytes: options.filesBytes, madeAt: oldestFirst[0] ?? options.now });
  const manifests: Promise<unknown>[] = [];
  for (const at of oldestFirst) {
    addDay(base, at);
    const folder = join(treeFolder(lab, backupHostOf(at)), at.toISOString().slice(0, 10));
    mkdirSync(folder, { recursive: true });
    await run(['cp', '-a', '--sparse=auto', join(base, 'www'), join(base, 'config'), `${folder}/`]);
    utimesSync(folder, at, at);
    manifests.push(writeManifest(folder));
  }
  addDay(base, options.now); // uploads of today, which no backup holds
  await Promise.all(manifests);
  return times.map((at) => ({
    host: backupHostOf(at),
    folder: join(treeFolder(lab, backupHostOf(at)), at.toISOString().slice(0, 10)),
    takenAt: at.toISOString(),
  }));
}

/** Gives gravelines an old copy of everything: a standby that answers, with yesterday's data. */
export async function makeStaleRecovery(lab: LabContext, backups: BackupFacts): Promise<void> {
  const tree = backups.trees.at(-1);
  const dump = backups.dumps.at(-1);
  if (tree === undefined || dump === undefined) return;
  const base = join(hostFolder(lab, 'gravelines'), 'srv');
  mkdirSync(base, { recursive: true });
  await run(['cp', '-a', '--sparse=auto', join(tree.folder, 'www'), `${base}/`]);
  await run([...clientArgv(lab, 'gravelines', 'createdb'), '-O', 'kyc_owner', 'kyc']);
  await run([...clientArgv(lab, 'gravelines', 'pg_restore'), '-d', 'kyc', '--exit-on-error', dump.file]);
}

async function writeManifest(folder: string): Promise<void> {
  await run([
    'sh',
    '-c',
    'cd "$1" && find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum -- > "$1.manifest"',
    'manifest',
    folder,
  ]);
}

/** Between the newest two and the oldest; fewer where dumps are large, but one, so that both servers hold some. */
function olderCopies(bytes: number): number {
  return Math.min(dumpCount - 3, Math.max(1, Math.floor(roomForCopies / bytes)));
}

async function placeDump(lab: LabContext, at: Date, source: string): Promise<void> {
  const file = join(dumpFolder(lab, backupHostOf(at)), dumpName(at));
  await copyFile(source, file); // no hard link: each dump has a time of its own, and one may be spoilt alone
  await finishDump(file, at);
}

async function writeGlobals(lab: LabContext): Promise<void> {
  const globals = await run([...clientArgv(lab, 'limburg', 'pg_dumpall'), '--globals-only']);
  for (const host of ['backup-even', 'backup-odd'] as const)
    writeFileSync(join(dumpFolder(lab, host), 'globals.sql'), globals.stdout, { mode: 0o600 });
}
