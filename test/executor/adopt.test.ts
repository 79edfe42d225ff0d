import { describe, expect, test } from '@jest/globals';
import { DrpError } from '../../src/base/errors.ts';
import type { EventOf } from '../../src/events/event.ts';
import { createExecutor } from '../../src/executor/create-executor.ts';
import type { Executor, Takeover, Update } from '../../src/executor/executor.ts';
import { createMemoryJournal } from '../../src/journal/memory-journal.ts';
import type { StepKind } from '../../src/steps/step-kind.ts';
import type { FoundJob } from '../../src/transports/transport.ts';
import { approving, fakeDeps, fakePlan, fakeStep, FakeWorld, Script } from './fake-world.ts';

const lane = (name: string, ...steps: ReturnType<typeof fakeStep>[]) => ({ name, steps });
const nothing = { verification: [], information: [], switchover: [], confirmation: [] };
const plan = fakePlan({
  ...nothing,
  fencing: [lane('main', fakeStep('fence', 'fencing'))],
  restoration: [lane('files', fakeStep('copy-files', 'restoration'))],
});
const identity = { strength: 'os-user', osUser: 'otto' } as const;
const begin = (executor: Executor): Promise<string> =>
  executor.begin({ plan, mode: 'real', starter: { person: 'otto', identity } });
const adoptWord = (run: string, more = {}) =>
  ({
    verb: 'decide',
    decision: 'adopt',
    run,
    subject: '',
    reason: 'the laptop burnt',
    osUser: 'otto',
    path: 'terminal',
    ...more,
  }) as const;

async function driveApproving(
  executor: Executor,
  run: string,
  options: {
    readonly until?: string;
    readonly signal?: AbortSignal;
    readonly onUpdate?: (update: Update) => void;
  } & Takeover = {},
) {
  const { until, ...given } = options;
  return executor.drive(run, { ...approving(run, { which: (subject) => subject !== until }), ...given });
}

/** A run that has been driven to the gate `until` in one store, and another store of the same world. */
async function twoStores(until: string) {
  const world = new FakeWorld();
  const old = createMemoryJournal();
  const run = await begin(createExecutor(fakeDeps(world, old)));
  await driveApproving(createExecutor(fakeDeps(world, old)), run, { until });
  const other = createMemoryJournal();
  return { world, old, run, other, executor: createExecutor(fakeDeps(world, other)) };
}

