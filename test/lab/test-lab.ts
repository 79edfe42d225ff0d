import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { guardLab, releaseGuard } from './guard.ts';
import type { LabContext } from './process.ts';
import { endProcess, endStragglers, recordedProcesses } from './process.ts';

export interface TestLab {
  readonly lab: LabContext;
  /** Ends every process of the lab and removes its folder. */
  end(): Promise<void>;
}

/** An empty lab for a test of one service: a folder of its own and a loopback /24 that is nobody's, as far as chance goes. */
export function makeTestLab(): TestLab {
  const dir = mkdtempSync(join(tmpdir(), 'drp-lab-'));
  const number = (low: number, high: number): number => low + Math.floor(Math.random() * (high - low));
  const net = `127.${String(number(20, 120))}.${String(number(0, 255))}`;
  const lab: LabContext = { dir, net, log: () => undefined };
  // The mark of a folder that a lab made, and may remove.
  writeFileSync(join(dir, 'practice-lab'), 'made for a test of one service\n');
  guardLab(lab);
  return {
    lab,
    async end() {
      for (const name of [...recordedProcesses(lab)].reverse()) await endProcess(lab, name);
      await endStragglers(lab);
      releaseGuard(lab);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
