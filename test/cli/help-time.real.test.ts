import { expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Best of many: what it takes, and not what else this machine was doing. */
function bestMs(command: string, args: readonly string[], times: number): number {
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < times; run += 1) {
    const startedMs = performance.now();
    expect(spawnSync(command, args).status).toBe(0);
    best = Math.min(best, performance.now() - startedMs);
  }
  return best;
}

test('drp --help answers in at most twice the time of an empty Node', () => {
  const empty = bestMs(process.execPath, ['-e', '0'], 25);
  expect(bestMs(join(root, 'bin/drp'), ['--help'], 25)).toBeLessThanOrEqual(2 * empty);
});
