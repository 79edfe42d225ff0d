import { createServer } from 'node:net';

/** The first three numbers of a loopback /24 on which no lab is up, so that demos and tests stand side by side. */
export async function freeNet(): Promise<string> {
  for (let tries = 0; tries < 50; tries += 1) {
    const net = `127.${String(20 + Math.floor(Math.random() * 200))}.${String(1 + Math.floor(Math.random() * 250))}`;
    if (await isFree(`${net}.20`, 2222)) return net;
  }
  throw new Error('no loopback network is free for a lab');
}

function isFree(address: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => {
      resolve(false);
    });
    server.listen(port, address, () => {
      server.close(() => {
        resolve(true);
      });
    });
  });
}
