import { writeSync } from 'node:fs';
import type { Driver } from '../../src/events/event.ts';
import { openSqliteJournal } from '../../src/journal/sqlite-journal.ts';

/**
 * The process whose power is cut: `node power-writer.ts PATH EVENTS BYTES REOPEN`. It says `ACK SEQ` as soon as an append
 * has resolved, and closes and opens the journal again every REOPEN events.
 */
const [path = '', events = '', bytes = '', reopen = ''] = process.argv.slice(2);
const driver: Driver = { osUser: 'otto', machine: 'here', pid: 1, bootId: 'b', startTime: '1', version: '0' };
const options = { path, liveness: () => 'alive' as const };

let journal = openSqliteJournal(options);
const lease = await journal.begin({ run: 'power', site: 'gravelines', procedure: 'activation', mode: 'real' }, driver);
let head = { seq: 0, hash: '0'.repeat(64) };
writeSync(1, 'ACK 0\n');
for (let seq = 1; seq <= Number(events); seq += 1) {
  const text = String(seq).repeat(1 + ((seq * 7919) % Number(bytes)));
  const drafts = [{ type: 'note.added' as const, by: 'otto', data: { person: 'otto', text } }];
  const [event] = await journal.append(lease, head, drafts);
  head = { seq, hash: event?.hash ?? '' };
  writeSync(1, `ACK ${seq}\n`);
  if (seq % Number(reopen) === 0) {
    await journal.close();
    journal = openSqliteJournal(options);
  }
}
await journal.close();
