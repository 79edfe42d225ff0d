import { randomBytes } from 'node:crypto';
import { mkdir, open, realpath, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { toError } from '../base/errors.ts';
import { readAtMost } from '../base/read-at-most.ts';
import { sha256Hex } from '../events/digest.ts';
import { emptyMemory, type CheckMemory } from './since.ts';

const memoryBytesMax = 64 * 1_048_576;
const memorySchema = z.strictObject({
  format: z.literal(1),
  site: z.string(),
  seen: z.record(
    z.string(),
    z.strictObject({
      status: z.enum(['ok', 'warn', 'fail', 'unknown', 'skipped']),
      since: z.iso.datetime(),
      last: z.iso.datetime(),
    }),
  ),
  whole: z
    .record(
      z.string(),
      z.strictObject({
        path: z.string(),
        bytes: z.int(),
        files: z.int(),
        sha256: z.string(),
        changed: z.string(),
        readBy: z.array(z.string()).min(1),
        at: z.iso.datetime(),
      }),
    )
    .optional(),
});

/**
 * Where checks of a site remember since when things are as they are, and which copies they read whole. No part of any record:
 * it may be deleted. Each runbook has its own, by its real path: a practice lab is not the site it is called after.
 */
export async function memoryFile(
  stateFolder: string,
  runbook: { readonly site: string; readonly file: string },
): Promise<string> {
  const place = sha256Hex(await realpath(runbook.file)).slice(0, 12);
  return join(stateFolder, 'drp', 'checks', `${runbook.site}-${place}.json`);
}

/** What earlier checks saw; an empty memory, and why, where the file cannot be understood. */
export async function readMemory(file: string, site: string): Promise<{ memory: CheckMemory; trouble?: string }> {
  try {
    return { memory: memorySchema.parse(JSON.parse((await readAtMost(file, memoryBytesMax)).toString('utf8'))) };
  } catch (thrown) {
    const memory = emptyMemory(site);
    if (typeof thrown === 'object' && thrown !== null && 'code' in thrown && thrown.code === 'ENOENT')
      return { memory };
    return { memory, trouble: `${file} cannot be read, times begin anew: ${firstLine(thrown)}` };
  }
}

/** Keeps it, whole or not at all, readable by its owner alone (0600). Answers why where it could not be kept. */
export async function writeMemory(file: string, memory: CheckMemory): Promise<string | undefined> {
  const draft = `${file}.${randomBytes(4).toString('hex')}.new`;
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    const handle = await open(draft, 'wx', 0o600);
    try {
      await handle.writeFile(`${JSON.stringify(memory)}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(draft, file);
    return undefined;
  } catch (thrown) {
    // Where not even the folder can be had there is no draft either.
    await rm(draft, { force: true }).catch(() => undefined);
    return `${file} cannot be written, so nobody will know since when: ${firstLine(thrown)}`;
  }
}

function firstLine(thrown: unknown): string {
  return toError(thrown).message.split('\n')[0] ?? '';
}
