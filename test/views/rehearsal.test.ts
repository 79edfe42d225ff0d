import { expect, test } from '@jest/globals';
import type { Event } from '../../src/events/event.ts';
import { rehearsedReasons, rehearsedStops, wrongDirection } from '../../src/views/rehearsal.ts';

const began = (mode: string) => ({ type: 'run.began', data: { mode } });
const opened = (gate: string, evidence: readonly object[], procedure = 'activation') => ({
  type: 'gate.opened',
  data: { gate, statement: { procedure, evidence } },
});
const red = (title: string, overridable?: false) => ({
  title,
  severity: 'red',
  ...(overridable === false && { overridable }),
});
const fine = { title: 'fine', severity: 'ok' };
const events = (...list: readonly object[]) => list as unknown as readonly Event[];

test('red evidence that may be overridden is no stop, and is told with its gate as it was shown last', () => {
  const run = events(
    began('dry-run'),
    opened('restoration', [red('early'), fine]),
    opened('restoration', [red("backup 'files'"), red("backup 'database'"), fine]),
    opened('import', [fine]),
  );
  expect(rehearsedStops(run)).toEqual([]);
  expect(rehearsedReasons(run)).toEqual([{ gate: 'restoration', titles: ["backup 'files'", "backup 'database'"] }]);
});

test('what nobody may override is a stop and asks nobody', () => {
  const run = events(
    began('dry-run'),
    opened('restoration', [red('no room', false)]),
    opened('salvage', [red('x')], 'return'),
  );
  expect(rehearsedStops(run).map(({ subject }) => subject)).toEqual(['restoration', 'salvage']);
  expect(rehearsedReasons(run)).toEqual([]);
});

test('a run that was no dry one has neither', () => {
  expect(rehearsedReasons(events(began('real'), opened('restoration', [red('x')])))).toEqual([]);
});

test('a procedure that could not begin now says so', () => {
  expect(wrongDirection('return', 'production')).toBe('it would not begin: by the record users are on production');
  expect(wrongDirection('activation', 'recovery')).toContain('users are on recovery');
  for (const [procedure, serving] of [
    ['return', 'recovery'],
    ['activation', 'production'],
    ['drill', 'recovery'],
  ] as const)
    expect(wrongDirection(procedure, serving)).toBeUndefined();
});
