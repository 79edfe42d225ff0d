import { describe, expect, test } from '@jest/globals';
import { anchorText, exportRun, readExport, renderExport } from '../../src/journal/export.ts';
import { createMemoryJournal } from '../../src/journal/memory-journal.ts';
import { verifyExport } from '../../src/journal/verify.ts';
import { sampleExport } from './sample-run.ts';

describe('an export read back', () => {
  test('gives the events it was made from, and renders to the same bytes', async () => {
    const text = await sampleExport();
    const { frame, stored, events } = readExport(text);
    expect(frame).toEqual({ run: 'k3f9-2a7m', exportedAt: '2026-11-21T05:00:00.000Z', version: '0.1.0' });
    expect(events.map(({ type }) => type)).toEqual([
      ...['run.began', 'driver.attached', 'gate.opened', 'gate.decided', 'note.added', 'run.ended'],
    ]);
    expect(renderExport(frame, stored)).toBe(text);
  });

  test.each<[string, (text: string) => string]>([
    ['without its trailer', (text) => `${text.trimEnd().split('\n').slice(0, -1).join('\n')}\n`],
    ['with a byte changed', (text) => text.replace('called', 'culled')],
    ['with a line more', (text) => `${text}\n`],
    ['with carriage returns', (text) => text.replaceAll('\n', '\r\n')],
    ['of nothing', () => ''],
  ])('%s is refused', async (_, change) => {
    const text = change(await sampleExport());
    expect(() => readExport(text)).toThrow(expect.objectContaining({ exitCode: 5 }));
  });
});

test('a run that wrote nothing exports to a file that says so', async () => {
  const journal = createMemoryJournal();
  const text = await exportRun(journal, 'nobody', { exportedAt: '', version: '' });
  expect(readExport(text).events).toEqual([]);
  expect(verifyExport(Buffer.from(text)).problems).toEqual([{ seq: 1, message: 'there is no event' }]);
});

test('a head is written for people with twelve digits', () => {
  expect(anchorText('k3f9-2a7m', { seq: 41, hash: 'ab'.repeat(32) })).toBe('k3f9-2a7m 41:abababababab');
});
