import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { AddressInfo, Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { endProcess } from './process.ts';
import { addRelay, listRelays, setRelay } from './relay.ts';
import type { TestLab } from './test-lab.ts';
import { makeTestLab } from './test-lab.ts';

let testLab: TestLab;
let echo: Server;
let target: { address: string; port: number };
const listen = () => ({ address: `${testLab.lab.net}.10`, port: 2222 });

beforeAll(async () => {
  testLab = makeTestLab();
  echo = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.write(`${socket.remoteAddress ?? ''}\n`);
    socket.pipe(socket);
  });
  echo.listen(0, '127.0.0.1');
  await once(echo, 'listening');
  target = { address: '127.0.0.1', port: (echo.address() as AddressInfo).port };
  await addRelay(testLab.lab, { name: 'echo', listen: listen(), target });
});

afterAll(async () => {
  await testLab.end();
  echo.close();
});

/** Connects and gives the first line received, or the code of the error, or 'silence'. */
async function firstWords(waitMs = 3_000): Promise<string> {
  const socket = connect({ host: listen().address, port: listen().port, localAddress: `${testLab.lab.net}.99` });
  try {
    return await outcome(socket, waitMs);
  } finally {
    socket.destroy();
  }
}

function outcome(socket: Socket, waitMs = 3_000): Promise<string> {
  return new Promise((resolve) => {
    let connected = !socket.connecting;
    const timer = setTimeout(() => {
      resolve(connected ? 'silence' : 'no connection');
    }, waitMs);
    const settle = (words: string) => {
      clearTimeout(timer);
      resolve(words);
    };
    socket.once('connect', () => (connected = true));
    socket.once('data', (bytes: Buffer) => {
      settle(bytes.toString().trim());
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      settle(error.code ?? error.message);
    });
    socket.once('close', () => {
      settle('closed');
    });
  });
}

async function openConnection(): Promise<Socket> {
  const socket = connect({ host: listen().address, port: listen().port });
  await once(socket, 'data');
  return socket;
}

