import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import packet from 'dns-packet';
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { askServer } from '../../../src/providers/dns/exchange.ts';

/** What the server does with datagrams; over TCP it always answers whole. */
let udpAnswers: 'cut' | 'silent' | 'other-id' = 'cut';
let udp: UdpSocket;
let tcp: Server;
let port = 0;

const values = Array.from({ length: 60 }, (_, index) => `192.0.2.${String(index)}`);
const reply = (query: Buffer, options: { cut?: boolean; id?: number } = {}): Buffer => {
  const { id, questions } = packet.decode(query);
  return packet.encode({
    type: 'response',
    id: options.id ?? id ?? 0,
    flags: packet.AUTHORITATIVE_ANSWER | (options.cut === true ? packet.TRUNCATED_RESPONSE : 0),
    questions: questions ?? [],
    answers: options.cut === true ? [] : values.map((data) => ({ type: 'A', name: 'www.kyc.test', ttl: 60, data })),
  });
};

beforeAll(async () => {
  tcp = createServer((socket) => {
    socket.on('data', (bytes: Buffer) => {
      const answer = reply(bytes.subarray(2));
      const length = Buffer.alloc(2);
      length.writeUInt16BE(answer.length);
      // In two pieces: the reader must wait for the rest.
      socket.write(Buffer.concat([length, answer.subarray(0, 100)]));
      socket.end(answer.subarray(100));
    });
  });
  await new Promise<void>((resolve) => tcp.listen(0, '127.0.0.1', resolve));
  ({ port } = tcp.address() as AddressInfo);
  udp = createSocket('udp4');
  udp.on('message', (query, from) => {
    if (udpAnswers === 'other-id')
      udp.send(reply(query, { cut: true, id: 1 + (packet.decode(query).id ?? 0) }), from.port, from.address);
    if (udpAnswers !== 'silent') udp.send(reply(query, { cut: true }), from.port, from.address);
  });
  await new Promise<void>((resolve) => udp.bind(port, '127.0.0.1', resolve));
});
afterAll(() => {
  udp.close();
  tcp.close();
});

const ask = () => askServer({ address: '127.0.0.1', port }, { name: 'www.kyc.test', type: 'A' }, { timeoutMs: 300 });

describe('a question to one name server', () => {
  test.each(['cut', 'silent', 'other-id'] as const)(
    'over UDP it is %s: the whole answer comes over TCP',
    async (how) => {
      udpAnswers = how;
      const { records, authoritative } = await ask();
      expect(authoritative).toBe(true);
      expect(records[0]?.values).toHaveLength(60);
    },
  );

  test('an aborted question ends at once', async () => {
    udpAnswers = 'silent';
    const signal = AbortSignal.abort(new Error('enough'));
    const asking = askServer({ address: '127.0.0.1', port }, { name: 'x', type: 'A' }, { timeoutMs: 60_000, signal });
    await expect(asking).rejects.toThrow('enough');
  });
});
