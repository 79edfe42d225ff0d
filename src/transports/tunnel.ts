import type { Duplex } from 'node:stream';
import type { Transport } from './transport.ts';

/** A host that others are reached through. */
export interface TunnelTransport extends Transport {
  /** Opens a way to an address as this host sees it. Throws connection-lost, host-unreachable. */
  openTunnel(address: string, port: number): Promise<Duplex>;
  /** Aborted, with the reason, once the connection has ended for whatever cause. */
  readonly ended: AbortSignal;
}
