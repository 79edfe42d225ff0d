import { randomBytes } from 'node:crypto';
import {
  accessSync,
  chmodSync,
  closeSync,
  constants,
  existsSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  watch,
  writeFileSync,
  type FSWatcher,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { systemClock, waitFor, type Clock } from '../base/clock.ts';
import { DrpError, toError } from '../base/errors.ts';
import { osUserOfUid } from './os-user.ts';
import type { Word, WordAnswer, WordSource } from './word.ts';

/** Others may leave files here and fetch answers by name, but neither list nor remove what is not theirs (like /tmp, unlisted). */
const spoolMode = 0o1733;
const passMode = 0o711;
const pollMs = 250;
const answerPollMs = 50;
/** Answers nobody fetched are kept this long. */
const answerLifeMs = 86_400_000;
const largestWordBytes = 262_144;
const wordName = /^[0-9]{15}-[0-9a-f]{32}\.word$/;

/** A word as it lies in the spool. Who dropped it is the owner of the file; `name` keeps a file from being moved here. */
interface Dropped {
  readonly format: 'drp-word-file@v1';
  readonly name: string;
  readonly word: Omit<Word, 'osUser' | 'path'>;
}

/**
 * Words that other processes of this machine drop for a run. Made by the driver, who owns the folder. Each word comes once a
 * driver; one that was not answered before a crash comes again, so its reader must refuse what it has already taken.
 */
export function createSpoolWordSource(folder: string, options: { readonly clock?: Clock } = {}): WordSource {
  const clock = options.clock ?? systemClock;
  openSpool(folder);
  sweep(folder, clock);
  const delivered = new Set<string>();
  return {
    next: async (signal) => {
      for (;;) {
        signal.throwIfAborted();
        const name = wordsIn(folder).find((file) => !delivered.has(file));
        if (name === undefined) {
          await somethingMoved(folder, clock, signal);
          continue;
        }
        delivered.add(name);
        const path = join(folder, name);
        const word = readWord(path, name);
        if (word instanceof DrpError) {
          writeAnswer(path, { kind: 'refused', code: word.code, text: word.message, hint: word.hint });
          continue;
        }
        return { word, answer: async (answer) => writeAnswer(path, answer) };
      }
    },
  };
}

/**
 * Leaves a word for the driver of a run and waits for its answer. `waiting`: no answer in time (no driver runs): the word
 * stays and is heard by the next. Throws spool-closed where this user cannot leave one. `osUser` and `path` of the word are
 * not taken over: the file's owner says who spoke.
 */
export async function sendWord(
  folder: string,
  word: Word,
  options: { readonly timeoutMs: number; readonly clock?: Clock; readonly signal?: AbortSignal },
): Promise<WordAnswer | 'waiting'> {
  const { timeoutMs, clock = systemClock, signal } = options;
  const name = `${String(clock.nowMs()).padStart(15, '0')}-${randomBytes(16).toString('hex')}.word`;
  const path = join(folder, name);
  const { osUser: _osUser, path: _path, ...said } = word;
  const dropped: Dropped = { format: 'drp-word-file@v1', name, word: said };
  try {
    if (!existsSync(folder)) openSpool(folder);
    place(path, JSON.stringify(dropped));
  } catch (thrown) {
    throw new DrpError('spool-closed', { run: word.run, folder, reason: toError(thrown).message }, { cause: thrown });
  }
  const result = await waitFor(async () => readAnswer(path), {
    everyMs: answerPollMs,
    timeoutMs,
    clock,
    ...(signal === undefined ? {} : { signal }),
  });
  return result.kind === 'met' ? result.value : 'waiting';
}

/** A word that nobody has heard yet, as far as it says what it is. */
export interface UnheardWord {
  readonly verb: string;
  readonly decision?: string;
  readonly subject: string;
  readonly osUser: string;
  readonly sinceAt: string;
}

/** Words that wait for a driver, oldest first; none where this user may not list them. Only reads. */
export function unheardWords(folder: string): readonly UnheardWord[] {
  if (!listable(folder)) return [];
  return wordsIn(folder).flatMap((name) => {
    const word = readWord(join(folder, name), name);
    if (word instanceof DrpError) return [];
    const { verb, decision, subject, osUser } = word;
    const sinceAt = new Date(Number(name.slice(0, 15))).toISOString();
    return [{ verb, subject, osUser, sinceAt, ...(decision === undefined ? {} : { decision }) }];
  });
}

function listable(folder: string): boolean {
  try {
    accessSync(folder, constants.R_OK | constants.X_OK);
    return true;
  } catch {
    // Another's letter box, or none yet.
    return false;
  }
}

/** Makes the folder of a run, open for words of others as far as the folders above it let them through. */
function openSpool(folder: string): void {
  const parent = dirname(folder);
  for (const [path, mode] of [
    [parent, passMode],
    [folder, spoolMode],
  ] as const) {
    mkdirSync(path, { recursive: true, mode: passMode });
    const found = statSync(path);
    // Not ours: whoever made it says who may pass.
    if (found.uid === (process.getuid?.() ?? found.uid) && (found.mode & 0o7777) !== mode) chmodSync(path, mode);
  }
}

/** Names of words, oldest first. A folder that somebody removed is made again: no run stops for its letter box. */
function wordsIn(folder: string): readonly string[] {
  if (!existsSync(folder)) openSpool(folder);
  return readdirSync(folder)
    .filter((file) => wordName.test(file))
    .sort();
}

/** Removes answers that were never fetched, and drafts whose writer died. */
function sweep(folder: string, clock: Clock): void {
  for (const file of readdirSync(folder)) {
    const path = join(folder, file);
    if (!/\.(answer|part)$/.test(file)) continue;
    if (clock.nowMs() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0) > answerLifeMs)
      rmSync(path, { force: true });
  }
}

