import { expect, test } from '@jest/globals';
import { Writable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { createScreen } from '../../src/cli/screen.ts';
import { plainStyle } from '../../src/views/style.ts';
import { interruptedActivation } from '../views/recorded-run.ts';

test('what happened just before somebody is asked stands in the last frame, however quickly it came', async () => {
  const events = interruptedActivation();
  const failed = events.findIndex(({ type }) => type === 'step.failed');
  const [before, last] = [events.slice(0, failed), events[failed]];
  let shown = '';
  let begun: () => void = () => undefined;
  const drawn = new Promise<void>((resolve) => (begun = resolve));
  const stderr = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      shown += stripVTControlCharacters(chunk.toString());
      if (/copy-files: .*running for/.test(shown)) begun();
      done();
    },
  });
  Object.assign(stderr, { columns: 120, rows: 40 });
  // A clock that stands still: nothing more is drawn by itself.
  const nowMs = () => Date.parse('2026-11-21T14:02:00.000Z');
  const io = { stderr, interactive: true, json: false, width: 120, style: plainStyle, env: {} } as never;
  const screen = await createScreen(io, { events: before }, nowMs);
  screen.update({ kind: 'event', event: before.at(-1) } as never, 'untold');
  await drawn;
  screen.update({ kind: 'event', event: last } as never, 'untold');
  await screen.free();
  const frames = shown.split('\n').filter((line) => /\S copy-files: /.test(line));
  expect(frames.at(-1)).toMatch(/copy-files: .*FAILED/);
  await screen.close();
});
