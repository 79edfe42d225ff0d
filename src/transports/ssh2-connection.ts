import type { Duplex } from 'node:stream';
import ssh2, { type Algorithms, type AnyAuthMethod, type Client } from 'ssh2';
import { DrpError, toError } from '../base/errors.ts';
import type { ConnectionLimits } from './connection-limits.ts';
import { fingerprint, hostKeyAlgorithms, isPinned } from './host-keys.ts';
import type { HostTarget } from './transport.ts';

/** What a connection is made of. */
export interface Ssh2Dial {
  readonly target: HostTarget;
  /** An open way to the host: a TCP connection, or a tunnel through another host. Closed here if the login fails. */
  readonly sock: Duplex;
  readonly login: AnyAuthMethod;
  readonly limits: ConnectionLimits;
}

// ssh2 still offers SHA-1 by default; nothing that a supported server lacks remains after it is gone.
const algorithms: Algorithms = {
  kex: [
    'curve25519-sha256',
    'curve25519-sha256@libssh.org',
    'ecdh-sha2-nistp256',
    'ecdh-sha2-nistp384',
    'ecdh-sha2-nistp521',
    'diffie-hellman-group-exchange-sha256',
    'diffie-hellman-group16-sha512',
    'diffie-hellman-group18-sha512',
    'diffie-hellman-group14-sha256',
  ],
  cipher: [
    'aes128-gcm@openssh.com',
    'aes256-gcm@openssh.com',
    'chacha20-poly1305@openssh.com',
    'aes256-ctr',
    'aes192-ctr',
    'aes128-ctr',
  ],
  hmac: ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com', 'hmac-sha2-256', 'hmac-sha2-512'],
  compress: ['none'],
};

/** Throws host-key-not-pinned where there is nothing to compare a host key with: such a host is not even called. */
export function requirePins(target: HostTarget): void {
  if (hostKeyAlgorithms(target.hostKeys).length === 0) throw new DrpError('host-key-not-pinned', { host: target.name });
}

/**
 * Handshake and login over an open way. Resolves with a client that is logged in on the pinned host. Throws
 * host-key-not-pinned, host-key-mismatch, login-refused, and host-unreachable with `dropped: true` where the host hung
 * up (too many logins at once, a restart), so that another try may do.
 */
export async function dialSsh2(dial: Ssh2Dial, signal?: AbortSignal): Promise<Client> {
  const { target, sock, login, limits } = dial;
  requirePins(target);
  const client = new ssh2.Client();
  let shown: Buffer | undefined;
  let agentError: Error | undefined;
  let onAbort: (() => void) | undefined;
  try {
    signal?.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      onAbort = () => reject(toError(signal?.reason));
      signal?.addEventListener('abort', onAbort, { once: true });
      client.on('ready', resolve);
      client.on('close', () => reject(droppedError(target, 'it closed the connection')));
      client.on('error', (error: Error & { readonly level?: string }) => {
        // An agent that refuses to sign is not the end: ssh2 says what comes of it in the next event.
        if (error.level === 'agent') agentError = error;
        else reject(translate(target, error, { shown, agentError }));
      });
      client.connect({
        sock,
        username: target.user,
        authHandler: [login],
        readyTimeout: limits.loginTimeoutMs,
        keepaliveInterval: limits.keepaliveMs,
        keepaliveCountMax: limits.keepaliveCount,
        algorithms: { ...algorithms, serverHostKey: [...hostKeyAlgorithms(target.hostKeys)] },
        hostVerifier: (key: Buffer) => {
          shown = key;
          return isPinned(target.hostKeys, key);
        },
      });
    });
    client.removeAllListeners('error').removeAllListeners('close').on('error', ignoreLate);
    return client;
  } catch (error) {
    client.removeAllListeners('error').on('error', ignoreLate);
    client.end();
    sock.on('error', ignoreLate);
    sock.destroy();
    throw error;
  } finally {
    if (onAbort !== undefined) signal?.removeEventListener('abort', onAbort);
  }
}

// Every end of a connection also shows as `close`, which is what counts; an `error` nobody hears would end the process.
function ignoreLate(): void {}

// The one place where ssh2's errors get their meaning.
function translate(
  target: HostTarget,
  error: Error & { readonly level?: string },
  seen: { readonly shown: Buffer | undefined; readonly agentError: Error | undefined },
): DrpError {
  const { name: host, address, port, user } = target;
  const pinned = target.hostKeys.map(fingerprint).join(' or ');
  if (seen.shown !== undefined && !isPinned(target.hostKeys, seen.shown)) {
    const found = fingerprint(seen.shown);
    return new DrpError('host-key-mismatch', { host, address, port, found, pinned }, { cause: error });
  }
  // It has no key of a pinned type at all; ssh2 gives this no code of its own.
  if (error.level === 'handshake' && error.message.includes('no matching host key format')) {
    return new DrpError(
      'host-key-mismatch',
      { host, address, port, found: 'of other types', pinned },
      { cause: error },
    );
  }
  if (error.level === 'client-authentication') {
    const reason =
      seen.agentError === undefined ? 'it does not accept the key' : `the agent: ${seen.agentError.message}`;
    return new DrpError('login-refused', { host, user, address, port, reason }, { cause: error });
  }
  if (error.level === 'client-timeout') {
    const details = { host, address, port, reason: `no login within the deadline (${error.message})` };
    return new DrpError('host-unreachable', details, { cause: error });
  }
  return droppedError(target, error.message, error);
}

function droppedError(target: HostTarget, reason: string, cause?: Error): DrpError {
  const details = { host: target.name, address: target.address, port: target.port, reason, dropped: true };
  return new DrpError('host-unreachable', details, cause === undefined ? {} : { cause });
}
