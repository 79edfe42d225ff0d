import { spawn, type ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import type { LabContext } from './process.ts';

const guards = new Map<string, ChildProcess>();

/**
 * A lab whose owner is gone is ended all the same: a shell in a session of its own waits at a pipe that only this process
 * holds open. A line in it means that the lab ended in good order; its end without one, that nobody is left to do it.
 */
export function guardLab(lab: LabContext): void {
  releaseGuard(lab);
  const main = join(import.meta.dirname, 'main.ts');
  const down = [process.execPath, '--disable-warning=ExperimentalWarning', main, 'down'];
  const argv = ['-c', 'read -r _ || exec "$@"', 'lab-guard', ...down, '--dir', lab.dir, '--net', lab.net];
  const guard = spawn('sh', argv, { detached: true, cwd: '/', stdio: ['pipe', 'ignore', 'ignore'] });
  // Without a shell there is no guard, and the lab is none the worse.
  guard.on('error', () => undefined);
  guard.stdin.on('error', () => undefined);
  guard.unref();
  (guard.stdin as Socket).unref();
  guards.set(lab.dir, guard);
}

/** The lab is ended by this process itself. Nothing where it is not guarded from here. */
export function releaseGuard(lab: LabContext): void {
  guards.get(lab.dir)?.stdin?.end('over\n');
  guards.delete(lab.dir);
}