describe('relay', () => {
  test('the same door twice is one door, another with its name is refused', async () => {
    await addRelay(testLab.lab, { name: 'echo', listen: listen(), target });
    await expect(addRelay(testLab.lab, { name: 'echo', listen: { ...listen(), port: 2223 }, target })).rejects.toThrow(
      'exists with other ends',
    );
    await expect(addRelay(testLab.lab, { name: 'second', listen: listen(), target })).rejects.toThrow('EADDRINUSE');
    expect((await listRelays(testLab.lab)).map((state) => state.relay.name)).toEqual(['echo']);
  });

  test('pass carries bytes, and the server sees the address of the client', async () => {
    expect(await firstWords()).toBe(`${testLab.lab.net}.99`);
  });

  test('pass carries megabytes unchanged and in order, with half-closed ends', async () => {
    const socket = await openConnection();
    const sent = Buffer.alloc(8_000_000, 'abcdefghijk');
    const received: Buffer[] = [];
    socket.on('data', (bytes: Buffer) => received.push(bytes));
    socket.end(sent);
    await once(socket, 'close');
    expect(Buffer.concat(received).equals(sent)).toBe(true);
  });

  test('refuse resets open connections and refuses new ones; pass opens the door again', async () => {
    const socket = await openConnection();
    const end = outcome(socket);
    await setRelay(testLab.lab, 'echo', { kind: 'refuse' });
    expect(await end).toBe('ECONNRESET');
    expect(await firstWords()).toBe('ECONNREFUSED');
    await setRelay(testLab.lab, 'echo', { kind: 'pass' });
    expect(await firstWords()).toContain('127');
  });

  test('blackhole drops SYNs and hangs open connections, which go on afterwards', async () => {
    const socket = await openConnection();
    await setRelay(testLab.lab, 'echo', { kind: 'blackhole' });
    socket.write('still there?');
    expect(await outcome(socket, 300)).toBe('silence');
    expect(await firstWords(400)).toBe('no connection');
    await setRelay(testLab.lab, 'echo', { kind: 'pass' });
    expect(await outcome(socket)).toBe('still there?');
    expect(await firstWords()).toContain('127');
    socket.destroy();
  });

  test('freeze accepts and stays silent; what was sent meanwhile arrives when it thaws', async () => {
    const socket = await openConnection();
    await setRelay(testLab.lab, 'echo', { kind: 'freeze' });
    socket.write('later');
    expect(await outcome(socket, 300)).toBe('silence');
    expect(await firstWords(300)).toBe('silence');
    const answer = outcome(socket);
    await setRelay(testLab.lab, 'echo', { kind: 'pass' });
    expect(await answer).toBe('later');
    socket.destroy();
  });

  test('cut resets open connections once, or when so many bytes have passed', async () => {
    const first = await openConnection();
    const firstEnd = outcome(first);
    await setRelay(testLab.lab, 'echo', { kind: 'cut' });
    expect(await firstEnd).toBe('ECONNRESET');
    const second = await openConnection();
    second.resume();
    await setRelay(testLab.lab, 'echo', { kind: 'cut', afterBytes: 1_000_000 });
    second.write(Buffer.alloc(4_000_000));
    const [error] = (await once(second, 'error').catch((reason: unknown) => [reason])) as [NodeJS.ErrnoException];
    expect(['ECONNRESET', 'EPIPE']).toContain(error.code);
    expect(await firstWords()).toContain('127');
  });

  test('slow adds its delay and keeps to its rate', async () => {
    await setRelay(testLab.lab, 'echo', { kind: 'slow', delayMs: 150 });
    let from = performance.now();
    await firstWords();
    expect(performance.now() - from).toBeGreaterThan(140);
    await setRelay(testLab.lab, 'echo', { kind: 'slow', bytesPerSecond: 100_000 });
    const socket = await openConnection();
    from = performance.now();
    let bytes = 0;
    socket.on('data', (chunk: Buffer) => (bytes += chunk.length));
    socket.end(Buffer.alloc(100_000));
    await once(socket, 'close');
    await setRelay(testLab.lab, 'echo', { kind: 'pass' });
    expect(bytes).toBe(100_000);
    expect(performance.now() - from).toBeGreaterThan(700);
  }, 30_000);

  test('a relay process that was killed takes up its doors and their modes again', async () => {
    await setRelay(testLab.lab, 'echo', { kind: 'freeze' });
    await endProcess(testLab.lab, 'relay', { signal: 'SIGKILL' });
    expect(await firstWords()).toBe('ECONNREFUSED');
    await addRelay(testLab.lab, { name: 'echo', listen: listen(), target });
    expect(await firstWords(300)).toBe('silence');
    await setRelay(testLab.lab, 'echo', { kind: 'pass' });
    expect(await firstWords()).toContain('127');
    await expect(setRelay(testLab.lab, 'none', { kind: 'pass' })).rejects.toThrow(
      'no relay is called none; there are: echo',
    );
  });

  test('datagrams pass both ways, and are dropped by a freeze', async () => {
    const server = createSocket('udp4');
    server.on('message', (message, client) => server.send(`re: ${message.toString()}`, client.port, client.address));
    server.bind(0, '127.0.0.1');
    await once(server, 'listening');
    const door = { address: `${testLab.lab.net}.40`, port: 5353 };
    await addRelay(testLab.lab, {
      name: 'udp',
      listen: door,
      target: { address: '127.0.0.1', port: server.address().port },
      udp: true,
    });
    const client = createSocket('udp4');
    const answers: string[] = [];
    client.on('message', (message) => answers.push(message.toString()));
    const got = once(client, 'message');
    client.send('one', door.port, door.address);
    await got;
    await setRelay(testLab.lab, 'udp', { kind: 'freeze' });
    client.send('two', door.port, door.address);
    await setRelay(testLab.lab, 'udp', { kind: 'pass' });
    const again = once(client, 'message');
    client.send('three', door.port, door.address);
    await again;
    expect(answers).toEqual(['re: one', 're: three']);
    client.close();
    server.close();
  });
});
