import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { fingerprint } from '../../src/transports/host-keys.ts';
import { createTransportPool, type HostPool } from '../../src/transports/pool.ts';
import { argv } from '../../src/transports/quote.ts';
import { scanHostKeys } from '../../src/transports/scan-host-keys.ts';
import type { HostTarget } from '../../src/transports/transport.ts';
import { freePort, keygen, startCutProxy, startSshd, whileOpen, type SshdFixture } from './sshd-fixture.ts';

jest.setTimeout(60_000);

const limits = { backoffMs: 10, backoffMsMax: 50, keepaliveMs: 300, keepaliveCount: 3 };
let sshd: SshdFixture;

beforeAll(async () => {
  sshd = await startSshd();
});

afterAll(async () => {
  await sshd.stop();
});

/** Connects to changed targets, hands the pool over, and closes it. */
const withPool = <T>(targets: readonly HostTarget[], use: (pool: HostPool) => Promise<T>, more = {}): Promise<T> => {
  const sharedFolder = join(sshd.folder, 'shared');
  return whileOpen(
    createTransportPool(targets, { limits: { ...limits, ...more }, agentSocket: '', sharedFolder }),
    use,
  );
};

describe('a command over ssh2', () => {
  test('gives exit code, output and stderr, whatever its arguments hold', async () => {
    await withPool([sshd.target()], async (pool) => {
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
      expect(await transport.exec(command, { timeoutMs: 5_000, stdin: 'in' })).toMatchObject({
        kind: 'exited',
        exitCode: 7,
        stdout: "it's|$(id)|a\nb|é|in",
        stderr: 'no\n',
        truncated: false,
      });
    });
  });

  test('that a signal ended, that ran too long, or that was aborted says so', async () => {
    await withPool([sshd.target()], async (pool) => {
      const transport = await pool.connect('gravelines');
      expect(await transport.exec(argv('sh', '-c', 'kill -KILL $$'), { timeoutMs: 5_000 })).toMatchObject({
        kind: 'signalled',
        signalName: 'SIGKILL',
      });
      expect(await transport.exec(argv('sleep', '2'), { timeoutMs: 200 })).toMatchObject({ kind: 'timed-out' });
      const abort = new AbortController();
      const running = transport.exec(argv('sleep', '2'), { timeoutMs: 5_000, signal: abort.signal });
      abort.abort(new Error('enough'));
      expect(await running).toMatchObject({ kind: 'lost', cause: { message: 'enough' } });
    });
  });

  test('that says too much is cut at the limit and still ends', async () => {
    await withPool([sshd.target()], async (pool) => {
      const transport = await pool.connect('gravelines');
      const command = argv('sh', '-c', 'head -c 5000000 /dev/zero | tr "\\0" x');
      const result = await transport.exec(command, { timeoutMs: 20_000, maxOutputBytes: 1000 });
      expect(result).toMatchObject({ kind: 'exited', exitCode: 0, truncated: true, stdout: 'x'.repeat(1000) });
    });
  });

  test('shares one connection with others, at most 8 at once, the rest in line', async () => {
    await withPool([sshd.target()], async (pool) => {
      const before = sshd.logins();
      const transports = await Promise.all(Array.from({ length: 5 }, () => pool.connect('gravelines')));
      expect(new Set(transports).size).toBe(1);
      // sshd refuses the 11th session of a connection.
      const results = await Promise.all(
        Array.from({ length: 30 }, () => transports[0]!.exec(argv('sleep', '0.05'), { timeoutMs: 20_000 })),
      );
      for (const result of results) expect(result).toMatchObject({ kind: 'exited', exitCode: 0 });
      expect(sshd.logins() - before).toBe(1);
    });
  });

  test.each([1, 2])(
    'waits for one to end where the host lets %i run at once, however long that takes',
    async (sessions) => {
      const narrow = await startSshd({ config: `MaxSessions ${String(sessions)}` });
      try {
        await withPool([narrow.target()], async (pool) => {
          const transport = await pool.connect('gravelines');
          // The first ones run longer than a refused session is asked for again, and longer than the others may take.
          const long = Array.from({ length: sessions }, () =>
            transport.exec(argv('sleep', '3.2'), { timeoutMs: 20_000 }),
          );
          const many = Array.from({ length: 8 }, () => transport.exec(argv('true'), { timeoutMs: 3_000 }));
          for (const result of await Promise.all([...long, ...many]))
            expect(result).toMatchObject({ kind: 'exited', exitCode: 0 });
        });
      } finally {
        await narrow.stop();
      }
    },
  );

  test('is quick: no delay by small packets', async () => {
    await withPool([sshd.target()], async (pool) => {
      const transport = await pool.connect('gravelines');
      const times: number[] = [];
      for (let round = 0; round < 15; round += 1) {
        const startMs = performance.now();
        await transport.exec(argv('true'), { timeoutMs: 5_000 });
        times.push(performance.now() - startMs);
      }
      // With Nagle's algorithm every command takes at least 40 ms.
      expect(Math.min(...times)).toBeLessThan(35);
    });
  });
});