function readWord(path: string, name: string): Word | DrpError {
  const run = basename(dirname(path));
  try {
    const { text, uid } = readOwned(path);
    const dropped = JSON.parse(text) as Partial<Dropped>;
    const { word } = dropped;
    if (dropped.format !== 'drp-word-file@v1' || dropped.name !== name || !isWord(word)) {
      return new DrpError('word-unreadable', { run, reason: 'it is not a word of drp, or was moved here' });
    }
    return { ...word, osUser: osUserOfUid(uid), path: 'spool' };
  } catch (thrown) {
    return new DrpError('word-unreadable', { run, reason: toError(thrown).message }, { cause: thrown });
  }
}

/** Text and owner of the same open file: a path could change between two looks. No links of any kind. */
function readOwned(path: string): { readonly text: string; readonly uid: number } {
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const found = fstatSync(file);
    if (!found.isFile() || found.nlink !== 1) throw new Error('it is not a plain file of its own');
    if (found.size > largestWordBytes) throw new Error(`it is larger than ${largestWordBytes} bytes`);
    const bytes = Buffer.alloc(found.size);
    readSync(file, bytes, 0, found.size, 0);
    return { text: bytes.toString('utf8'), uid: found.uid };
  } finally {
    closeSync(file);
  }
}

function isWord(value: unknown): value is Dropped['word'] {
  if (typeof value !== 'object' || value === null) return false;
  const word = value as Record<string, unknown>;
  const texts = ['verb', 'run', 'subject', 'reason'];
  const optional = ['decision', 'evidence', 'person', 'statementDigest'];
  if (texts.some((key) => typeof word[key] !== 'string')) return false;
  if (optional.some((key) => word[key] !== undefined && typeof word[key] !== 'string')) return false;
  if (!['approve', 'reject', 'decide', 'note', 'abort'].includes(String(word['verb']))) return false;
  const signed = word['signed'] as Record<string, unknown> | undefined | null;
  if (word['breakGlass'] !== undefined && word['breakGlass'] !== true) return false;
  if (word['attested'] !== undefined && !isAttestation(word['attested'])) return false;
  if (signed === undefined) return true;
  return (
    signed !== null &&
    typeof signed === 'object' &&
    typeof signed['text'] === 'string' &&
    typeof signed['signature'] === 'string'
  );
}

function isAttestation(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return ['person', 'words', 'number', 'witness'].every((key) => typeof (value as Fields)[key] === 'string');
}

type Fields = Readonly<Record<string, unknown>>;

function writeAnswer(path: string, answer: WordAnswer): void {
  try {
    place(answerPath(path), JSON.stringify(answer));
    rmSync(path, { force: true, recursive: true });
  } catch {
    // The word itself is journalled; a speaker who gets no answer sees "waiting". No run stops for that.
  }
}

function readAnswer(path: string): WordAnswer | undefined {
  try {
    return JSON.parse(readFileSync(answerPath(path), 'utf8')) as WordAnswer;
  } catch (thrown) {
    if ((thrown as { readonly code?: unknown }).code === 'ENOENT') return undefined;
    throw thrown;
  }
}

function answerPath(path: string): string {
  return path.replace(/\.word$/, '.answer');
}

/** Whole or not at all: written beside, on disk, then renamed into place. Readable by name: the name cannot be guessed. */
function place(path: string, text: string): void {
  const draft = `${path}.${randomBytes(8).toString('hex')}.part`;
  writeFileSync(draft, text, { mode: 0o644, flag: 'wx' });
  chmodSync(draft, 0o644);
  const file = openSync(draft, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(draft, path);
}

/** Resolves when the folder changed, at the latest after `pollMs` (a watch may be missed); rejects when the signal aborts. */
async function somethingMoved(folder: string, clock: Clock, signal: AbortSignal): Promise<void> {
  const early = new AbortController();
  const watcher = watchOrNothing(folder, () => early.abort());
  try {
    await clock.sleep(pollMs, AbortSignal.any([signal, early.signal]));
  } catch (thrown) {
    if (signal.aborted) throw signal.reason;
    if (!early.signal.aborted) throw thrown;
  } finally {
    watcher?.close();
  }
}

/** A watch only makes it quicker; where the system has none left, looking again every `pollMs` is enough. */
function watchOrNothing(folder: string, onChange: () => void): FSWatcher | undefined {
  try {
    return watch(folder, onChange).on('error', onChange);
  } catch {
    // Out of watches, or the folder is gone: the next look tells.
    return undefined;
  }
}
