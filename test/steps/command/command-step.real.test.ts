import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../../src/base/clock.ts';
import { host as hostSchema } from '../../../src/runbook/schema/world.ts';
import { commandStep } from '../../../src/steps/command/command-step.ts';
import { createTransportPool } from '../../../src/transports/pool.ts';
import { createRemoteJobs } from '../../../src/transports/remote-job.ts';
import type { RemoteJobs, TransportPool } from '../../../src/transports/transport.ts';
import { isRunning } from '../../lab/process-table.ts';
import { eventually, startSshd, type SshdFixture } from '../../transports/sshd-fixture.ts';
import { plannedStep, specOf, stepContext } from '../step-context.ts';

jest.setTimeout(60_000);

const kind = commandStep({ settleMs: 1_000 });
let sshd: SshdFixture;
let hosts: TransportPool & { closeAll(): Promise<void> };
let jobs: RemoteJobs;
beforeAll(async () => {
  sshd = await startSshd();
  hosts = createTransportPool([sshd.target({ name: 'gravelines' })]);
  jobs = createRemoteJobs(hosts, systemClock);
});
afterAll(async () => {
  await hosts.closeAll();
  await sshd.stop();
});

let tokens = 0;
const contextOf = (token = `k3f9-2a7m.${String((tokens += 1))}.the-step`) => {
  const gravelines = hostSchema.parse({
    role: 'recovery',
    datacentre: 'gravelines',
    address: '127.0.0.1',
    user: 'root',
    base: sshd.home,
    identity: { text: 'x' },
  });
  return stepContext({ world: { hosts: { gravelines } }, over: { token, hosts, jobs } });
};
const command = (text: Record<string, unknown>) =>
  specOf({ kind: 'command', host: 'gravelines', verify: ['test', '-e', 'made'], ...text });
const go = (text: Record<string, unknown>, context = contextOf()) => {
  const spec = command(text);
  return kind.run(plannedStep(spec), spec, context);
};
const made = (): string => join(sshd.home, 'made');

describe('a command of the runbook', () => {
  test('runs in the base folder, with its words as they are, and reads back what it was for', async () => {
    const outcome = await go({ run: ['sh', '-c', 'printf %s "$1" >made', 'x', `a 'b' $HOME "c"`] });
    expect(outcome).toMatchObject({ kind: 'done', lines: ['checked with test -e made'] });
    expect(readFileSync(made(), 'utf8')).toBe(`a 'b' $HOME "c"`);
  });

  test('exit 0 without the world showing it fails, with the check and its words', async () => {
    rmSync(made(), { force: true });
    const outcome = await go({ run: ['true'], verify: ['sh', '-c', 'echo nothing there; exit 3'] });
    expect(outcome).toMatchObject({ kind: 'failed', error: { code: 'postcondition-failed' } });
    expect(outcome.kind === 'failed' && outcome.error.message).toContain('exits 3: nothing there');
  });

  test('a failing command fails with its last words; shell text stops at its first failure', async () => {
    const failed = await go({ shell: 'echo doing\nls /nowhere-at-all\ntouch made\n' });
    expect(failed.kind === 'failed' && failed.error.message).toContain('/nowhere-at-all');
    expect(existsSync(made())).toBe(false);
  });

  test('run again with the same token it attaches, and nothing runs twice', async () => {
    const context = contextOf();
    const spec = command({ run: ['sh', '-c', 'echo once >>count; touch made'] });
    await kind.run(plannedStep(spec), spec, context);
    expect(await kind.probe(plannedStep(spec), spec, context)).toBe('finished');
    expect((await kind.run(plannedStep(spec), spec, context)).kind).toBe('done');
    expect(readFileSync(join(sshd.home, 'count'), 'utf8')).toBe('once\n');
  });

  test('stopped, it is gone and says so', async () => {
    const context = contextOf();
    const spec = command({ run: ['sh', '-c', 'touch begun; exec sleep 600'] });
    const running = kind.run(plannedStep(spec), spec, context);
    await eventually('it runs', () => existsSync(join(sshd.home, 'begun')));
    expect(await kind.probe(plannedStep(spec), spec, context)).toBe('running');
    expect(await kind.stop?.(plannedStep(spec), spec, context)).toEqual([]);
    expect(await running).toMatchObject({ kind: 'failed', error: { code: 'step-failed' } });
  });

  test('a rehearsal finds a missing program, and mark-done is checked like any end', async () => {
    const missing = command({ run: ['no-such-program-here'] });
    await expect(kind.precheck?.(plannedStep(missing), missing, contextOf())).rejects.toThrow(
      "no program 'no-such-program-here'",
    );
    const present = command({ run: ['touch', 'made'] });
    await expect(kind.precheck?.(plannedStep(present), present, contextOf())).resolves.toBeUndefined();
    rmSync(made(), { force: true });
    await expect(kind.verify?.(plannedStep(present), present, contextOf())).rejects.toMatchObject({
      code: 'postcondition-failed',
    });
    writeFileSync(made(), '');
    await expect(kind.verify?.(plannedStep(present), present, contextOf())).resolves.toHaveLength(1);
  });
});