describe('a host key', () => {
  test('that is not pinned stops before the host is called', async () => {
    const target = sshd.target({ hostKeys: [], port: await freePort() });
    await withPool([target], async (pool) => {
      await expect(pool.connect('gravelines')).rejects.toMatchObject({ code: 'host-key-not-pinned' });
    });
  });

  test('that is another one than pinned stops before the login', async () => {
    keygen(join(sshd.folder, 'other'), 'ed25519');
    const pinned = readFileSync(join(sshd.folder, 'other.pub'), 'utf8').split(' ').slice(0, 2).join(' ');
    const before = sshd.logins();
    await withPool([sshd.target({ hostKeys: [pinned] })], async (pool) => {
      await expect(pool.connect('gravelines')).rejects.toMatchObject({
        code: 'host-key-mismatch',
        details: { found: fingerprint(sshd.hostKeys[0]!), pinned: fingerprint(pinned) },
      });
    });
    expect(sshd.logins()).toBe(before);
  });

  test.each([0, 1, 2])('pinned by type number %i alone is enough, whichever type the host prefers', async (index) => {
    await withPool([sshd.target({ hostKeys: [sshd.hostKeys[index]!] })], async (pool) => {
      const transport = await pool.connect('gravelines');
      expect(await transport.exec(argv('true'), { timeoutMs: 5_000 })).toMatchObject({ exitCode: 0 });
    });
  });

  test('of a type that the host has none of is a mismatch', async () => {
    const single = await startSshd({ keyTypes: ['ed25519'] });
    try {
      await withPool([single.target({ hostKeys: [sshd.hostKeys[2]!] })], async (pool) => {
        await expect(pool.connect('gravelines')).rejects.toMatchObject({ code: 'host-key-mismatch' });
      });
    } finally {
      await single.stop();
    }
  });

  test('is read by a scan as ssh-keygen shows it', async () => {
    const found = await scanHostKeys('127.0.0.1', sshd.port);
    expect(new Set(found.map((key) => key.key))).toEqual(new Set(sshd.hostKeys));
    const shown = execFileSync('ssh-keygen', ['-lf', join(sshd.folder, 'host_rsa.pub')], { encoding: 'utf8' });
    expect(found.map((key) => key.fingerprint)).toContain(shown.split(' ')[1]);
  });
});

test('the keys of a host behind another one are read through it', async () => {
  const inner = await startSshd({ keyTypes: ['ed25519'] });
  try {
    for (const transport of ['ssh2', 'openssh'] as const) {
      const target = inner.target({ hostKeys: [], via: sshd.target({ name: 'bastion', transport }) });
      await withPool([target], async (pool) => {
        expect((await pool.scanHostKeys('gravelines')).map((found) => found.key)).toEqual(inner.hostKeys);
      });
    }
  } finally {
    await inner.stop();
  }
});

