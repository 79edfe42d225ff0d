import { readFileSync } from 'node:fs';
import type { LabContext } from './process.ts';
import { logFile, processState, waitFor } from './process.ts';

/** Request Tracker on a busy machine is the slowest. */
const startTimeoutMs = 60_000;

/**
 * Waits until a launched process serves. A probe that throws counts as "not yet".
 * Throws at once, with the last lines of its log, when the process has ended: most often a port that another program has.
 */
export async function waitForService(
  lab: LabContext,
  name: string,
  probe: () => Promise<true | undefined>,
): Promise<void> {
  const outcome = await waitFor<true | 'ended'>(
    `${name} to serve`,
    () => (processState(lab, name) === 'running' ? probe() : Promise.resolve('ended' as const)),
    startTimeoutMs,
  );
  if (outcome === 'ended') throw new Error(`${name} ended as soon as it was started: ${lastLines(lab, name)}`);
}

function lastLines(lab: LabContext, name: string): string {
  const text = readFileSync(logFile(lab, name), 'utf8').trim();
  return text === '' ? 'its log is empty' : text.split('\n').slice(-8).join('\n');
}
