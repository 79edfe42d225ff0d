import { rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { systemClock, untilAborted, type Clock } from '../base/clock.ts';
import { DrpError } from '../base/errors.ts';
import { createConnectionCache, type ConnectionCache } from './connection-cache.ts';
import { standardLimits, type ConnectionLimits } from './connection-limits.ts';
import { createLoginLimits, type LoginLimits } from './login-limits.ts';
import type { OpensshSettings, OpensshTransport } from './openssh-transport.ts';
import type { ScannedHostKey } from './scan-host-keys.ts';
import { openSocket } from './socket.ts';
import type { HostTarget, Transport, TransportPool } from './transport.ts';
import type { TunnelTransport } from './tunnel.ts';

/** What a pool may be given; all of it has a default. */
export interface PoolOptions {
  readonly limits?: Partial<ConnectionLimits>;
  readonly clock?: Clock;
  /** 0 up to 1, for the variation of pauses. */
  readonly random?: () => number;
  /** Agent of the operator (default SSH_AUTH_SOCK). */
  readonly agentSocket?: string;
  /** Where connections made by `drp connect` lie (default: XDG_RUNTIME_DIR, else ~/.drp, folder `ssh`). */
  readonly sharedFolder?: string;
}

/** A pool with what only the command line asks of it. */
export interface HostPool extends TransportPool {
  /** Logs in on the operator's terminal; the connection outlives this process. Throws login-refused, host-key-not-pinned. */
  connectInteractively(hostName: string): Promise<void>;
  /**
   * Keys that a host shows, by the way it is reached: hosts on the way are logged in on and must be pinned, the host
   * itself need not be. Throws host-unreachable, and what `connect` throws for a host on the way.
   */
  scanHostKeys(hostName: string): Promise<ScannedHostKey[]>;
  /** A person has looked at a host that refused logins: it may be tried again. */
  allowLogins(hostName: string): void;
}

// A way to a host is loaded when the first host is reached by it: ssh2 and execa take longer to load than a short step takes.
const loadOpenssh = () => import('./openssh-transport.ts');
const loadLocal = () => import('./local-transport.ts');
const loadSsh2 = async () => {
  const [{ dialSsh2, requirePins }, { chooseLogin }, { createSsh2Transport }] = await Promise.all([
    import('./ssh2-connection.ts'),
    import('./ssh2-login.ts'),
    import('./ssh2-transport.ts'),
  ]);
  return { dialSsh2, requirePins, chooseLogin, createSsh2Transport };
};

/** Connections to these hosts. A host that is not among them is a fault of the plan: internal. */
export function createTransportPool(targets: readonly HostTarget[], options: PoolOptions = {}): HostPool {
  const limits: ConnectionLimits = { ...standardLimits, ...options.limits };
  const clock = options.clock ?? systemClock;
  const logins = createLoginLimits({ limits, clock, random: options.random ?? Math.random });
  const cache = createConnectionCache();
  const byName = new Map(targets.map((target) => [target.name, target]));
  let ownFolder: Promise<string> | undefined;
  let closing = new AbortController();
  const openssh = async (): Promise<OpensshSettings> => {
    ownFolder ??= loadOpenssh().then(({ createControlFolder }) => createControlFolder());
    const sharedFolder = options.sharedFolder ?? defaultSharedFolder();
    return { limits, sharedFolder, ownFolder: await ownFolder, signal: closing.signal };
  };
  const agentSocket = options.agentSocket ?? process.env['SSH_AUTH_SOCK'];
  const source: Source = { cache, logins, limits, agentSocket, openssh, closing: () => closing.signal };

  const find = (hostName: string): HostTarget => {
    const target = byName.get(hostName);
    if (target === undefined) throw new DrpError('internal', { what: `no host '${hostName}' in the plan` });
    return target;
  };

  return {
    connect: async (hostName, { signal } = {}) => {
      signal?.throwIfAborted();
      return untilAborted(shareTransport(source, find(hostName)), signal);
    },
    connectInteractively: async (hostName) => {
      const target = find(hostName);
      const via = target.via === undefined ? undefined : await shareOpenssh(source, target.via);
      const { connectInteractively } = await loadOpenssh();
      await connectInteractively(target, await openssh(), via);
    },
    scanHostKeys: async (hostName) => {
      const { via, address, port } = find(hostName);
      const tunnel = via === undefined ? undefined : await shareTunnel(source, via);
      const way = tunnel === undefined ? {} : { openWay: () => tunnel.openTunnel(address, port) };
      const { scanHostKeys } = await import('./scan-host-keys.ts');
      return scanHostKeys(address, port, { signal: closing.signal, ...way });
    },
    allowLogins: (hostName) => logins.forgive(hostName),
    closeAll: async () => {
      // What is still being connected is given up: an operator who leaves does not wait for a dead host.
      closing.abort(new DrpError('connection-lost', { host: 'any', reason: 'drp closes its connections' }));
      closing = new AbortController();
      await cache.closeAll();
      const folder = await ownFolder;
      ownFolder = undefined;
      if (folder !== undefined) await rm(folder, { recursive: true, force: true });
    },
  };
}

/** What connections are made from. */
interface Source {
  readonly cache: ConnectionCache;
  readonly logins: LoginLimits;
  readonly limits: ConnectionLimits;
  readonly agentSocket: string | undefined;
  readonly openssh: () => Promise<OpensshSettings>;
  /** Aborted when the pool is closed. */
  readonly closing: () => AbortSignal;
}

function shareTransport(source: Source, target: HostTarget): Promise<Transport> {
  if (target.transport !== 'local') return shareTunnel(source, target);
  return source.cache.share(target.name, async () => (await loadLocal()).createLocalTransport(target));
}

async function shareTunnel(source: Source, target: HostTarget): Promise<TunnelTransport> {
  switch (target.transport) {
    case 'ssh2':
      return shareSsh2(source, target);
    case 'openssh':
      return shareOpenssh(source, target);
    case 'local':
      throw new DrpError('internal', { what: `host '${target.name}' is this machine: nothing is reached through it` });
  }
}

function shareSsh2(source: Source, target: HostTarget): Promise<TunnelTransport> {
  const { logins, limits, agentSocket } = source;
  const signal = source.closing();
  const open = async (): Promise<TunnelTransport> => {
    const { dialSsh2, requirePins, chooseLogin, createSsh2Transport } = await loadSsh2();
    requirePins(target);
    const login = await chooseLogin(target, { agentSocket });
    // The way through another host comes first: its own login needs a handshake's place, too.
    const via = target.via === undefined ? undefined : await shareTunnel(source, target.via);
    const leave = await logins.enterHandshake(signal);
    try {
      const sock =
        via === undefined
          ? await openSocket(target, limits.tcpTimeoutMs, signal)
          : await via.openTunnel(target.address, target.port);
      return createSsh2Transport(target, await dialSsh2({ target, sock, login, limits }, signal), limits);
    } finally {
      leave();
    }
  };
  return source.cache.share(target.name, () => logins.attempt(target, open, signal));
}

// A jump of OpenSSH needs a master of OpenSSH, whatever the jump host's own transport is.
function shareOpenssh(source: Source, target: HostTarget): Promise<OpensshTransport> {
  const open = async (): Promise<OpensshTransport> => {
    const via = target.via === undefined ? undefined : await shareOpenssh(source, target.via);
    const { openOpenssh } = await loadOpenssh();
    const leave = await source.logins.enterHandshake(source.closing());
    try {
      return await openOpenssh(target, await source.openssh(), via);
    } finally {
      leave();
    }
  };
  return source.cache.share(`${target.name} by openssh`, () => source.logins.attempt(target, open, source.closing()));
}

function defaultSharedFolder(): string {
  const runtime = process.env['XDG_RUNTIME_DIR'];
  return runtime === undefined || runtime === '' ? join(homedir(), '.drp', 'ssh') : join(runtime, 'drp-ssh');
}
