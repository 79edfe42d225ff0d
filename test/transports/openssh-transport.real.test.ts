import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/base/clock.ts';
import { createTransportPool, type HostPool } from '../../src/transports/pool.ts';
import { argv } from '../../src/transports/quote.ts';
import { createRemoteJobs } from '../../src/transports/remote-job.ts';
import type { HostTarget } from '../../src/transports/transport.ts';
import { isRunning } from '../lab/process-table.ts';
import { eventually, freePort, keygen, startSshd, whileOpen, type SshdFixture } from './sshd-fixture.ts';

jest.setTimeout(60_000);

let sshd: SshdFixture;
let shared: string;
let targetOf: (change?: Partial<HostTarget>) => HostTarget;

beforeAll(async () => {
  sshd = await startSshd();
  shared = mkdtempSync(join(tmpdir(), 'drp-shared-'));
  targetOf = (change = {}) => sshd.target({ transport: 'openssh', ...change });
});

afterAll(async () => {
  await sshd.stop();
  rmSync(shared, { recursive: true, force: true });
});

const limits = {
  backoffMs: 10,
  backoffMsMax: 50,
  keepaliveMs: 1_000,
  keepaliveCount: 2,
  tcpTimeoutMs: 2_000,
  loginTimeoutMs: 2_000,
};
const poolOf = (targets: readonly HostTarget[]): HostPool =>
  createTransportPool(targets, { limits, sharedFolder: shared });

const withPool = <T>(targets: readonly HostTarget[], use: (pool: HostPool) => Promise<T>): Promise<T> =>
  whileOpen(poolOf(targets), use);

describe('a command over openssh', () => {
  test('gives exit code, output and stderr over one login, whatever its arguments hold', async () => {
    await withPool([targetOf()], async (pool) => {
      const before = sshd.logins();
      const transport = await pool.connect('gravelines');
      const command = argv(
        'sh',
        '-c',
        'printf "%s|" "$@"; cat; echo no >&2; exit 7',
        'x',
        "it's",
        '$(id)',
        'a\nb',
        'é',
      );
      for (let round = 0; round < 3; round += 1) {
        expect(await transport.exec(command, { timeoutMs: 5_000, stdin: 'in' })).toMatchObject({
          kind: 'exited',
          exitCode: 7,
          stdout: "it's|$(id)|a\nb|é|in",
          stderr: 'no\n',
        });
      }
      expect(sshd.logins() - before).toBe(1);
    });
  });

  test('that exits with 255 has exited, one whose connection ends is lost', async () => {
    await withPool([targetOf()], async (pool) => {
      const transport = await pool.connect('gravelines');
      expect(await transport.exec(argv('sh', '-c', 'exit 255'), { timeoutMs: 5_000 })).toMatchObject({
        kind: 'exited',
        exitCode: 255,
      });
      // Its grandparent is the session's sshd.
      const cut = 'kill -KILL $(cut -d " " -f 4 /proc/$PPID/stat)';
      expect(await transport.exec(argv('sh', '-c', `${cut}; sleep 5`), { timeoutMs: 8_000 })).toMatchObject({
        kind: 'lost',
      });
      const fresh = await pool.connect('gravelines');
      expect(await fresh.exec(argv('true'), { timeoutMs: 5_000 })).toMatchObject({ exitCode: 0 });
    });
  });

  test('that runs too long or says too much is ended or cut', async () => {
    await withPool([targetOf()], async (pool) => {
      const transport = await pool.connect('gravelines');
      expect(await transport.exec(argv('sleep', '3'), { timeoutMs: 200 })).toMatchObject({ kind: 'timed-out' });
      const noisy = argv('sh', '-c', 'head -c 3000000 /dev/zero | tr "\\0" x >&2; exit 5');
      const result = await transport.exec(noisy, { timeoutMs: 10_000, maxOutputBytes: 1_000 });
      expect(result).toMatchObject({ kind: 'exited', exitCode: 5, truncated: true, stderr: 'x'.repeat(1_000) });
    });
  });

  test('waits in line where 8 others run already', async () => {
    await withPool([targetOf()], async (pool) => {
      const transport = await pool.connect('gravelines');
      // sshd refuses the 11th session of a connection.
      const many = Array.from({ length: 24 }, () => transport.exec(argv('sleep', '0.2'), { timeoutMs: 20_000 }));
      for (const result of await Promise.all(many)) expect(result).toMatchObject({ kind: 'exited', exitCode: 0 });
    });
  });

  test('carries remote jobs with binary output', async () => {
    await withPool([targetOf()], async (pool) => {
      const jobs = createRemoteJobs(pool, systemClock);
      await jobs.start('gravelines', {
        token: 'o.1.x',
        script: 'printf "\\377\\376%s" "$1"',
        args: ['é'],
        secret: 's',
      });
      await eventually('the job ends', async () => (await jobs.poll('gravelines', 'o.1.x', 0)).status.state === 'done');
      const { output } = await jobs.poll('gravelines', 'o.1.x', 0);
      expect(Buffer.from(output).toString('hex')).toBe('fffec3a9');
    });
  });

  test('waits for one to end where the host lets one run at once, however long that takes', async () => {
    const narrow = await startSshd({ config: 'MaxSessions 1' });
    const pool = createTransportPool([narrow.target({ transport: 'openssh' })]);
    try {
      const transport = await pool.connect('gravelines');
      const long = transport.exec(argv('sleep', '3.2'), { timeoutMs: 20_000 });
      const many = Array.from({ length: 8 }, () => transport.exec(argv('true'), { timeoutMs: 3_000 }));
      for (const result of await Promise.all([long, ...many]))
        expect(result).toMatchObject({ kind: 'exited', exitCode: 0 });
    } finally {
      await pool.closeAll();
      await narrow.stop();
    }
  });
});

