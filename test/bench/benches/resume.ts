import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openSqliteJournal } from '../../../src/journal/sqlite-journal.ts';
import type { Bench } from '../bench.ts';
import { writeLongRun } from '../long-journal.ts';
import { runCommand } from '../run-command.ts';

const script = fileURLToPath(new URL('../resume-side.ts', import.meta.url));
/** Few: half of the events move the machine, more than a night ever has. */
const reports = 4;

export const bench: Bench = {
  name: 'resume',
  about: 'Going on after a crash',
  rows: async ({ folder, race }) => {
    const made = join(folder, 'journal', 'made.sqlite');
    const journal = join(folder, 'journal', 'journal.sqlite');
    mkdirSync(join(folder, 'journal'), { mode: 0o700 });
    const store = openSqliteJournal({ path: made });
    await writeLongRun(store, { events: 100_000, reports });
    await store.close();
    const side = (name: 'drp' | 'floor', command: string) => ({
      name,
      command,
      // A driver writes that it came: each turn has the same record.
      prepare: () => copyFileSync(made, journal),
      run: async () => {
        const argv = [process.execPath, '--disable-warning=ExperimentalWarning', script, name, journal] as const;
        return Number((await runCommand([...argv])).stdout);
      },
    });
    await race({
      work: 'resume from 100 000 events',
      rounds: 9,
      ours: side('drp', 'node test/bench/resume-side.ts drp JOURNAL'),
      peers: [
        {
          ...side('floor', 'node test/bench/resume-side.ts floor JOURNAL'),
          name: 'reading, parsing and hashing them',
          limit: 4,
        },
      ],
    });
  },
};
