import { spawn } from 'node:child_process';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A TCP way that goes silent: nothing more moves either way, and nobody is told. */
export interface SilentWay {
  readonly port: number;
  /** Bytes that came back from the server so far, all connections together. */
  readonly backBytes: () => number;
  close(): Promise<void>;
}

/** Carries everything until `holeAfterBytes` came back from the server; from there on both ways swallow what they get. */
export async function startSilentWay(toPort: number, holeAfterBytes: number): Promise<SilentWay> {
  const sockets = new Set<Socket>();
  let back = 0;
  const server = createServer((near) => {
    const far = connect({ host: '127.0.0.1', port: toPort, noDelay: true });
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    }
    const open = (): boolean => back < holeAfterBytes;
    near.on('data', (bytes: Buffer) => {
      if (open()) far.write(bytes);
    });
    near.on('close', () => far.destroy());
    // Where a server gives a silent client up, no word of it comes through either.
    far.on('data', (bytes: Buffer) => {
      const rest = bytes.subarray(0, Math.max(0, holeAfterBytes - back));
      back += bytes.length;
      near.write(rest);
    });
    far.on('close', () => {
      if (open()) near.destroy();
    });
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    backBytes: () => back,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A port that never takes a connection: its listener's queue is full and nobody empties it. */
export async function startBlackHole(): Promise<{ readonly port: number; close(): void }> {
  const script =
    'const s = require("net").createServer(); s.listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => console.log(s.address().port))';
  const holder = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'ignore'] });
  const port = Number(await new Promise<Buffer>((resolve) => holder.stdout.once('data', resolve)));
  holder.kill('SIGSTOP');
  const fillers: Socket[] = Array.from({ length: 4 }, () => connect(port, '127.0.0.1').on('error', () => undefined));
  await new Promise((resolve) => fillers[0]?.once('connect', resolve));
  return {
    port,
    close: () => {
      for (const filler of fillers) filler.destroy();
      holder.kill('SIGKILL');
    },
  };
}
