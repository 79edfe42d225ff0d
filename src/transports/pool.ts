import { join } from 'node:path';
import { homedir } from 'node:os';
import { rm } from 'node:fs/promises';
import { systemClock, type Clock } from '../base/clock.ts';
import { DrpError, isDrpError, toError } from '../base/errors.ts';
import { standardLimits, type ConnectionLimits } from './connection-limits.ts';
import { createLocalTransport } from './local-transport.ts';
import { createLoginLimits } from './login-limits.ts';
import {
  connectInteractively,
  createControlFolder,
  openOpenssh,
  type OpensshSettings,
  type OpensshTransport,
} from './openssh-transport.ts';
import { openSocket } from './socket.ts';
import { dialSsh2, requirePins } from './ssh2-connection.ts';
import { chooseLogin } from './ssh2-login.ts';
import { createSsh2Transport } from './ssh2-transport.ts';
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
  /** A person has looked at a host that refused logins: it may be tried again. */
  allowLogins(hostName: string): void;
}

/** A host that is not in the pool is a fault of the plan: internal. */
export function createTransportPool(targets: readonly HostTarget[], options: PoolOptions = {}): HostPool {
  const limits: ConnectionLimits = { ...standardLimits, ...options.limits };
  const clock = options.clock ?? systemClock;
  const logins = createLoginLimits({ limits, clock, random: options.random ?? Math.random });
  const byName = new Map(targets.map((target) => [target.name, target]));
  const connections = new Map<string, Promise<Transport>>();
  let ownFolder: Promise<string> | undefined;

  const opensshSettings = async (): Promise<OpensshSettings> => {
    ownFolder ??= createControlFolder();
    return { limits, sharedFolder: options.sharedFolder ?? defaultSharedFolder(), ownFolder: await ownFolder };
  };

  // One connection a key, shared by all who ask; forgotten when it ends, so that the next one who asks makes a new one.
  const share = <T extends Transport>(key: string, open: () => Promise<T>): Promise<T> => {
    const known = connections.get(key);
    if (known !== undefined) return known as Promise<T>;
    const opening = open();
    connections.set(key, opening);
    const forget = (): void => {
      if (connections.get(key) === opening) connections.delete(key);
    };
    opening.then((transport) => {
      if ('ended' in transport) (transport.ended as AbortSignal).addEventListener('abort', forget, { once: true });
    }, forget);
    return opening;
  };

  const ssh2 = (target: HostTarget): Promise<TunnelTransport> =>
    share(target.name, () => {
      requirePins(target);
      return logins.attempt(target, async () => {
        const login = await chooseLogin(target, { agentSocket: options.agentSocket ?? process.env['SSH_AUTH_SOCK'] });
        const way = target.via === undefined ? undefined : await (await tunnels(target.via)).openTunnel(target.address, target.port);
        const leave = await logins.enterHandshake();
        try {
          const sock = way ?? (await openSocket(target, limits.tcpTimeoutMs));
          return createSsh2Transport(target, await dialSsh2({ target, sock, login, limits }), limits);
        } finally {
          leave();
        }
      });
    });

  // A jump of OpenSSH needs a master of OpenSSH, whatever the jump host's own transport is.
  const openssh = (target: HostTarget): Promise<OpensshTransport> =>
    share(`${target.name} openssh`, () =>
      logins.attempt(target, async () => {
        const via = target.via === undefined ? undefined : await openssh(target.via);
        const leave = await logins.enterHandshake();
        try {
          return await openOpenssh(target, await opensshSettings(), via);
        } finally {
          leave();
        }
      }),
    );

  const tunnels = (target: HostTarget): Promise<TunnelTransport> => {
    switch (target.transport) {
      case 'ssh2':
        return ssh2(target);
      case 'openssh':
        return openssh(target);
      case 'local':
        throw new DrpError('internal', { what: `host '${target.name}' is this machine: nothing is reached through it` });
    }
  };

  const find = (hostName: string): HostTarget => {
    const target = byName.get(hostName);
    if (target === undefined) throw new DrpError('internal', { what: `no host '${hostName}' in the plan` });
    return target;
  };

  return {
    connect: async (hostName, { signal } = {}) => {
      signal?.throwIfAborted();
      const target = find(hostName);
      const opening =
        target.transport === 'local' ? share(target.name, async () => createLocalTransport(target)) : tunnels(target);
      return untilAborted<Transport>(opening, signal);
    },
    connectInteractively: async (hostName) => {
      const target = find(hostName);
      const via = target.via === undefined ? undefined : await openssh(target.via);
      await connectInteractively(target, await opensshSettings(), via);
    },
    allowLogins: (hostName) => logins.forgive(hostName),
    closeAll: async () => {
      // Last made, first closed: a tunnel ends before the host it goes through.
      const open = [...connections.values()].reverse();
      connections.clear();
      for (const opening of open) {
        const transport = await opening.catch((error: unknown) => {
          if (isDrpError(error)) return undefined;
          throw error;
        });
        await transport?.close();
      }
      const folder = await ownFolder;
      ownFolder = undefined;
      if (folder !== undefined) await rm(folder, { recursive: true, force: true });
    },
  };
}

function defaultSharedFolder(): string {
  const runtime = process.env['XDG_RUNTIME_DIR'];
  return runtime === undefined || runtime === '' ? join(homedir(), '.drp', 'ssh') : join(runtime, 'drp-ssh');
}

// The connection goes on being made for the others who wait for it; only this caller stops waiting.
function untilAborted<T>(opening: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return opening;
  return new Promise<T>((resolve, reject) => {
    const onAbort = (): void => reject(toError(signal.reason));
    signal.addEventListener('abort', onAbort, { once: true });
    opening.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
