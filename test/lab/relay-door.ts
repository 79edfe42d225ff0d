import { once } from 'node:events';
import type { Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { DatagramDoor } from './relay-datagrams.ts';
import { openDatagramDoor } from './relay-datagrams.ts';
import type { Pump, Traffic } from './relay-pump.ts';
import { createPump } from './relay-pump.ts';
import type { Relay, RelayMode, RelayState } from './relay.ts';

export interface RelayDoor {
  set(mode: RelayMode): Promise<void>;
  state(): RelayState;
}

type LastingMode = RelayState['mode'];

interface Pair {
  readonly client: Socket;
  readonly upstream: Socket;
  readonly pumps: readonly Pump[];
}

/** Listens for one relay. Throws when the address is taken. */
export async function openDoor(relay: Relay): Promise<RelayDoor> {
  let mode: LastingMode = { kind: 'pass' };
  let bytes = 0;
  let cutAt = Number.POSITIVE_INFINITY;
  const pairs = new Set<Pair>();
  const traffic = (): Traffic => trafficOf(mode);

  const cut = (): void => {
    cutAt = Number.POSITIVE_INFINITY;
    for (const pair of pairs) {
      pair.client.resetAndDestroy();
      pair.upstream.resetAndDestroy();
    }
  };
  const moved = (count: number): void => {
    bytes += count;
    if (bytes >= cutAt) cut();
  };
  const accept = (client: Socket): void => {
    const pair = pairUp(client, { relay, traffic, moved });
    pairs.add(pair);
    client.on('close', () => pairs.delete(pair));
  };

  let server: Server | undefined = await listen(relay, accept);
  let hole: BlackHole | undefined;
  const datagrams: DatagramDoor | undefined =
    relay.udp === true ? await openDatagramDoor(relay, () => mode) : undefined;

  return {
    async set(next) {
      if (next.kind === 'cut') {
        if (next.afterBytes === undefined) cut();
        else cutAt = bytes + next.afterBytes;
        return;
      }
      mode = next;
      const closed = next.kind === 'refuse' || next.kind === 'blackhole';
      if (closed && server !== undefined) {
        server.close();
        server = undefined;
      }
      if (next.kind !== 'blackhole') hole = await hole?.close();
      if (next.kind === 'refuse') cut();
      if (next.kind === 'blackhole') hole ??= await openBlackHole(relay);
      if (!closed) server ??= await listen(relay, accept);
      await datagrams?.follow();
      for (const pair of pairs) for (const pump of pair.pumps) pump.wake();
    },
    state: () => ({ relay, mode, connections: pairs.size, bytes }),
  };
}

function trafficOf(mode: LastingMode): Traffic {
  const frozen = mode.kind === 'freeze' || mode.kind === 'blackhole';
  if (mode.kind !== 'slow') return { frozen, delayMs: 0, bytesPerSecond: 0 };
  return { frozen, delayMs: mode.delayMs ?? 0, bytesPerSecond: mode.bytesPerSecond ?? 0 };
}

function listen(relay: Relay, accept: (client: Socket) => void): Promise<Server> {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, accept);
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      const { address, port } = relay.listen;
      reject(new Error(`relay ${relay.name} cannot listen on ${address}:${String(port)}: ${cause.message}`, { cause }));
    });
    server.listen({ host: relay.listen.address, port: relay.listen.port, backlog: 511 }, () => {
      resolve(server);
    });
  });
}

/** The upstream side is bound to the client's own loopback address, so that servers see who really asks. */
function pairUp(client: Socket, door: { relay: Relay; traffic: () => Traffic; moved: (bytes: number) => void }): Pair {
  const { address, port } = door.relay.target;
  const from = client.remoteAddress ?? '';
  const bound = from.startsWith('127.') ? { localAddress: from } : {};
  const upstream = connect({ host: address, port, ...bound, allowHalfOpen: true, noDelay: true });
  const pumps = [
    createPump({ source: client, sink: upstream }, door.traffic, door.moved),
    createPump({ source: upstream, sink: client }, door.traffic, door.moved),
  ];
  client.on('error', () => upstream.resetAndDestroy());
  upstream.on('error', () => client.resetAndDestroy());
  for (const pump of pumps) pump.wake();
  return { client, upstream, pumps };
}

interface BlackHole {
  close(): Promise<undefined>;
}

/** Takes the port with a worker that never accepts, and fills its queue: from then on SYNs are dropped. */
async function openBlackHole(relay: Relay): Promise<BlackHole> {
  const release = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(new URL('./relay-blackhole.ts', import.meta.url), {
    workerData: { listen: relay.listen, release },
  });
  const ended = new Promise<undefined>((resolve) => {
    worker.once('exit', () => {
      resolve(undefined);
    });
  });
  await new Promise<void>((resolve, reject) => {
    worker.once('message', () => {
      resolve();
    });
    worker.once('error', reject);
  });
  const fillers = [1, 2, 3, 4].map(() => connect({ host: relay.listen.address, port: relay.listen.port }));
  for (const filler of fillers) filler.on('error', () => undefined); // those beyond the queue's room hang, as intended
  // A client of the lab may have taken a place in the queue meanwhile; then a filler hangs, and the queue is full all the same.
  await Promise.race([Promise.all(fillers.slice(0, 2).map((filler) => once(filler, 'connect'))), delay(500)]);
  return {
    close: () => {
      for (const filler of fillers) filler.destroy();
      Atomics.store(release, 0, 1);
      Atomics.notify(release, 0);
      return ended;
    },
  };
}