describe('a login', () => {
  test('that is refused three times is not tried a fourth time', async () => {
    keygen(join(sshd.folder, 'stranger'), 'ed25519');
    const refused = (): number => sshd.log().split('[preauth]').length - 1;
    await withPool([sshd.target({ keyFile: join(sshd.folder, 'stranger') })], async (pool) => {
      for (let round = 0; round < 3; round += 1) {
        await expect(pool.connect('gravelines')).rejects.toMatchObject({ code: 'login-refused' });
      }
      // sshd writes of a login after it has told who asked.
      while (refused() < 3) await new Promise((resolve) => setTimeout(resolve, 20));
      const before = refused();
      await expect(pool.connect('gravelines')).rejects.toMatchObject({
        code: 'login-refused',
        details: { reason: expect.stringContaining('no more are tried') as unknown },
      });
      expect(refused()).toBe(before);
    });
  });

  test('to 30 hosts at once gets into all, though sshd hangs up where too many knock', async () => {
    const targets = Array.from({ length: 30 }, (_, index) => sshd.target({ name: `host-${index}` }));
    await withPool(targets, async (pool) => {
      const before = sshd.logins();
      await Promise.all(targets.map((target) => pool.connect(target.name)));
      expect(sshd.logins() - before).toBe(30);
    });
  });

  test('with an agent offers only the key that is named', async () => {
    const socket = join(sshd.folder, 'agent');
    const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: ['ignore', 'pipe', 'ignore'] });
    try {
      await new Promise((resolve) => agent.stdout.once('data', resolve));
      const env = { ...process.env, SSH_AUTH_SOCK: socket };
      for (let index = 0; index < 4; index += 1) {
        keygen(join(sshd.folder, `spare${index}`), 'ed25519');
        execFileSync('ssh-add', ['-q', join(sshd.folder, `spare${index}`)], { env, stdio: 'ignore' });
      }
      execFileSync('ssh-add', ['-q', sshd.keyFile], { env, stdio: 'ignore' });
      const { keyFile, ...target } = sshd.target();
      const named = { ...target, keyFingerprint: fingerprint(readFileSync(`${keyFile}.pub`, 'utf8')) };
      const pool = createTransportPool([named, { ...target, name: 'any' }], { limits, agentSocket: socket });
      const failed = (): number => sshd.log().split('Failed publickey').length;
      const before = failed();
      expect(await (await pool.connect('gravelines')).exec(argv('true'), { timeoutMs: 5_000 })).toMatchObject({
        exitCode: 0,
      });
      expect(failed()).toBe(before);
      await expect(pool.connect('any')).rejects.toMatchObject({
        code: 'login-refused',
        details: { reason: 'the agent holds 5 keys and the runbook names none' },
      });
      await pool.closeAll();
    } finally {
      agent.kill();
    }
  });

  test('without any usable key says so and does not call the host', async () => {
    const { keyFile: _, ...target } = sshd.target();
    await withPool([target], async (pool) => {
      await expect(pool.connect('gravelines')).rejects.toMatchObject({ code: 'login-refused' });
    });
    await withPool([sshd.target({ keyFile: '/nonexistent' })], async (pool) => {
      await expect(pool.connect('gravelines')).rejects.toMatchObject({
        code: 'login-refused',
        details: { reason: 'the key file /nonexistent cannot be read' },
      });
    });
  });

  test('through a jump host verifies both host keys', async () => {
    const inner = await startSshd();
    try {
      const target = inner.target({ via: sshd.target({ name: 'bastion' }) });
      await withPool([target], async (pool) => {
        const transport = await pool.connect('gravelines');
        expect(await transport.exec(argv('printenv', 'HOME'), { timeoutMs: 5_000 })).toMatchObject({
          stdout: `${inner.home}\n`,
        });
      });
      await withPool([{ ...target, hostKeys: sshd.hostKeys }], async (pool) => {
        await expect(pool.connect('gravelines')).rejects.toMatchObject({ code: 'host-key-mismatch' });
      });
      await withPool([{ ...target, via: sshd.target({ name: 'bastion', hostKeys: inner.hostKeys }) }], async (pool) => {
        await expect(pool.connect('gravelines')).rejects.toMatchObject({ code: 'host-key-mismatch' });
      });
    } finally {
      await inner.stop();
    }
  });
});

