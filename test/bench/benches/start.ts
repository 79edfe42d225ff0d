import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openSqliteJournal } from '../../../src/journal/sqlite-journal.ts';
import type { Bench } from '../bench.ts';
import { writeLongRun } from '../long-journal.ts';
import { runCommand } from '../run-command.ts';

const program = fileURLToPath(new URL('../../../bin/drp', import.meta.url));
/** A try of ten minutes that says every ten seconds how far it is. */
const reports = 60;

export const bench: Bench = {
  name: 'start',
  about: 'Start-up, and where a run stands',
  rows: async ({ folder, race }) => {
    const journal = join(folder, 'journal', 'journal.sqlite');
    mkdirSync(join(folder, 'journal'), { mode: 0o700 });
    const store = openSqliteJournal({ path: journal });
    await writeLongRun(store, { events: 10_000, reports });
    await store.close();
    const nothing = {
      name: '`node -e 0`',
      command: 'node -e 0',
      run: async () => (await runCommand([process.execPath, '-e', '0'])).ms,
    };
    // A folder without runbooks, as on any terminal; the compiled form of the sources is kept, as on an operator's machine.
    const run = (...args: readonly string[]) => runCommand([program, ...args], { cwd: folder });
    await race({
      work: '`drp --help`',
      rounds: 40,
      ours: { name: 'drp', command: 'drp --help', run: async () => (await run('--help')).ms },
      peers: [{ ...nothing, limit: 1.4 }],
    });
    await race({
      work: '`drp status` on a journal of 10 000 events',
      rounds: 40,
      ours: {
        name: 'drp',
        command: 'drp status --journal sqlite:JOURNAL',
        run: async () => {
          const { stdout, ms } = await run('status', '--journal', `sqlite:${journal}`);
          if (!/event 10000, head \w+, chain not verified/.test(stdout.replaceAll(/\s+/g, ' ')))
            throw new Error(stdout);
          return ms;
        },
      },
      peers: [{ ...nothing, limit: 4 }],
    });
  },
};
