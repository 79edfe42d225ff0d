import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import type { HostTarget, TransportPool } from '../../src/transports/transport.ts';
import { descendants } from '../lab/process-table.ts';

/** A throwaway sshd of this user on loopback, with a home folder of its own. */
export interface SshdFixture {
  readonly folder: string;
  readonly home: string;
  readonly port: number;
  /** `TYPE BASE64` */
  readonly hostKeys: readonly string[];
  readonly keyFile: string;
  target(change?: Partial<HostTarget>): HostTarget;
  /** Stops or continues every process of this sshd, its sessions included. */
  freeze(): void;
  thaw(): void;
  log(): string;
  /** How often somebody has logged in. */
  logins(): number;
  stop(): Promise<void>;
}

/** `homes`: further addresses it answers at, each with a home folder of its own. */
export async function startSshd(
  options: {
    readonly config?: string;
    readonly keyTypes?: readonly string[];
    readonly homes?: Readonly<Record<string, string>>;
  } = {},
): Promise<SshdFixture> {
  const folder = mkdtempSync(join(tmpdir(), 'drp-sshd-'));
  const home = join(folder, 'home');
  mkdirSync(home);
  writeFileSync(join(home, 'identity'), 'gravelines role=recovery\nsecond line\n');
  const keyFile = join(folder, 'key');
  keygen(keyFile, 'ed25519');
  writeFileSync(join(folder, 'authorized'), readFileSync(`${keyFile}.pub`));
  const types = options.keyTypes ?? ['ed25519', 'ecdsa', 'rsa'];
  for (const type of types) keygen(join(folder, `host_${type}`), type);
  const port = await freePort();
  const config = [
    options.config ?? '',
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    ...Object.keys(options.homes ?? {}).map((address) => `ListenAddress ${address}`),
    ...types.map((type) => `HostKey ${folder}/host_${type}`),
    `AuthorizedKeysFile ${folder}/authorized`,
    'PidFile none',
    'StrictModes no',
    'UsePAM no',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'PermitRootLogin yes',
    `SetEnv HOME=${home}`,
    // Last: what follows a Match belongs to it.
    ...Object.entries(options.homes ?? {}).map(([address, own]) => `Match LocalAddress ${address}\nSetEnv HOME=${own}`),
  ].join('\n');
  writeFileSync(join(folder, 'sshd_config'), config);
  const sshd = spawn('/usr/sbin/sshd', ['-D', '-f', join(folder, 'sshd_config'), '-E', join(folder, 'log')], {
    stdio: 'ignore',
  });
  await answering(port);
  const hostKeys = types.map((type) =>
    readFileSync(join(folder, `host_${type}.pub`), 'utf8')
      .split(' ')
      .slice(0, 2)
      .join(' ')
      .trim(),
  );
  const log = (): string => readFileSync(join(folder, 'log'), 'utf8');
  const signal = (name: NodeJS.Signals): void => {
    for (const pid of [...descendants(sshd.pid ?? 0), sshd.pid ?? 0]) sendSignal(pid, name);
  };
  return {
    folder,
    home,
    port,
    hostKeys,
    keyFile,
    target: (change = {}) => ({
      name: 'gravelines',
      address: '127.0.0.1',
      port,
      user: userInfo().username,
      base: home,
      hostKeys,
      identity: { file: join(home, 'identity'), text: 'gravelines role=recovery' },
      transport: 'ssh2',
      keyFile,
      ...change,
    }),
    freeze: () => signal('SIGSTOP'),
    thaw: () => signal('SIGCONT'),
    log,
    logins: () => log().split('Accepted publickey').length - 1,
    stop: async () => {
      signal('SIGCONT');
      for (const pid of descendants(sshd.pid ?? 0)) sendSignal(pid, 'SIGKILL');
      await ended(sshd);
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Hands connections over, and closes them whatever happens. */
export async function whileOpen<P extends TransportPool, T>(pool: P, use: (pool: P) => Promise<T>): Promise<T> {
  try {
    return await use(pool);
  } finally {
    await pool.closeAll();
  }
}

/** A TCP way to a port that can be cut at any instant. */
export interface CutProxy {
  readonly port: number;
  cut(): void;
  close(): Promise<void>;
}

export async function startCutProxy(toPort: number): Promise<CutProxy> {
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect({ host: '127.0.0.1', port: toPort, noDelay: true });
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket
        .on('error', () => undefined)
        .on('close', () => {
          sockets.delete(socket);
          near.destroy();
          far.destroy();
        });
    }
    near.pipe(far);
    far.pipe(near);
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    cut,
    close: async () => {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export function keygen(file: string, type: string): void {
  const bits = type === 'rsa' ? ['-b', '2048'] : [];
  execFileSync('ssh-keygen', ['-q', '-t', type, ...bits, '-N', '', '-C', 'test', '-f', file]);
}

export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Polls until the condition holds; fails after 20 s. */
export async function eventually(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const endMs = Date.now() + 20_000;
  while (!(await condition())) {
    if (Date.now() > endMs) throw new Error(`never came true: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

function sendSignal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // Gone already.
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
}

async function answering(port: number): Promise<void> {
  await eventually(`something listens on port ${port}`, async () => {
    const socket = connect(port, '127.0.0.1');
    const up = await new Promise<boolean>((resolve) => {
      socket.once('data', () => resolve(true)).once('error', () => resolve(false));
    });
    socket.destroy();
    return up;
  });
}
