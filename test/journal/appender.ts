import { genesis } from '../../src/journal/chain.ts';
import { currentDriver } from '../../src/journal/driver.ts';
import { openSqliteJournal } from '../../src/journal/sqlite-journal.ts';

/**
 * A process that appends to a journal until it is ended, and says so line by line: `node appender.ts PATH RUN SITE MODE`.
 * Modes: own (a run of its own), shared (append beside, fighting with others for each place).
 */
const [path = '', run = '', site = '', mode = ''] = process.argv.slice(2);
const journal = openSqliteJournal({ path });
const driver = currentDriver('test');
const note = (text: string) => ({ type: 'note.added' as const, by: 'test', data: { person: 'test', text } });

try {
  if (mode === 'own') {
    const lease = await journal.begin({ run, site, procedure: 'activation', mode: 'real' }, driver);
    let head = genesis;
    for (let count = 0; count < 100_000; count += 1) {
      const [event] = await journal.append(lease, head, [note(`${process.pid} ${count}`)]);
      head = { seq: event?.seq ?? 0, hash: event?.hash ?? '' };
      process.stdout.write(`${head.seq}\n`);
    }
  } else {
    for (let count = 0; count < 150; count += 1) {
      const [event] = await journal.appendBeside(run, [note(`${process.pid} ${count}`)], driver);
      process.stdout.write(`${event?.seq}\n`);
    }
  }
} catch (thrown) {
  process.stdout.write(`error ${(thrown as { code?: string }).code}\n`);
  process.exitCode = 3;
}