describe('a host that does not answer', () => {
  test('to a name is not looked up', async () => {
    await withPool([sshd.target({ address: 'localhost' })], async (pool) => {
      await expect(pool.connect('gravelines')).rejects.toMatchObject({
        code: 'host-unreachable',
        details: { reason: 'not an IP address' },
      });
    });
  });

  test('at its port is unreachable at once', async () => {
    await withPool([sshd.target({ port: await freePort() })], async (pool) => {
      await expect(pool.connect('gravelines')).rejects.toMatchObject({
        code: 'host-unreachable',
        details: { reason: 'ECONNREFUSED' },
      });
    });
  });

  test('at all is given up at the TCP deadline', async () => {
    const hole = await blackHole();
    try {
      const startMs = performance.now();
      await withPool(
        [sshd.target({ port: hole.port })],
        async (pool) => {
          await expect(pool.connect('gravelines')).rejects.toMatchObject({ code: 'host-unreachable' });
        },
        { tcpTimeoutMs: 400, loginTimeoutMs: 10_000 },
      );
      expect(performance.now() - startMs).toBeLessThan(8_000);
    } finally {
      hole.close();
    }
  });

  test('after the TCP connection is given up at the login deadline', async () => {
    await withPool(
      [sshd.target()],
      async (pool) => {
        sshd.freeze();
        try {
          const startMs = performance.now();
          await expect(pool.connect('gravelines')).rejects.toMatchObject({ code: 'host-unreachable' });
          expect(performance.now() - startMs).toBeLessThan(8_000);
        } finally {
          sshd.thaw();
        }
      },
      { loginTimeoutMs: 500 },
    );
  });

  test('any more is noticed within the keepalive time, and the next connect makes a new connection', async () => {
    await withPool([sshd.target()], async (pool) => {
      const transport = await pool.connect('gravelines');
      const running = transport.exec(argv('sleep', '30'), { timeoutMs: 60_000 });
      await new Promise((resolve) => setTimeout(resolve, 100));
      sshd.freeze();
      const startMs = performance.now();
      expect(await running).toMatchObject({ kind: 'lost' });
      expect(performance.now() - startMs).toBeLessThan(300 * 4 + 6_000);
      expect(await transport.exec(argv('true'), { timeoutMs: 1_000 })).toMatchObject({ kind: 'lost' });
      sshd.thaw();
      const fresh = await pool.connect('gravelines');
      expect(fresh).not.toBe(transport);
      expect(await fresh.exec(argv('true'), { timeoutMs: 5_000 })).toMatchObject({ exitCode: 0 });
    });
  });

  test('because the link was cut loses the command, and says it is lost, not failed', async () => {
    const proxy = await startCutProxy(sshd.port);
    await withPool([sshd.target({ port: proxy.port })], async (pool) => {
      const transport = await pool.connect('gravelines');
      const running = transport.exec(argv('sleep', '5'), { timeoutMs: 60_000 });
      setTimeout(proxy.cut, 100);
      expect(await running).toMatchObject({ kind: 'lost' });
    });
    await proxy.close();
  });

  test('is waited for by others when one caller stops waiting', async () => {
    const hole = await blackHole();
    await withPool(
      [sshd.target({ port: hole.port })],
      async (pool) => {
        const abort = new AbortController();
        const one = pool.connect('gravelines', { signal: abort.signal });
        const two = pool.connect('gravelines');
        abort.abort(new Error('enough'));
        await expect(one).rejects.toThrow('enough');
        await expect(two).rejects.toMatchObject({ code: 'host-unreachable' });
      },
      { tcpTimeoutMs: 300 },
    );
    hole.close();
  });
});

test('closing the pool gives up a connection in the making at once', async () => {
  const hole = await blackHole();
  const pool = createTransportPool([sshd.target({ port: hole.port })], { agentSocket: '' });
  const refused = expect(pool.connect('gravelines')).rejects.toMatchObject({ code: 'connection-lost' });
  const startMs = performance.now();
  await pool.closeAll();
  await refused;
  expect(performance.now() - startMs).toBeLessThan(2_000);
  hole.close();
});

/** A port that never takes a connection: its listener's queue is full and nobody empties it. */
async function blackHole(): Promise<{ readonly port: number; close(): void }> {
  const script =
    'const s = require("net").createServer(); s.listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => console.log(s.address().port))';
  const holder = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'ignore'] });
  const port = Number(await new Promise<Buffer>((resolve) => holder.stdout.once('data', resolve)));
  holder.kill('SIGSTOP');
  const fillers: Socket[] = Array.from({ length: 4 }, () => connect(port, '127.0.0.1').on('error', () => undefined));
  await new Promise((resolve) => fillers[0]!.once('connect', resolve));
  return {
    port,
    close: () => {
      for (const filler of fillers) filler.destroy();
      holder.kill('SIGKILL');
    },
  };
}

test('a scan of nothing is unreachable', async () => {
  await expect(scanHostKeys('127.0.0.1', await freePort())).rejects.toMatchObject({ code: 'host-unreachable' });
});
