import { expect, test } from '@jest/globals';
import { Writable } from 'node:stream';
import type { CheckReport } from '../../src/checks/verdict.ts';
import type { Io } from '../../src/cli/io.ts';
import { watchChecks } from '../../src/cli/watch-checks.ts';
import { plainStyle } from '../../src/views/style.ts';

test('a watch whose reader is gone ends at the first line it cannot say, instead of looking for ever', async () => {
  let lines = 0;
  const stdout = new Writable({
    autoDestroy: false,
    write: (_chunk, _encoding, done) => {
      lines += 1;
      done(lines > 2 ? Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }) : null);
    },
  });
  stdout.on('error', () => undefined);
  const io = { stdout, stderr: stdout, style: plainStyle, width: 80, json: false } as unknown as Io;
  let looks = 0;
  const look = (): Promise<CheckReport> => {
    looks += 1;
    const status = looks % 2 === 0 ? 'ok' : 'fail';
    const finding = { probe: 'host.disk', subject: 'web', status, found: String(looks) } as const;
    return Promise.resolve({ site: 's', at: '2026-11-22T00:00:00.000Z', durationMs: 1, lost: [], findings: [finding] });
  };
  const answer = await watchChecks(io, { everyMs: 1, all: false, look });
  expect(answer.exitCode).toBe(130);
  expect(looks).toBeGreaterThan(1);
  expect(looks).toBeLessThan(6);
});
