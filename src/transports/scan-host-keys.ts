import type { Duplex } from 'node:stream';
import ssh2, { type ServerHostKeyAlgorithm } from 'ssh2';
import { DrpError } from '../base/errors.ts';
import { standardLimits } from './connection-limits.ts';
import { algorithmsByType, fingerprint } from './host-keys.ts';
import { openSocket } from './socket.ts';

/** A host key as it was shown, not yet believed. */
export interface ScannedHostKey {
  readonly type: string;
  /** `TYPE BASE64`, as the runbook pins it. */
  readonly key: string;
  /** `SHA256:…`, for the comparison by another way. */
  readonly fingerprint: string;
}

/** How a host is reached for a scan. */
export interface ScanOptions {
  readonly signal?: AbortSignal;
  /** Types asked for, one connection each (default: all). */
  readonly types?: readonly string[];
  /** Opens a way to the host, once a key type (default: a TCP connection). */
  readonly openWay?: () => Promise<Duplex>;
}

/**
 * Asks a host for the keys it shows, one of each type, and hangs up before any login. What it answers proves nothing:
 * the fingerprints are to be compared with what the owner says by another way. Throws host-unreachable.
 */
export async function scanHostKeys(
  address: string,
  port: number,
  options: ScanOptions = {},
): Promise<ScannedHostKey[]> {
  const openWay =
    options.openWay ??
    (() => openSocket({ name: address, address, port }, standardLimits.tcpTimeoutMs, options.signal));
  const found: ScannedHostKey[] = [];
  for (const [type, algorithms] of algorithmsByType) {
    if (options.types?.includes(type) === false) continue;
    options.signal?.throwIfAborted();
    const bytes = await shownKey(await openWay(), [...algorithms]);
    if (bytes === undefined) continue;
    found.push({ type, key: `${type} ${bytes.toString('base64')}`, fingerprint: fingerprint(bytes) });
  }
  if (found.length === 0) {
    throw new DrpError('host-unreachable', { host: address, address, port, reason: 'it showed no host key' });
  }
  return found;
}

async function shownKey(sock: Duplex, algorithms: ServerHostKeyAlgorithm[]): Promise<Buffer | undefined> {
  const client = new ssh2.Client();
  try {
    return await new Promise<Buffer | undefined>((resolve) => {
      let shown: Buffer | undefined;
      const end = (): void => resolve(shown);
      client.on('error', end).on('close', end);
      client.connect({
        sock,
        username: 'drp',
        readyTimeout: standardLimits.loginTimeoutMs,
        algorithms: { serverHostKey: algorithms },
        hostVerifier: (key: Buffer) => {
          shown = key;
          return false;
        },
      });
    });
  } finally {
    client.on('error', () => undefined);
    client.end();
    sock.destroy();
  }
}
