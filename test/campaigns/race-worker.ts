/** Takes part in races for a site's claim in a journal: one message a race in, one answer out. */
import { isDrpError } from '../../src/base/errors.ts';
import { currentDriver } from '../../src/journal/driver.ts';
import { openSqliteJournal } from '../../src/journal/sqlite-journal.ts';

const [path = '', name = ''] = process.argv.slice(2);
const journal = openSqliteJournal({ path, busyTimeoutMs: 30_000 });

process.on('message', (race: number) => {
  void begin(race).then((answer) => process.send?.(answer));
});
process.on('disconnect', () => process.exit());
process.send?.('ready');

async function begin(race: number): Promise<string> {
  const run = { run: `r${String(race)}-${name}`, site: `site-${String(race)}`, procedure: 'activation', mode: 'real' };
  try {
    await journal.begin(run, currentDriver('0'));
    return 'won';
  } catch (error) {
    return isDrpError(error, 'site-claimed') ? 'lost' : String(error);
  }
}
