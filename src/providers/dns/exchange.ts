import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { connect, isIPv6 } from 'node:net';
import { toError } from '../../base/errors.ts';
import type { Question, Reply } from './wire.ts';
import { decodeReply, encodeQuestion } from './wire.ts';

/** A name server at its address; nothing is looked up. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

export interface ExchangeOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

export const newMessageId = (): number => randomInt(0, 65_536);

/**
 * Asks over UDP; a silent server once more, over UDP and TCP side by side (some networks let only one of them out); over TCP
 * where the answer was cut. Throws an Error that says who was silent and how long.
 */
export async function askServer(server: Endpoint, question: Question, options: ExchangeOptions): Promise<Reply> {
  const message = encodeQuestion(newMessageId(), question);
  const reply = await overUdp(server, message, options).catch((first: unknown) => {
    options.signal?.throwIfAborted();
    if (toError(first).name !== 'TimeoutError') throw first;
    return Promise.any([overUdp(server, message, options), overTcp(server, message, options)]).catch(() => {
      throw first;
    });
  });
  const decoded = decodeReply(reply);
  return decoded.truncated ? decodeReply(await overTcp(server, message, options)) : decoded;
}

/** One datagram out, the first reply that fits it back. */
function overUdp(server: Endpoint, message: Uint8Array, options: ExchangeOptions): Promise<Uint8Array> {
  const socket = createSocket(isIPv6(server.address) ? 'udp6' : 'udp4');
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
  const ending = endings(server, options, reject);
  socket.on('message', (reply) => {
    if (answersTo(message, reply)) resolve(reply);
  });
  socket.on('error', reject);
  // Connected: replies from elsewhere are dropped by the kernel, and a closed port is told at once.
  socket.connect(server.port, server.address, () => {
    socket.send(message);
  });
  return promise.finally(() => {
    ending();
    socket.close();
  });
}

/** One message out, one back, over TCP. */
export function overTcp(server: Endpoint, message: Uint8Array, options: ExchangeOptions): Promise<Uint8Array> {
  const socket = connect({ host: server.address, port: server.port });
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
  const ending = endings(server, options, reject);
  let received = Buffer.alloc(0);
  socket.on('connect', () => {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(message.length);
    socket.write(Buffer.concat([length, message]));
  });
  socket.on('data', (bytes: Buffer) => {
    received = Buffer.concat([received, bytes]);
    if (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) return;
    const reply = received.subarray(2, 2 + received.readUInt16BE(0));
    if (answersTo(message, reply)) resolve(reply);
    else reject(new Error(`${nameOf(server)} answered another question`));
  });
  socket.on('error', reject);
  socket.on('close', () => {
    reject(new Error(`${nameOf(server)} closed the connection without an answer`));
  });
  return promise.finally(() => {
    ending();
    socket.destroy();
  });
}

/** Same id, and a reply. What it answers is compared by the caller, who knows the question. */
function answersTo(message: Uint8Array, reply: Uint8Array): boolean {
  return reply.length >= 12 && reply[0] === message[0] && reply[1] === message[1] && ((reply[2] ?? 0) & 0x80) !== 0;
}

function endings(server: Endpoint, options: ExchangeOptions, reject: (reason: unknown) => void): () => void {
  const timer = setTimeout(() => {
    const error = new Error(`${nameOf(server)} did not answer within ${String(options.timeoutMs / 1000)} s`);
    error.name = 'TimeoutError';
    reject(error);
  }, options.timeoutMs);
  const onAbort = (): void => {
    reject(toError(options.signal?.reason));
  };
  if (options.signal?.aborted === true) onAbort();
  options.signal?.addEventListener('abort', onAbort, { once: true });
  return () => {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', onAbort);
  };
}

const nameOf = (server: Endpoint): string => `${server.address}:${String(server.port)}`;
