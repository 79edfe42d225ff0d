/** One turn of the bench `resume`, in a process of its own: `node resume-side.ts drp|floor JOURNAL`. Says its ms. */
import { createHash } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { createExecutor } from '../../src/executor/create-executor.ts';
import { openSqliteJournal } from '../../src/journal/sqlite-journal.ts';
import { fakeDeps, FakeWorld, Script } from '../executor/fake-world.ts';

const [side, path = ''] = process.argv.slice(2);

/** Nothing but what has to be done: each line read, parsed and hashed. */
function readParseAndHash(): number {
  const database = new DatabaseSync(path, { readOnly: true });
  const rows = database.prepare('SELECT line, hash FROM event ORDER BY seq').all();
  let count = 0;
  for (const { line, hash } of rows) {
    const { seq } = JSON.parse(String(line)) as { readonly seq: number };
    if (createHash('sha256').update(String(line)).digest('hex') !== hash || seq !== count + 1)
      throw new Error('broken');
    count = seq;
  }
  return count;
}

/** From opening the journal until the driver knows what to do and whom it waits for. */
async function resume(): Promise<number> {
  const journal = openSqliteJournal({ path });
  const [row] = await journal.runs();
  const leave = new AbortController();
  let knownMs = 0;
  await createExecutor(fakeDeps(new FakeWorld(), journal)).drive(row?.run ?? '', {
    signal: leave.signal,
    words: new Script(),
    onUpdate: () => undefined,
    whenOnlyPeople: 'park',
    onWaiting: (waiting) => {
      if (knownMs > 0 || waiting.length === 0) return;
      knownMs = performance.now();
      leave.abort(new Error('that is all'));
    },
  });
  await journal.close();
  return knownMs;
}

const began = performance.now();
if (side === 'floor') {
  if (readParseAndHash() < 100_000) throw new Error('too few events');
  console.log(performance.now() - began);
} else {
  console.log((await resume()) - began);
}
