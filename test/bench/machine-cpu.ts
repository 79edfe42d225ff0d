import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import type { ValueRow } from './bench.ts';
import { median } from './race.ts';

/** Processor time that the whole machine has spent since it started, ms; in steps of 10 ms. Servers and their workers count, too. */
export function machineCpuMs(): number {
  const [total = ''] = readFileSync('/proc/stat', 'utf8').split('\n');
  // user nice system idle iowait irq softirq steal: waiting is no work, and what was stolen was not done here.
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = total.split(/\s+/).slice(1).map(Number);
  return (user + nice + system + irq + softirq) * 10;
}

/** Wall clock beside processor time of the machine, turn by turn. Means something where the machine does nothing else. */
export class CpuFloor {
  readonly cores = availableParallelism();
  #turns: { readonly ms: number; readonly floorMs: number }[] = [];

  /** Does it once; resolves with its result. `msOf` reads its own time from that, where it is not all of the turn. */
  async turn<T>(work: () => Promise<T>, msOf: (result: T) => number | undefined = () => undefined): Promise<T> {
    const cpu = machineCpuMs();
    const began = performance.now();
    const result = await work();
    const whole = performance.now() - began;
    this.#turns.push({ ms: msOf(result) ?? whole, floorMs: (machineCpuMs() - cpu) / this.cores });
    return result;
  }

  /** Its row: medians over all turns so far. */
  row(of: Pick<ValueRow, 'work' | 'command' | 'limit'>): ValueRow {
    const middle = (what: 'ms' | 'floorMs') =>
      Math.round(median(this.#turns.map((turn) => turn[what]).sort((a, b) => a - b)));
    return {
      ...of,
      against: 'CPU seconds of the whole machine over its cores (floor)',
      unit: 'ms',
      value: middle('ms'),
      of: middle('floorMs'),
      n: this.#turns.length,
    };
  }
}
