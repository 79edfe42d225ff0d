import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
  return {
    lab,
    async end() {
      for (const name of [...recordedProcesses(lab)].reverse()) await endProcess(lab, name);
      await endStragglers(lab);
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
