import { readFileSync } from 'node:fs';
import type { Event } from '../../../src/events/event.ts';
import { readExport } from '../../../src/journal/export.ts';

/** Events of a recorded run of test/journals. */
export function recordedRun(name: string): readonly Event[] {
  return readExport(readFileSync(new URL(`../../journals/${name}.jsonl`, import.meta.url), 'utf8')).events;
}