describe('adopting a run', () => {
  test('is judged: a reason, a role, and a signature where a gate of the run wants one', async () => {
    const { run, old, executor, other } = await twoStores('restoration');
    const stored = await old.stored(run);
    for (const wrong of [{ reason: ' ' }, { osUser: 'mallory' }, { decision: 'retry' }]) {
      await expect(executor.adopt({ run, stored, word: adoptWord(run, wrong) })).rejects.toMatchObject({
        code: 'word-refused',
      });
    }
    expect(await other.runs()).toEqual([]);
    const signing = fakePlan({ ...nothing, fencing: [], restoration: [] });
    const gates = { ...signing.gates, declaration: { ...signing.gates['declaration']!, strength: 'ssh-key' as const } };
    const signed = createExecutor(fakeDeps(new FakeWorld(), old));
    const strict = await signed.begin({
      plan: { ...signing, site: 'roubaix', gates },
      mode: 'real',
      starter: { person: 'otto', identity },
    });
    const copy = await old.stored(strict);
    await expect(executor.adopt({ run: strict, stored: copy, word: adoptWord(strict) })).rejects.toMatchObject({
      code: 'word-refused',
      message: expect.stringContaining('ssh-key'),
    });
  });

  test('does nothing to the world by itself, names the copy, and the run goes on with `resume`', async () => {
    const { run, old, executor, other, world } = await twoStores('restoration');
    const stored = await old.stored(run);
    const before = [...world.effects];
    await executor.adopt({ run, stored, word: adoptWord(run) });
    expect(world.effects).toEqual(before);
    const adopted = (await other.read(run)).at(-1) as EventOf<'run.adopted'>;
    expect(adopted.data).toMatchObject({ person: 'otto', reason: 'the laptop burnt', from: { seq: stored.length } });
    expect(await other.holder(run)).toBeUndefined();
    expect(await driveApproving(executor, run)).toEqual({ kind: 'ended', outcome: 'completed' });
    const attached = (await other.read(run)).find(
      (event) => event.seq > adopted.seq && event.type === 'driver.attached',
    );
    expect(attached?.data).toMatchObject({ reason: 'adopt' });
  });

  test('of a copy before the last gate finds the job of the lost end, says so, and does not start it again', async () => {
    const { run, old, executor, other, world } = await twoStores('restoration');
    const stored = await old.stored(run);
    const calls: string[] = [];
    world.behaviours.set('copy-files', (token) => {
      calls.push(token);
      return { kind: 'done', output: {}, lines: [] };
    });
    // The lost end: the gate passes and the copy is made; then everything of this store is lost.
    await driveApproving(createExecutor(fakeDeps(world, old)), run);
    world.claim = { run, epoch: 9 };
    await executor.adopt({ run, stored, word: adoptWord(run) });
    expect(await driveApproving(executor, run)).toEqual({ kind: 'ended', outcome: 'completed' });
    expect(world.effects.filter((effect) => effect === 'copy-files')).toHaveLength(1);
    expect(new Set(calls).size).toBe(1);
    const found = (await other.read(run)).find((event) => event.type === 'effect.found');
    expect(found?.data).toMatchObject({ step: 'copy-files', host: 'gravelines', token: calls[0] });
    const started = (await other.read(run)).filter((event) => event.type === 'effect.started');
    expect(started.at(-1)?.data.key).toMatch(/^\d+a[0-9a-f]{12}\./);
  });

  test('leaves in doubt what acts without a job and may not be repeated, until a person decides', async () => {
    const { run, old, world, other } = await twoStores('restoration');
    const { jobHost: _, ...jobless } = world.kind();
    const executor = createExecutor(fakeDeps(world, other, { kinds: new Map([['command', jobless]]) }));
    await executor.adopt({ run, stored: await old.stored(run), word: adoptWord(run) });
    const end = await driveApproving(executor, run);
    expect(end).toMatchObject({ kind: 'parked', waiting: [{ subject: 'copy-files', state: 'in-doubt' }] });
    expect(world.effects).toEqual(['fence']);
  });

  test('the driver of the original stops itself at its next act: the hosts refuse it, and nothing more is done', async () => {
    const { run, old, executor, world } = await twoStores('restoration');
    const stored = await old.stored(run);
    await executor.adopt({ run, stored, word: adoptWord(run) });
    await driveApproving(executor, run, { until: 'restoration' });
    const overtaken = driveApproving(createExecutor(fakeDeps(world, old)), run);
    await expect(overtaken).rejects.toMatchObject({ code: 'claim-lost', exitCode: 3 });
    expect(world.effects).toEqual(['fence']);
    const last = (await old.read(run)).at(-1);
    expect(last).toMatchObject({ type: 'driver.detached' });
    expect(await old.holder(run)).toBeUndefined();
  });

  test('epochs of two copies of one run never meet, and are above all the original can reach', async () => {
    const { run, old, world } = await twoStores('restoration');
    const stored = await old.stored(run);
    const epochs = await Promise.all(
      [1, 2].map(async () => {
        const journal = createMemoryJournal();
        const executor = createExecutor(fakeDeps(world, journal));
        await executor.adopt({ run, stored, word: adoptWord(run) });
        return (await journal.lease(run, fakeDeps(world, journal).driver)).epoch;
      }),
    );
    expect(Math.min(...epochs)).toBeGreaterThan(1_000_000_000);
    expect(Math.abs((epochs[0] ?? 0) - (epochs[1] ?? 0))).toBeGreaterThan(500);
  });
});

