import { expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

function onceMs(command: string, args: readonly string[]): number {
  const startedMs = performance.now();
  expect(spawnSync(command, args).status).toBe(0);
  return performance.now() - startedMs;
}

test('drp --help answers in at most twice the time of an empty Node', () => {
  // In turn, and the best of many: what each takes, and not what else this machine was doing at that moment. On a busy one it
  // takes more of them until each has had its undisturbed moment.
  const best = { empty: Infinity, help: Infinity };
  for (let pair = 0; pair < 200 && (pair < 10 || best.help > 2 * best.empty); pair += 1) {
    best.empty = Math.min(best.empty, onceMs(process.execPath, ['-e', '0']));
    best.help = Math.min(best.help, onceMs(join(root, 'bin/drp'), ['--help']));
  }
  expect(best.help).toBeLessThanOrEqual(2 * best.empty);
});
