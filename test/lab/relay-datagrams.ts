import type { Socket } from 'node:dgram';
import { createSocket } from 'node:dgram';
import type { Relay, RelayState } from './relay.ts';

export interface DatagramDoor {
  /** Opens or closes the port as the mode now asks. */
  follow(): Promise<void>;
}

const idleMs = 30_000;

/** The UDP side of a relay: one upstream socket for each client, forgotten after half a minute without traffic. */
export async function openDatagramDoor(relay: Relay, mode: () => RelayState['mode']): Promise<DatagramDoor> {
  const upstreams = new Map<string, Socket>();
  let server: Socket | undefined;

  const carry = (send: () => void): void => {
    const now = mode();
    if (now.kind === 'pass') send();
    else if (now.kind === 'slow') setTimeout(send, now.delayMs ?? 0);
    // freeze, blackhole: the datagram is lost
  };
  const upstreamFor = (client: { address: string; port: number }): Socket => {
    const key = `${client.address}:${String(client.port)}`;
    const known = upstreams.get(key);
    if (known !== undefined) return known;
    const upstream = createSocket('udp4');
    upstreams.set(key, upstream);
    const idle = setTimeout(() => upstream.close(), idleMs);
    upstream.bind(0, client.address.startsWith('127.') ? client.address : undefined);
    upstream.on('message', (message) => {
      idle.refresh();
      carry(() => server?.send(message, client.port, client.address));
    });
    upstream.on('error', () => upstream.close());
    upstream.on('close', () => {
      clearTimeout(idle);
      upstreams.delete(key);
    });
    return upstream;
  };
  const open = (): Promise<Socket> => {
    const socket = createSocket('udp4');
    return new Promise((resolve, reject) => {
      socket.once('error', reject);
      socket.bind(relay.listen.port, relay.listen.address, () => {
        socket.off('error', reject);
        socket.on('error', () => undefined); // ICMP from a client that went away
        socket.on('message', (message, client) => {
          carry(() => {
            upstreamFor(client).send(message, relay.target.port, relay.target.address);
          });
        });
        resolve(socket);
      });
    });
  };

  server = await open();
  return {
    async follow() {
      if (mode().kind === 'refuse') {
        server?.close();
        server = undefined;
      } else server ??= await open();
    },
  };
}
