import { describe, expect, test } from '@jest/globals';
import type { Clock } from '../../../src/base/clock.ts';
import { followJob, type JobEnd } from '../../../src/steps/remote/follow-job.ts';
import type { Progress } from '../../../src/steps/step-kind.ts';
import type { JobState, RemoteJobs } from '../../../src/transports/transport.ts';

const clock: Clock = { nowMs: () => 0, nowIso: () => 'now', sleep: () => Promise.resolve() };

/** Jobs that give their output in pieces of `size` bytes and end in `end`. */
function jobs(output: string, end: JobState, size = 7): RemoteJobs & { starts: number } {
  const bytes = Buffer.from(output);
  const fake = {
    starts: 0,
    start: () => {
      fake.starts += 1;
      return Promise.resolve<JobState>({ state: 'running' });
    },
    poll: (_host: string, _token: string, offset: number) => {
      const piece = bytes.subarray(offset, offset + size);
      const status: JobState = offset + piece.length < bytes.length ? { state: 'running' } : end;
      return Promise.resolve({ status, outputBytes: bytes.length, output: piece });
    },
    cancel: () => Promise.resolve({ remainingPids: [] }),
  };
  return fake;
}

async function follow(remote: RemoteJobs): Promise<{ end: JobEnd; progress: Progress[] }> {
  const progress: Progress[] = [];
  const context = {
    jobs: remote,
    clock,
    signal: new AbortController().signal,
    report: (one: Progress) => void progress.push(one),
  };
  return { end: await followJob(context, 'h', { token: 'r.1.s', script: 'x', args: [] }), progress };
}

describe('following a job', () => {
  const output = 'hello\n@r.1.s progress 10 100 copying é\n@r.9.s fact no 1\n@r.1.s fact path /a b\nlast words';

  test.each([1, 7, 4096])(
    'reads its marked lines whatever the pieces (%i bytes), and keeps the rest as its last words',
    async (size) => {
      const { end, progress } = await follow(jobs(output, { state: 'done', exitCode: 0, afterCancel: false }, size));
      expect(progress).toEqual([{ doneBytes: 10, totalBytes: 100, text: 'copying é', lastOutputAt: 'now' }]);
      expect(end).toEqual({
        kind: 'done',
        exitCode: 0,
        said: [{ word: 'fact', rest: 'path /a b' }],
        tail: 'hello\n@r.9.s fact no 1\nlast words\n',
      });
    },
  );

  test('tells a cancelled and a lost job from one that ended', async () => {
    expect((await follow(jobs('', { state: 'done', exitCode: 143, afterCancel: true }))).end.kind).toBe('cancelled');
    expect((await follow(jobs('', { state: 'cancelled' }))).end.kind).toBe('cancelled');
    expect((await follow(jobs('x\n', { state: 'lost' }))).end.kind).toBe('lost');
  });
});
