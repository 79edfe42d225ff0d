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
    find: () => Promise.resolve([]),
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

  test.each([
    ['waits no second time where the host has waited', true, 0],
    ['waits by itself where the host answered early', false, 150],
  ])('%s', async (_title, hostWaits, sleptMs) => {
    let nowMs = 0;
    let slept = 0;
    let polls = 0;
    const remote: RemoteJobs = {
      ...jobs('', { state: 'lost' }),
      // eslint-disable-next-line max-params -- the port's own list
      poll: (_host, _token, _offset, options) => {
        if (hostWaits) nowMs += options?.waitMs ?? 0;
        const status: JobState = (polls += 1) === 1 ? { state: 'running' } : { state: 'lost' };
        return Promise.resolve({ status, outputBytes: 0, output: new Uint8Array() });
      },
    };
    const waiting: Clock = {
      nowMs: () => nowMs,
      nowIso: () => 'now',
      sleep: (ms) => {
        slept += ms;
        return Promise.resolve();
      },
    };
    const context = { jobs: remote, clock: waiting, signal: new AbortController().signal, report: () => undefined };
    await followJob(context, 'h', { token: 'r.1.s', script: 'x', args: [] });
    expect(slept).toBe(sleptMs);
  });

  test('joined later, reports how far it is now, not how it came there', async () => {
    const said = [10, 20, 30].map((done) => `@r.1.s progress ${String(done)} 100 copying\n`).join('');
    const { progress } = await follow(jobs(said, { state: 'done', exitCode: 0, afterCancel: false }));
    expect(progress).toEqual([{ doneBytes: 30, totalBytes: 100, text: 'copying', lastOutputAt: 'now' }]);
  });

  test('shows a job that only repeats itself as stalled and alive, with the time of its last news', async () => {
    const said = [
      '@r.1.s progress 10 100 copying\n',
      '@r.1.s progress 10 100 copying\n',
      '',
      '@r.1.s progress 20 100 copying\n',
    ];
    let nowMs = 0;
    let polls = 0;
    const all = said.join('');
    const remote: RemoteJobs = {
      ...jobs('', { state: 'lost' }),
      poll: (_host, _token, offset) => {
        const there = said.slice(0, (polls += 1)).join('');
        const status: JobState = polls <= said.length ? { state: 'running' } : { state: 'lost' };
        return Promise.resolve({
          status,
          outputBytes: there.length,
          output: Buffer.from(all.slice(offset, there.length)),
        });
      },
    };
    const progress: Progress[] = [];
    await followJob(
      {
        jobs: remote,
        clock: {
          nowMs: () => nowMs,
          nowIso: () => String(nowMs),
          sleep: () => Promise.resolve(void (nowMs += 10_000)),
        },
        signal: new AbortController().signal,
        report: (one) => void progress.push(one),
      },
      'h',
      { token: 'r.1.s', script: 'x', args: [] },
    );
    const size = { doneBytes: 10, totalBytes: 100 };
    expect(progress).toEqual([
      { ...size, text: 'copying', lastOutputAt: '0' },
      { ...size, text: 'stalled, its job is alive; copying', lastOutputAt: '0' },
      { ...size, doneBytes: 20, text: 'copying', lastOutputAt: '30000' },
    ]);
  });
});
