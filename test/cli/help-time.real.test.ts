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
  // In turn, and the best of many: what each takes, and not what else this machine was doing at that moment.
  const empty: number[] = [];
  const help: number[] = [];
  for (let pair = 0; pair < 40; pair += 1) {
    empty.push(onceMs(process.execPath, ['-e', '0']));
    help.push(onceMs(join(root, 'bin/drp'), ['--help']));
  }
  expect(Math.min(...help)).toBeLessThanOrEqual(2 * Math.min(...empty));
});
