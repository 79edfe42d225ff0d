import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Bench, Side } from '../bench.ts';
import { median } from '../race.ts';
import { runCommand } from '../run-command.ts';

const script = fileURLToPath(new URL('../runs-side.ts', import.meta.url));
const runs = 1_000;
/** So that the peak shows what it needs, not what V8 leaves lying while there is room; for both sides. */
const heap = ['--max-semi-space-size=8', '--max-old-space-size=320'] as const;

export const bench: Bench = {
  name: 'runs',
  about: 'Many runs in one process',
  rows: async ({ folder, race, value, log }) => {
    const place = join(folder, 'journal');
    const peaks: number[] = [];
    const side = (name: 'grouped' | 'single'): Side => ({
      name,
      command: `node ${heap.join(' ')} test/bench/runs-side.ts ${name} JOURNAL ${String(runs)}`,
      prepare: () => {
        rmSync(place, { recursive: true, force: true });
        mkdirSync(place, { mode: 0o700 });
      },
      run: async () => {
        const argv = [process.execPath, ...heap, '--disable-warning=ExperimentalWarning', script] as const;
        const { stdout } = await runCommand([...argv, name, join(place, 'journal.sqlite'), String(runs)]);
        const [ms = 0, events = 0, peak = 0] = stdout.trim().split(' ').map(Number);
        log(`  ${name}: ${String(events)} events in ${String(Math.round(ms))} ms, ${String(peak)} MiB`);
        if (name === 'grouped') peaks.push(peak);
        return ms;
      },
    });
    await race({
      work: '1 000 runs × 20 steps, fast world, appends grouped',
      rounds: 3,
      warmUp: false,
      ours: side('grouped'),
      peers: [{ ...side('single'), name: 'one commit an event', limit: 0.2 }],
    });
    value({
      work: '1 000 runs × 20 steps, peak of memory',
      against: '400 MiB',
      of: 400,
      limit: 1,
      unit: 'MiB',
      value: median(peaks.sort((a, b) => a - b)),
      command: `node ${heap.join(' ')} test/bench/runs-side.ts grouped JOURNAL ${String(runs)}`,
      n: peaks.length,
    });
  },
};