test('a master that went away while nobody used it is replaced before the next command', async () => {
  await withPool([targetOf()], async (pool) => {
    const transport = await pool.connect('gravelines');
    const { controlPath } = transport as unknown as { controlPath: string };
    execFileSync('ssh', ['-F', '/dev/null', '-S', controlPath, '-O', 'exit', 'drp'], { stdio: 'ignore' });
    const clock = jest.spyOn(performance, 'now').mockReturnValue(performance.now() + 20_000);
    const fresh = await pool.connect('gravelines').finally(() => clock.mockRestore());
    expect(await fresh.exec(argv('true'), { timeoutMs: 5_000 })).toMatchObject({ kind: 'exited', exitCode: 0 });
  });
});

describe('an openssh login', () => {
  test('without a pin, with another host key, or with a strange key fails for what it is', async () => {
    const strange = join(sshd.folder, 'strange');
    keygen(strange, 'ed25519');
    const pin = readFileSync(`${strange}.pub`, 'utf8').split(' ').slice(0, 2).join(' ');
    const failures: readonly [Partial<HostTarget>, string][] = [
      [{ hostKeys: [] }, 'host-key-not-pinned'],
      [{ hostKeys: [pin] }, 'host-key-mismatch'],
      [{ keyFile: strange }, 'login-refused'],
      [{ port: await freePort() }, 'host-unreachable'],
    ];
    for (const [change, code] of failures) {
      await withPool([targetOf(change)], async (pool) => {
        await expect(pool.connect('gravelines')).rejects.toMatchObject({ code });
      });
    }
  });

  test.each([0, 1, 2])('with the pin of type number %i alone is enough', async (index) => {
    await withPool([targetOf({ hostKeys: [sshd.hostKeys[index]!] })], async (pool) => {
      await pool.connect('gravelines');
    });
  });

  test('through a jump host works for openssh behind ssh2 and for ssh2 behind openssh', async () => {
    const inner = await startSshd();
    try {
      for (const [outer, own] of [
        ['ssh2', 'openssh'],
        ['openssh', 'ssh2'],
        ['openssh', 'openssh'],
      ] as const) {
        const via = sshd.target({ name: 'bastion', transport: outer });
        await withPool([inner.target({ transport: own, via })], async (pool) => {
          const transport = await pool.connect('gravelines');
          expect(await transport.exec(argv('printenv', 'HOME'), { timeoutMs: 5_000 })).toMatchObject({
            stdout: `${inner.home}\n`,
          });
        });
      }
    } finally {
      await inner.stop();
    }
  });

  test('made on the terminal is used by later processes without a login, and is not ended by them', async () => {
    const first = poolOf([targetOf()]);
    await first.connectInteractively('gravelines');
    await first.closeAll();
    const before = sshd.logins();
    const control = readdirSync(shared).find((file) => !file.includes('.'));
    try {
      for (let round = 0; round < 2; round += 1) {
        await withPool([targetOf()], async (pool) => {
          const transport = await pool.connect('gravelines');
          expect(await transport.exec(argv('true'), { timeoutMs: 5_000 })).toMatchObject({ exitCode: 0 });
        });
      }
      expect(sshd.logins()).toBe(before);
    } finally {
      execFileSync('ssh', ['-F', '/dev/null', '-S', join(shared, control ?? ''), '-O', 'exit', 'drp'], {
        stdio: 'ignore',
      });
    }
  });
});

test('a stopped sshd is noticed within the keepalive time, and no command logs in by itself', async () => {
  await withPool([targetOf()], async (pool) => {
    const transport = await pool.connect('gravelines');
    const before = sshd.logins();
    const running = transport.exec(argv('sleep', '30'), { timeoutMs: 60_000 });
    await new Promise((resolve) => setTimeout(resolve, 300));
    sshd.freeze();
    const startMs = performance.now();
    expect(await running).toMatchObject({ kind: 'lost' });
    expect(performance.now() - startMs).toBeLessThan(3 * 1_000 + 3_000);
    sshd.thaw();
    expect(await transport.exec(argv('true'), { timeoutMs: 5_000 })).toMatchObject({ kind: 'lost' });
    expect(sshd.logins()).toBe(before);
    expect(await (await pool.connect('gravelines')).exec(argv('true'), { timeoutMs: 5_000 })).toMatchObject({
      exitCode: 0,
    });
  });
});

test('closing ends the master and leaves no socket behind', async () => {
  const pool = poolOf([targetOf()]);
  const transport = await pool.connect('gravelines');
  const { controlPath } = transport as unknown as { controlPath: string };
  const master = execFileSync(
    'sh',
    ['-c', 'ssh -F /dev/null -S "$1" -O check drp 2>&1 | tr -dc 0-9', 'x', controlPath],
    { encoding: 'utf8' },
  );
  expect(isRunning(Number(master))).toBe(true);
  await pool.closeAll();
  await eventually('the master is gone', () => !isRunning(Number(master)));
  expect(existsSync(controlPath)).toBe(false);
});
