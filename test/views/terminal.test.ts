import { describe, expect, test } from '@jest/globals';
import { Writable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import type { RunSummary, StepSummary } from '../../src/views/run-summary.ts';
import { plainStyle } from '../../src/views/style.ts';
import { createTerminalView } from '../../src/views/terminal.ts';

const startedAt = '2026-11-21T14:00:00.000Z';
const nowMs = () => Date.parse('2026-11-21T14:00:02.400Z');

function step(id: string, state: StepSummary['state'], changes: Partial<StepSummary> = {}): StepSummary {
  return {
    id,
    kind: 'copy',
    title: `Title of ${id}`,
    phase: 'restoration',
    lane: 'files',
    hosts: [],
    state,
    attempts: 1,
    lines: [],
    startedAt,
    endedAt: '2026-11-21T14:00:01.000Z',
    ...changes,
  };
}

function summary(...steps: readonly StepSummary[]): RunSummary {
  const some: Partial<RunSummary> = {
    site: 'gravelines',
    mode: 'real',
    procedure: 'activation',
    beganAt: startedAt,
    lastAt: startedAt,
    rtoMs: 3_600_000,
    waitedMs: 0,
    gates: [],
    phases: [{ name: 'restoration', steps }],
  };
  return some as RunSummary;
}

/** A terminal that keeps all that was written; `until` resolves with the first piece that makes it true. */
function openStream() {
  const pieces: string[] = [];
  const awaited: { readonly isTrue: () => boolean; readonly found: () => void }[] = [];
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      pieces.push(stripVTControlCharacters(chunk.toString()));
      awaited.filter(({ isTrue }) => isTrue()).forEach(({ found }) => found());
      done();
    },
  });
  const shown = () => pieces.join('');
  Object.assign(stream, { columns: 120, rows: 40 });
  const until = (isTrue: () => boolean) =>
    new Promise<void>((resolve) => {
      awaited.push({ isTrue, found: resolve });
      if (isTrue()) resolve();
    });
  return {
    stream: stream as unknown as NodeJS.WriteStream,
    shown,
    lines: () => shown().split('\n'),
    until,
    shows: (text: string) => until(() => shown().includes(text)),
  };
}

describe('the drawing of a leg', () => {
  test('a gate that interrupts it ticks nothing that is not done, from the first frame to the last', async () => {
    const screen = openStream();
    const view = createTerminalView(screen.stream, nowMs, plainStyle);
    view.show(
      summary(
        step('copy-files', 'running'),
        step('check-files', 'pending'),
        step('import-database', 'done', { lane: 'database' }),
        step('switch-database', 'pending', { lane: 'database' }),
      ),
    );
    await screen.shows('switch-database: Title of switch-database, waits for its turn');
    await view.end();
    const ticked = screen.lines().filter((line) => line.includes('✔') || line.includes('√'));
    expect(ticked.length).toBeGreaterThan(0);
    expect(ticked.filter((line) => !line.includes('import-database'))).toEqual([]);
  });

  test('steps that only wait stand still, while those that work turn', async () => {
    const screen = openStream();
    const view = createTerminalView(screen.stream, nowMs, plainStyle);
    view.show(
      summary(step('copy-files', 'running'), step('check-files', 'pending'), step('again', 'backoff', { attempts: 2 })),
    );
    const marks = (id: string) =>
      new Set(screen.lines().flatMap((line) => new RegExp(`(\\S+) ${id}: `).exec(line)?.[1] ?? []));
    await screen.shows('again: Title of again, attempt 2 failed');
    await screen.until(() => marks('copy-files').size >= 3);
    await view.end();
    expect(marks('check-files').size).toBe(1);
    expect(marks('again')).toEqual(marks('check-files'));
  });

  test('what has ended since the last frame is shown as ended before the drawing is left', async () => {
    const screen = openStream();
    const view = createTerminalView(screen.stream, nowMs, plainStyle);
    view.show(summary(step('copy-files', 'running')));
    await screen.shows('copy-files: Title of copy-files, running for 2.4 s');
    view.show(summary(step('copy-files', 'done')));
    await view.end();
    expect(screen.lines().findLast((line) => line.includes('copy-files'))).toMatch(
      /[✔√] copy-files: .*, done in 1\.0 s/,
    );
  });

  test('neither what was skipped nor what an exercise simulates is ticked', async () => {
    const screen = openStream();
    const view = createTerminalView(screen.stream, nowMs, plainStyle);
    view.show(
      summary(
        step('copy-files', 'skipped', { decidedBy: 'otto' }),
        step('cut-users', 'done', { kind: 'simulate' }),
        step('failed-one', 'failed'),
        step('check-files', 'running'),
      ),
    );
    await screen.shows('check-files: Title of check-files, running');
    await view.end();
    expect(screen.shown()).toContain('SKIPPED by otto');
    expect(screen.shown()).toContain('simulated, not done');
    expect(screen.shown()).not.toMatch(/[✔√]/);
  });
});
