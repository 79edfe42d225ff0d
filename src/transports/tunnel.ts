import type { Duplex } from 'node:stream';
import type { EndingTransport } from './connection-cache.ts';

/** A host that others are reached through. */
export interface TunnelTransport extends EndingTransport {
  /** Opens a way to an address as this host sees it. Throws connection-lost, host-unreachable. */
  openTunnel(address: string, port: number): Promise<Duplex>;
}