test('neither or both of run and shell, and unknown hosts, are refused when the plan is made', () => {
  const { world } = contextOf();
  expect(() => kind.describe(command({}), world)).toThrow("either 'run' (argv) or 'shell'");
  expect(() => kind.describe(command({ run: ['a'], shell: 'b' }), world)).toThrow("either 'run'");
  expect(() => kind.describe(command({ run: ['a'], host: 'moon' }), world)).toThrow("no host 'moon'");
  expect(kind.describe(command({ run: ['echo', 'a b'] }), world).commands).toEqual([`gravelines: echo 'a b'`]);
});

describe('a short command', () => {
  const short = { idempotent: true, short: true };

  test('runs and is checked in one session, its words and those of its check as they are', async () => {
    let sessions = 0;
    const counting: TransportPool = {
      ...hosts,
      connect: async (...given) => {
        const transport = await hosts.connect(...given);
        return {
          ...transport,
          exec: (...call) => {
            sessions += 1;
            return transport.exec(...call);
          },
        };
      },
    };
    const outcome = await go(
      {
        ...short,
        run: ['sh', '-c', 'echo talk; printf %s "$1" >"$2"', 'x', `a 'b' $HOME "c"`, 'two words'],
        verify: ['sh', '-c', 'cat "$1"; test -s "$1"', 'x', 'two words'],
      },
      { ...contextOf(), hosts: counting },
    );
    expect(outcome).toMatchObject({ kind: 'done', output: { verified: true } });
    expect(outcome.kind === 'done' && outcome.lines[0]).toMatch(/: a 'b' \$HOME "c"$/);
    expect(sessions).toBe(1);
  });

  test('that ends badly is a failure with its last words, and its check is not asked', async () => {
    const outcome = await go({
      ...short,
      run: ['sh', '-c', 'echo no such thing >&2; exit 3'],
      verify: ['touch', 'asked'],
    });
    expect(outcome.kind === 'failed' && outcome.error.message).toContain('ended with 3: no such thing');
    expect(existsSync(join(sshd.home, 'asked'))).toBe(false);
  });

  test('whose check does not hold yet is asked again', async () => {
    rmSync(made(), { force: true });
    const later = `(sleep 0.3; touch made) >/dev/null 2>&1 </dev/null &`;
    expect(await go({ ...short, run: ['sh', '-c', later] })).toMatchObject({ kind: 'done' });
  });

  test('that was stopped never begins', async () => {
    rmSync(made(), { force: true });
    const context = contextOf();
    const spec = command({ ...short, run: ['touch', 'made'] });
    expect(await kind.stop?.(plannedStep(spec), spec, context)).toEqual([]);
    const outcome = await go({ ...short, run: ['touch', 'made'] }, context);
    expect(outcome.kind === 'failed' && outcome.error.message).toContain('stopped');
    expect(existsSync(made())).toBe(false);
  });

  test('that may still run is not run beside itself, and is stopped with all it started', async () => {
    const context = contextOf();
    const spec = command({ ...short, run: ['sh', '-c', 'sleep 60 & echo $! >pid; wait'] });
    rmSync(join(sshd.home, 'pid'), { force: true });
    // Stopped, its session has no answer.
    const first = kind.run(plannedStep(spec), spec, context).catch(() => undefined);
    await eventually('it runs', () => existsSync(join(sshd.home, 'pid')));
    expect(await kind.probe(plannedStep(spec), spec, context)).toBe('absent');
    await expect(kind.run(plannedStep(spec), spec, context)).rejects.toThrow(
      expect.objectContaining({ code: 'connection-lost' }),
    );
    expect(await kind.stop?.(plannedStep(spec), spec, context)).toEqual([]);
    await first;
    expect(isRunning(Number(readFileSync(join(sshd.home, 'pid'), 'utf8')))).toBe(false);
  });

  test('must be one that may run twice', () => {
    expect(() => kind.describe(command({ short: true, run: ['true'] }), contextOf().world)).toThrow(/idempotent/);
  });
});
