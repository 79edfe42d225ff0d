import { createServer } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';
import type { Endpoint } from './facts.ts';

/**
 * A worker that listens and then never takes a connection: it waits, blocked, until `release` becomes 1.
 * With its short queue full the kernel drops SYNs, as a host without power does.
 */
const { listen, release } = workerData as { listen: Endpoint; release: Int32Array };
const server = createServer((socket) => socket.resetAndDestroy());
server.on('error', (error) => {
  throw error;
});
server.listen({ host: listen.address, port: listen.port, backlog: 1 }, () => {
  parentPort?.postMessage('listening');
  Atomics.wait(release, 0, 0);
  server.close();
  process.exit(0);
});
