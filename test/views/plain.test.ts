import { expect, test } from '@jest/globals';
import type { Event } from '../../src/events/event.ts';
import { createPlainView } from '../../src/views/plain.ts';

const at = '2026-11-21T14:00:00.000Z';
const event = (type: string, data: object): Event => ({ type, data, at, seq: 1 }) as unknown as Event;
const kept = event('witness.kept', { upToSeq: 21, hosts: ['backup-odd', 'gravelines'], missed: [] });
const done = event('step.done', { step: 'copy-files', lines: ['307 files, 32 MB from backup-odd:/srv/backups/www'] });

function shown(events: readonly Event[], options: { readonly width?: number; readonly wrapped?: boolean }): string[] {
  const lines: string[] = [];
  const view = createPlainView(
    (line) => lines.push(line),
    () => 0,
    options,
  );
  for (const one of events) view.event(one, () => undefined);
  return lines;
}

test('on a terminal a long line is broken between words; in a log a happening stays on one line', () => {
  expect(shown([done], { width: 60, wrapped: true })).toEqual([
    '2026-11-21 14:00:00Z  step copy-files done: 307 files, 32 MB',
    '    from backup-odd:/srv/backups/www',
  ]);
  expect(shown([done], { width: 60 })).toHaveLength(1);
});

test('copies of the record that lie where they lay are told once', () => {
  expect(shown([kept, kept, done], {})).toHaveLength(2);
});