describe('what the lost end left running', () => {
  /** A store that adopted the run, in a world where jobs of the lost end lie on the host. */
  async function withLostJobs(found: readonly FoundJob[], behaviour?: DrpError) {
    const { world, run, old, other } = await twoStores('restoration');
    const stopped: string[] = [];
    const ran: string[] = [];
    const kind = world.kind();
    const lost: StepKind = {
      ...kind,
      run: (step, spec, context) => {
        ran.push(context.token);
        if (behaviour !== undefined) return Promise.reject(behaviour);
        return kind.run(step, spec, context);
      },
      stop: (_step, _spec, context) => {
        stopped.push(context.token);
        return Promise.resolve([]);
      },
    };
    const base = fakeDeps(world, other, { kinds: new Map([['command', lost]]) });
    const executor = createExecutor({
      ...base,
      reach: (planned) => {
        const reach = base.reach(planned);
        const find = () => Promise.resolve(found.map(({ token, state }) => ({ token: `${run}.${token}`, state })));
        return { ...reach, jobs: { ...reach.jobs, find } };
      },
    });
    await executor.adopt({ run, stored: await old.stored(run), word: adoptWord(run) });
    return { run, executor, other, stopped, ran };
  }

  test('is ended when the run is aborted, although this record never started it', async () => {
    const running = [{ token: '40.copy-files', state: 'running' as const }];
    const { executor, run, stopped } = await withLostJobs(running);
    const words = new Script();
    words.say({ verb: 'abort', run });
    const end = await executor.drive(run, {
      signal: new AbortController().signal,
      words,
      onUpdate: () => undefined,
      whenOnlyPeople: 'park' as const,
      onWaiting: () => undefined,
    });
    expect(stopped).toContain(`${run}.40.copy-files`);
    expect(end).toMatchObject({ kind: 'parked', waiting: [{ subject: 'unserved' }] });
  });

  test('is followed before anything that has ended, and of what has ended the latest', async () => {
    const done = (token: string): FoundJob => ({ token, state: 'done' });
    const running = await withLostJobs([
      done('30.copy-files'),
      { token: '35.copy-files', state: 'running' },
      done('40.copy-files'),
    ]);
    await driveApproving(running.executor, running.run);
    expect(running.ran.at(-1)).toBe(`${running.run}.35.copy-files`);
    const ended = await withLostJobs([done('30.copy-files'), done('40.copy-files'), done('41.import')]);
    await driveApproving(ended.executor, ended.run);
    expect(ended.ran.at(-1)).toBe(`${ended.run}.40.copy-files`);
  });

  test('with other facts than this record has is in doubt, never started beside', async () => {
    const reused = new DrpError('job-token-reused', { host: 'gravelines', token: 'x' });
    const { executor, run } = await withLostJobs([{ token: '40.copy-files', state: 'running' }], reused);
    expect(await driveApproving(executor, run)).toMatchObject({
      kind: 'parked',
      waiting: [{ subject: 'copy-files', state: 'in-doubt', reason: expect.stringContaining('other facts') }],
    });
  });
});

