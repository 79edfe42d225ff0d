import { createMemoryJournal } from '../../src/journal/memory-journal.ts';
import { journalContract } from '../contracts/journal-contract.ts';

journalContract('memory', async (liveness) => {
  const journal = createMemoryJournal({ liveness });
  return { journal, dispose: async () => journal.close() };
});
