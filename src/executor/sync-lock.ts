import { randomBytes } from 'node:crypto';
import { link, readFile, rm, writeFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { DrpError } from '../base/errors.ts';
import { sha256Hex } from '../events/digest.ts';
import type { Driver } from '../events/event.ts';
import { driverLiveness, isSameDriver } from '../journal/driver.ts';

/** Held by one process: a file that names it. */
export interface SyncLock {
  /** Throws sync-refused where another process took it over. */
  check(): Promise<void>;
  /** Lets the next one in; nothing where it was taken over. */
  release(): Promise<void>;
}

/** Looks at it so often: another may take over a dead one's at the same moment. */
const lockTries = 20;
/** Between two looks while another removes what a dead process left, ms: that takes two calls of the file system. */
const pauseMs = 20;

/** Takes it, also from a process that is gone. Throws sync-refused where another may still hold it. */
export async function takeSyncLock(file: string, driver: Driver): Promise<SyncLock> {
  const own = `${file}.${randomBytes(6).toString('hex')}`;
  await writeFile(own, JSON.stringify(driver), { mode: 0o600 });
  try {
    for (let tries = 0; tries < lockTries; tries += 1) {
      // A name is given to a whole file: nobody ever reads half of it.
      if (await made(() => link(own, file))) return heldLock(file, driver);
      const holder = await driverIn(file);
      if (holder === undefined) continue;
      if (driverLiveness(holder) !== 'dead') throw heldBy(file, holder);
      if (!(await removeAfter(holder, { file, own }))) await setTimeout(pauseMs);
    }
    throw new DrpError('sync-refused', { site: siteOf(file), what: `${file} could not be taken` });
  } finally {
    await rm(own, { force: true });
  }
}

/**
 * Removes what a dead process left. Only who has the turn after that very process may: a look that is late cannot take the
 * lock of the next one, which this turn does not name. False: another has the turn.
 */
async function removeAfter(gone: Driver, at: { readonly file: string; readonly own: string }): Promise<boolean> {
  const turn = `${at.file}.after-${sha256Hex(JSON.stringify([gone.machine, gone.bootId, gone.pid, gone.startTime])).slice(0, 16)}`;
  if (!(await made(() => link(at.own, turn)))) {
    const taker = await driverIn(turn);
    if (taker === undefined || driverLiveness(taker) !== 'dead') return false;
    // It died in its turn: that is removed in the same way, and the turn is there for the next look.
    await removeAfter(taker, { ...at, file: turn });
    return false;
  }
  try {
    const holder = await driverIn(at.file);
    if (holder !== undefined && isSameDriver(holder, gone)) await rm(at.file, { force: true });
    return true;
  } finally {
    await rm(turn, { force: true });
  }
}

function heldLock(file: string, driver: Driver): SyncLock {
  return {
    check: async () => {
      const holder = await driverIn(file);
      if (holder === undefined || !isSameDriver(holder, driver)) throw heldBy(file, holder);
    },
    release: async () => {
      const holder = await driverIn(file);
      if (holder !== undefined && isSameDriver(holder, driver)) await rm(file, { force: true });
    },
  };
}

function heldBy(file: string, holder: Driver | undefined): DrpError {
  const unknown =
    holder === undefined || driverLiveness(holder) === 'alive'
      ? ''
      : `; once that is known to have ended, remove ${file}`;
  const who = holder === undefined ? '' : ` (process ${String(holder.pid)} of ${holder.osUser} on ${holder.machine})`;
  return new DrpError('sync-refused', {
    site: siteOf(file),
    what: `another sync of this site is under way${who}${unknown}`,
  });
}

const siteOf = (lock: string): string => lock.slice(lock.lastIndexOf('/') + 1).replace(/\.jsonl\.lock$/, '');

async function driverIn(file: string): Promise<Driver | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Driver;
  } catch {
    // Gone, or no lock of ours: looked at again by the caller.
    return undefined;
  }
}

/** False where the name is taken, or what was to be moved is gone. */
async function made(act: () => Promise<void>): Promise<boolean> {
  try {
    await act();
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST') || hasCode(error, 'ENOENT')) return false;
    throw error;
  }
}

function hasCode(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}
