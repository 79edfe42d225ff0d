import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { endProcess, launch, type LabContext } from './process.ts';
import type { ClientSettings } from './site-client.ts';

export type ClientKind = ClientSettings['kind'];

/** Where a client's timeline lies: JSON lines, one a tick, in the order of their answers. */
export const timelineFile = (dir: string, kind: ClientKind): string => join(dir, 'timelines', `${kind}.jsonl`);

/**
 * Starts the probe (fetches the page) or the writer (inserts a row) as a process of the lab.
 * Both go where the site's name leads them, every 200 ms by default.
 */
export async function startClient(
  lab: LabContext,
  kind: ClientKind,
  options: { readonly everyMs?: number; readonly timeoutMs?: number } = {},
): Promise<string> {
  const file = timelineFile(lab.dir, kind);
  mkdirSync(join(lab.dir, 'timelines'), { recursive: true });
  const settings: ClientSettings = {
    kind,
    dir: lab.dir,
    file,
    everyMs: options.everyMs ?? 200,
    timeoutMs: options.timeoutMs ?? 2_000,
  };
  await launch(lab, {
    name: kind,
    argv: [process.execPath, fileURLToPath(new URL(`${kind}.ts`, import.meta.url)), JSON.stringify(settings)],
  });
  return file;
}

/** Ends a client; what it had heard by then is in its timeline. Requests still open get no line. */
export const stopClient = (lab: LabContext, kind: ClientKind): Promise<void> => endProcess(lab, kind);
