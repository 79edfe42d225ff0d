/**
 * A thousand runs beside each other in one process: `node runs-side.ts grouped|single JOURNAL RUNS`. `single`: one commit an event, one
 * after the other, as a journal without groups does it. Says `MS EVENTS PEAK_MIB`.
 */
import type { Journal } from '../../src/journal/journal.ts';
import { openSqliteJournal } from '../../src/journal/sqlite-journal.ts';
import { beginFast, driveFast, fastPlanOf } from './fast-run.ts';

const [side, path = '', count = '1000'] = process.argv.slice(2);
const { plan, sleeps } = fastPlanOf([Array.from({ length: 20 }, () => 0)]);

/** Each event has a commit of its own, behind the one before, whatever run it is of. */
function oneByOne(journal: Journal): Journal {
  let last: Promise<unknown> = Promise.resolve();
  return {
    ...journal,
    append: (lease, head, drafts) => {
      const appended = last.then(async () => {
        const stored = [];
        let at = head;
        for (const draft of drafts) {
          const [event] = await journal.append(lease, at, [draft]);
          if (event === undefined) throw new Error('nothing was appended');
          stored.push(event);
          at = { seq: event.seq, hash: event.hash };
        }
        return stored;
      });
      last = appended.catch(() => undefined);
      return appended;
    },
  };
}

const store = openSqliteJournal({ path });
const journal = side === 'grouped' ? store : oneByOne(store);
let events = 0;
for (let index = 0; index < Number(count); index += 1)
  await beginFast(store, { ...plan, site: `site${String(index)}` }, `run${String(index)}`);
const began = performance.now();
await Promise.all(
  Array.from({ length: Number(count) }, (_, index) =>
    driveFast(journal, `run${String(index)}`, { sleeps, onEvent: () => (events += 1) }),
  ),
);
const ms = performance.now() - began;
await store.close();
console.log(ms, events, Math.round(process.resourceUsage().maxRSS / 1024));
