import { describe, expect, test } from '@jest/globals';
import type { Clock } from '../../src/base/clock.ts';
import { DrpError } from '../../src/base/errors.ts';
import { stepEffect } from '../../src/executor/effects.ts';
import { followJob } from '../../src/steps/remote/follow-job.ts';
import type { StepContext, StepKind, StepOutcome } from '../../src/steps/step-kind.ts';
import type { JobPoll, RemoteJobs } from '../../src/transports/transport.ts';
import { fakeStep } from './fake-world.ts';

const clock: Clock = { nowMs: () => 0, nowIso: () => 'now', sleep: () => Promise.resolve() };
const { signal } = new AbortController();

const away = () => new DrpError('host-unreachable', { host: 'gravelines', address: 'x', reason: 'ECONNREFUSED' });
const running: JobPoll = { status: { state: 'running' }, outputBytes: 0, output: Buffer.alloc(0) };
const done: JobPoll = { ...running, status: { state: 'done', exitCode: 0, afterCancel: false } };

/** Runs a step of one job on a host whose answers to start and poll are given one by one; the last one repeats. */
async function runStep(
  answers: { readonly starts?: readonly (DrpError | 'running')[]; readonly polls: readonly (DrpError | JobPoll)[] },
  more: {
    readonly mayHaveBegun?: boolean;
    readonly after?: () => Promise<void>;
    readonly prepare?: () => Promise<void>;
    readonly signal?: AbortSignal;
  } = {},
) {
  const { starts = ['running'], polls } = answers;
  let started = 0;
  let polled = 0;
  const contact: string[] = [];
  const next = <T>(list: readonly (DrpError | T)[], index: number): Promise<T> => {
    const answer = list[Math.min(index, list.length - 1)]!;
    return answer instanceof DrpError ? Promise.reject(answer) : Promise.resolve(answer);
  };
  const jobs: RemoteJobs = {
    start: () => next(starts, started++).then((state) => ({ state })),
    poll: () => next(polls, polled++),
    find: () => Promise.resolve([]),
    cancel: () => Promise.resolve({ remainingPids: [] }),
  };
  const kind = {
    kind: 'command',
    jobHost: () => 'gravelines',
    probe: (_step: unknown, _spec: unknown, context: StepContext) =>
      context.jobs
        .poll('gravelines', 't', 0)
        .then(({ status }) => (status.state === 'running' ? 'running' : 'finished')),
    run: async (_step: unknown, _spec: unknown, context: StepContext): Promise<StepOutcome> => {
      await followJob(context, 'gravelines', { token: 't', script: 'x', args: [] });
      await more.after?.();
      return { kind: 'done', output: {}, lines: [] };
    },
  } as unknown as StepKind;
  const context = {
    jobs,
    clock,
    signal,
    run: { id: 'r', site: 's', mode: 'real' },
    ...(more.signal === undefined ? {} : { signal: more.signal }),
    report: () => undefined,
  };
  const result = await stepEffect(kind, fakeStep('reindex', 'restoration'), {
    context: context as unknown as StepContext,
    prepare: more.prepare ?? (() => Promise.resolve()),
    watch: { clock, signal, mayHaveBegun: more.mayHaveBegun ?? false, onContact: (state) => void contact.push(state) },
  });
  return { result, contact, started };
}

test('a step whose host was never reached says to retry it, since a resume alone does not', async () => {
  const { result } = await runStep({ starts: [away()], polls: [done] }, { prepare: () => Promise.reject(away()) });
  expect(result).toMatchObject({ kind: 'failed', hint: expect.stringContaining('drp decide retry STEP') as unknown });
  expect(result).not.toMatchObject({ hint: expect.stringContaining('drp resume') as unknown });
});

test('a step that is called off while its host is claimed is not let loose afterwards', async () => {
  const leaving = new AbortController();
  const prepare = () => Promise.resolve(leaving.abort(new Error('aborting')));
  await expect(runStep({ polls: [done] }, { prepare, signal: leaving.signal })).rejects.toThrow('aborting');
  expect(await runStep({ polls: [done] })).toMatchObject({ started: 1 });
});

const times = <T>(count: number, one: T): T[] => Array.from({ length: count }, () => one);

describe('a step whose job was started', () => {
  test('is out of contact, not failed, for as long as its host refuses connections between two polls', async () => {
    const starts = ['running' as const, ...times(9, away()), 'running' as const];
    const { result, contact } = await runStep({ starts, polls: [running, away(), done] });
    expect(result.kind).toBe('done');
    expect(contact).toEqual([...times(10, 'lost'), 'back']);
  });

  test('is asked for again where the host is away just after its job has ended', async () => {
    let looks = 0;
    const after = () => ((looks += 1) < 6 ? Promise.reject(away()) : Promise.resolve());
    const { result } = await runStep({ polls: [done] }, { after });
    expect(result.kind).toBe('done');
  });

  test('is in doubt where its host cannot be trusted any more: a retry would start a second job beside it', async () => {
    const swapped = new DrpError('host-key-mismatch', { host: 'gravelines' });
    expect((await runStep({ polls: [running, swapped] })).result).toMatchObject({ kind: 'in-doubt', code: 'in-doubt' });
    expect((await runStep({ polls: [swapped] }, { mayHaveBegun: true })).result.kind).toBe('in-doubt');
  });

  test('by an earlier driver is not failed while the claim cannot be asked for', async () => {
    let asked = 0;
    const prepare = () => ((asked += 1) < 6 ? Promise.reject(away()) : Promise.resolve());
    const { result } = await runStep({ polls: [running, done] }, { mayHaveBegun: true, prepare });
    expect(result.kind).toBe('done');
  });

  test('fails as before once its end was seen', async () => {
    const unfit = new DrpError('postcondition-failed', { step: 'reindex', reason: 'test' });
    const { result } = await runStep({ polls: [running, done] }, { after: () => Promise.reject(unfit) });
    expect(result).toMatchObject({ kind: 'failed', code: 'postcondition-failed' });
  });
});

test('a step whose host never answered fails after three tries: it has certainly not begun', async () => {
  const { result, started } = await runStep({ starts: [away()], polls: [] });
  expect(result).toMatchObject({ kind: 'failed', code: 'host-unreachable' });
  expect(started).toBe(3);
});
