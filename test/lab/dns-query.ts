import type { Answer, DecodedPacket, RecordType } from 'dns-packet';
import packet from 'dns-packet';
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import type { Endpoint } from './facts.ts';

export interface DnsReply {
  /** NOERROR, NXDOMAIN, REFUSED … */
  readonly rcode: string;
  readonly authoritative: boolean;
  readonly answers: readonly DnsRecord[];
}

export interface DnsRecord {
  /** Without the final dot. */
  readonly name: string;
  readonly type: string;
  readonly ttlSeconds: number;
  /** As written in a zone file: `127.0.77.10`, `"text"`, `0 issue "ca.test"`. */
  readonly value: string;
}

/** Asks one server one question, without recursion. Throws on silence, with the server's address in the message. */
export async function queryServer(
  server: Endpoint,
  question: { readonly name: string; readonly type: RecordType },
  options: { readonly timeoutMs?: number; readonly tcp?: boolean } = {},
): Promise<DnsReply> {
  const id = Math.floor(Math.random() * 65_535);
  const query = { type: 'query' as const, id, questions: [{ ...question, class: 'IN' as const }] };
  const timeoutMs = options.timeoutMs ?? 2_000;
  const reply =
    options.tcp === true
      ? (
          await overTcp(server, {
            message: packet.streamEncode(query),
            timeoutMs,
            complete: (messages) => messages.length > 0,
          })
        )[0]
      : await overUdp(server, { message: packet.encode(query), timeoutMs, id });
  if (reply === undefined) throw new Error(`${nameOf(server)} closed the connection without an answer`);
  return {
    rcode: (reply as unknown as { rcode: string }).rcode,
    authoritative: reply.flag_aa,
    answers: (reply.answers ?? []).flatMap(toRecord),
  };
}

/** Reads a whole zone (AXFR over TCP); the SOA comes once, first. Throws when the server refuses. */
export async function transferZone(server: Endpoint, zone: string, timeoutMs = 5_000): Promise<readonly DnsRecord[]> {
  const message = packet.streamEncode({ type: 'query', id: 1, questions: [{ name: zone, type: 'AXFR', class: 'IN' }] });
  const answersOf = (messages: readonly DecodedPacket[]): Answer[] => messages.flatMap((each) => each.answers ?? []);
  const complete = (messages: readonly DecodedPacket[]): boolean =>
    answersOf(messages).filter((answer) => answer.type === 'SOA').length > 1 ||
    messages.some((each) => each.answers?.length === 0);
  const answers = answersOf(await overTcp(server, { message, timeoutMs, complete }));
  if (answers.filter((answer) => answer.type === 'SOA').length < 2)
    throw new Error(`${nameOf(server)} gave no transfer of ${zone}`);
  return answers.slice(0, -1).flatMap(toRecord);
}

const nameOf = (server: Endpoint): string => `${server.address}:${String(server.port)}`;

function overUdp(server: Endpoint, query: { message: Buffer; timeoutMs: number; id: number }): Promise<DecodedPacket> {
  const socket = createSocket('udp4');
  return new Promise<DecodedPacket>((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Error(`${nameOf(server)} did not answer within ${String(query.timeoutMs)} ms`));
    }, query.timeoutMs);
    socket.on('message', (message) => {
      const reply = packet.decode(message);
      if (reply.id !== query.id) return;
      clearTimeout(timer);
      resolve(reply);
    });
    socket.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    socket.connect(server.port, server.address, () => {
      socket.send(query.message);
    });
  }).finally(() => socket.close());
}

type Complete = (messages: readonly DecodedPacket[]) => boolean;

function overTcp(
  server: Endpoint,
  query: { message: Buffer; timeoutMs: number; complete: Complete },
): Promise<readonly DecodedPacket[]> {
  const socket = connect({ host: server.address, port: server.port });
  return new Promise<readonly DecodedPacket[]>((resolve, reject) => {
    let received = Buffer.alloc(0);
    const messages: DecodedPacket[] = [];
    const timer = setTimeout(() => {
      reject(new Error(`${nameOf(server)} did not answer within ${String(query.timeoutMs)} ms`));
    }, query.timeoutMs);
    socket.on('connect', () => socket.write(query.message));
    socket.on('data', (bytes: Buffer) => {
      received = Buffer.concat([received, bytes]);
      while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
        const end = 2 + received.readUInt16BE(0);
        messages.push(packet.decode(received.subarray(2, end)));
        received = received.subarray(end);
      }
      if (query.complete(messages)) resolve(messages);
    });
    socket.on('error', reject);
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(messages);
    });
  }).finally(() => socket.destroy());
}

function toRecord(answer: Answer): DnsRecord[] {
  if (answer.type === 'OPT' || !('data' in answer)) return [];
  const ttlSeconds = 'ttl' in answer && typeof answer.ttl === 'number' ? answer.ttl : 0;
  return [{ name: answer.name.replace(/\.$/, ''), type: answer.type, ttlSeconds, value: valueOf(answer) }];
}

function valueOf(answer: Exclude<Answer, { type: 'OPT' }>): string {
  switch (answer.type) {
    case 'A':
    case 'AAAA':
      return answer.data;
    case 'NS':
    case 'CNAME':
    case 'PTR':
      return `${answer.data.replace(/\.$/, '')}.`;
    case 'TXT':
      return [answer.data]
        .flat()
        .map((text) => `"${text.toString()}"`)
        .join(' ');
    case 'MX':
      return `${String(answer.data.preference ?? 0)} ${answer.data.exchange}.`;
    case 'SOA': {
      const { mname, rname, serial, refresh, retry, expire, minimum } = answer.data;
      return `${mname}. ${rname}. ${[serial, refresh, retry, expire, minimum].map(String).join(' ')}`;
    }
    default:
      return JSON.stringify(answer.data);
  }
}
