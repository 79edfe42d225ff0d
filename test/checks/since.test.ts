import { describe, expect, test } from '@jest/globals';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Finding } from '../../src/checks/check.ts';
import { memoryFile, readMemory, writeMemory } from '../../src/checks/memory-file.ts';
import { changesSince, emptyMemory, remember } from '../../src/checks/since.ts';

const finding = (subject: string, status: Finding['status'], found = ''): Finding => ({
  probe: 'host.clock',
  subject,
  status,
  found,
});
const at = (day: number): string => `2026-11-${String(day).padStart(2, '0')}T00:00:00.000Z`;

describe('since when', () => {
  test('a finding keeps its instant while its status stays, whatever it found', () => {
    const first = remember(emptyMemory('g'), [finding('web', 'fail', '3 min')], at(1));
    const second = remember(first.memory, [finding('web', 'fail', '4 min')], at(2));
    expect(second.findings[0]?.since).toBe(at(1));
    const third = remember(second.memory, [finding('web', 'ok')], at(3));
    expect(third.findings[0]?.since).toBe(at(3));
  });

  test('what was not looked at this time is kept, and forgotten after a month', () => {
    const first = remember(emptyMemory('g'), [finding('web', 'fail'), finding('db', 'fail')], at(1));
    const only = remember(first.memory, [finding('web', 'fail')], at(2));
    expect(remember(only.memory, [finding('db', 'fail')], at(3)).findings[0]?.since).toBe(at(1));
    const late = remember(only.memory, [], '2026-12-31T00:00:00.000Z');
    expect(late.memory.seen).toEqual({});
  });
});

describe('changes', () => {
  test('every status that is another, and what is new and not well; nothing else', () => {
    const before = [finding('a', 'ok'), finding('b', 'fail', 'x'), finding('c', 'ok')];
    const now = [
      finding('a', 'fail'),
      finding('b', 'fail', 'y'),
      finding('c', 'ok'),
      finding('d', 'ok'),
      finding('e', 'unknown'),
    ];
    expect(
      changesSince(before, now).map(({ before: was, finding: { subject, status } }) => [was, subject, status]),
    ).toEqual([
      ['ok', 'a', 'fail'],
      [undefined, 'e', 'unknown'],
    ]);
  });
});

describe('the file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'drp-since-'));
  const file = join(folder, 'drp', 'checks', 'gravelines-0123456789ab.json');

  test('each runbook has its own, also of the same name; a link leads to that of its target', async () => {
    const runbooks = ['real', 'practice', 'linked'].map((name) => join(folder, name, 'gravelines.yaml'));
    const [real = '', practice = '', linked = ''] = runbooks;
    for (const name of ['real', 'practice']) {
      mkdirSync(join(folder, name));
      writeFileSync(join(folder, name, 'gravelines.yaml'), '');
    }
    symlinkSync(join(folder, 'real'), join(folder, 'linked'));
    const of = (runbook: string) => memoryFile(folder, { site: 'gravelines', file: runbook });
    expect(await of(real)).toMatch(/\/drp\/checks\/gravelines-[0-9a-f]{12}\.json$/);
    expect(await of(practice)).not.toBe(await of(real));
    expect(await of(linked)).toBe(await of(real));
  });

  test('keeps what is remembered, readable by its owner alone', async () => {
    const { memory } = remember(emptyMemory('gravelines'), [finding('web', 'fail')], at(1));
    expect(await readMemory(file, 'gravelines')).toEqual({ memory: emptyMemory('gravelines') });
    expect(await writeMemory(file, memory)).toBeUndefined();
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(await readMemory(file, 'gravelines')).toEqual({ memory });
  });

  test('that cannot be understood begins anew, and says so', async () => {
    writeFileSync(file, '{"format": 1');
    const { memory, trouble } = await readMemory(file, 'gravelines');
    expect(memory).toEqual(emptyMemory('gravelines'));
    expect(trouble).toContain('cannot be read');
  });

  test('that cannot be written is told, not thrown', async () => {
    writeFileSync(join(folder, 'plain'), '');
    const trouble = await writeMemory(join(folder, 'plain', 'g.json'), emptyMemory('g'));
    expect(trouble).toContain('cannot be written');
    expect(readFileSync(join(folder, 'plain'), 'utf8')).toBe('');
    rmSync(folder, { recursive: true });
  });
});