describe('taking a run over', () => {
  const other = { ...fakeDeps(new FakeWorld(), createMemoryJournal()).driver, machine: 'elsewhere', pid: 7 };

  test('a driver that may live refuses the next one, and says who, where, since when and how sure that is', async () => {
    const world = new FakeWorld();
    const journal = createMemoryJournal({ liveness: () => 'unknown' });
    const run = await begin(createExecutor(fakeDeps(world, journal)));
    const waiting = new AbortController();
    const first = listen(createExecutor(fakeDeps(world, journal, { driver: other })), run, waiting.signal);
    await first.waits;
    const second = createExecutor(fakeDeps(world, journal));
    await expect(driveApproving(second, run)).rejects.toMatchObject({
      code: 'lease-held',
      exitCode: 3,
      message: expect.stringMatching(
        /otto on elsewhere \(pid 7, not known whether it still runs\), since 20.*last wrote 20/,
      ),
    });
    await expect(driveApproving(second, run, { takeover: true })).rejects.toMatchObject({ code: 'reason-missing' });
    waiting.abort(new Error('over'));
    await first.end;
  });

  test('with a reason it is taken, on record with the evidence; the old driver ends at its next append with exit 3', async () => {
    const world = new FakeWorld();
    const journal = createMemoryJournal({ liveness: () => 'unknown' });
    const run = await begin(createExecutor(fakeDeps(world, journal)));
    const old = listen(createExecutor(fakeDeps(world, journal, { driver: other })), run, new AbortController().signal);
    await old.waits;
    const second = createExecutor(fakeDeps(world, journal));
    const taken = { takeover: true, takeoverReason: 'its laptop is in the lake', until: 'declaration' };
    expect(await driveApproving(second, run, taken)).toMatchObject({ kind: 'parked' });
    const events = await journal.read(run);
    expect(events.findLast((event) => event.type === 'driver.attached')?.data).toMatchObject({
      reason: 'takeover',
      why: 'its laptop is in the lake',
      before: { driver: { machine: 'elsewhere', pid: 7 }, liveness: 'unknown', epoch: 2 },
    });
    old.words.say({ verb: 'note', run, reason: 'I am back' });
    await expect(old.end).rejects.toMatchObject({ code: 'lease-lost', exitCode: 3 });
    expect((await journal.read(run)).length).toBe(events.length);
  });

  test('a driver that is proven dead is replaced without a takeover, and the record says that it was dead', async () => {
    const world = new FakeWorld();
    const dead = new Set<string>();
    const journal = createMemoryJournal({ liveness: ({ machine }) => (dead.has(machine) ? 'dead' : 'alive') });
    const run = await begin(createExecutor(fakeDeps(world, journal)));
    await journal.lease(run, other);
    dead.add('elsewhere');
    await driveApproving(createExecutor(fakeDeps(world, journal)), run, { until: 'declaration' });
    expect((await journal.read(run)).find((event) => event.type === 'driver.attached')?.data).toMatchObject({
      reason: 'start',
      before: { driver: { machine: 'elsewhere' }, liveness: 'dead' },
    });
  });

  function listen(executor: Executor, run: string, signal: AbortSignal) {
    const words = new Script();
    let waiting = (): void => undefined;
    const waits = new Promise<void>((resolve) => (waiting = resolve));
    const end = executor.drive(run, {
      signal,
      words,
      onUpdate: () => undefined,
      whenOnlyPeople: 'listen' as const,
      onWaiting: (all) => {
        if (all.length > 0) waiting();
      },
    });
    end.catch(() => undefined);
    return { words, waits, end };
  }
});

describe('witness copies', () => {
  test('lie on the hosts before what may not be done twice: exact lines, none in a dry run, the count on record', async () => {
    const world = new FakeWorld();
    const journal = createMemoryJournal();
    const host = { role: 'recovery', datacentre: 'gravelines', address: '127.0.0.1' } as never;
    const hosted = { ...plan, world: { ...plan.world, hosts: { gravelines: host, limburg: host } } };
    const seen: number[] = [];
    world.behaviours.set('copy-files', () => {
      seen.push(world.witness.size);
      return { kind: 'done', output: {}, lines: [] };
    });
    const executor = createExecutor(fakeDeps(world, journal));
    const starter = { person: 'otto', identity };
    const dry = await executor.begin({ plan: hosted, mode: 'dry-run', starter });
    await driveApproving(executor, dry);
    expect(world.witness.size).toBe(0);
    const run = await executor.begin({ plan: hosted, mode: 'real', starter });
    await driveApproving(executor, run);
    expect(seen).toEqual([2]);
    const copy = world.witness.get(`gravelines:${run}`) ?? [];
    expect(copy).toEqual((await journal.lines(run)).slice(0, copy.length));
    expect(copy.at(-1)).toContain('effect.started');
    const kept = (await journal.read(run)).findLast((event) => event.type === 'witness.kept');
    expect(kept?.data).toEqual({ upToSeq: copy.length, hosts: ['gravelines', 'limburg'], missed: [] });
  });
});
