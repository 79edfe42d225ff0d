import { describe, expect, test } from '@jest/globals';
import { createHmac } from 'node:crypto';
import type { TsigKey } from '../../../src/providers/dns/tsig.ts';
import { signMessage, verifyReply } from '../../../src/providers/dns/tsig.ts';
import { encodeQuestion, encodeUpdate } from '../../../src/providers/dns/wire.ts';

const key: TsigKey = { name: 'Drp-Update', algorithm: 'hmac-sha256', secret: Buffer.from('0123456789abcdef') };
const nowSeconds = 1_795_000_000;

/** A server's reply: signed as a reply is, its MAC bound to that of the request (RFC 8945, 5.3). */
function replyTo(requestMac: Uint8Array, options: { id?: number; with?: TsigKey } = {}): Buffer {
  const message = Buffer.from(encodeQuestion(options.id ?? 7, { name: 'kyc.test', type: 'SOA' }));
  message.writeUInt16BE(0x8000, 2);
  const { signed } = signMessage(message, options.with ?? key, nowSeconds);
  // The variables are those of a request; only the digest differs.
  const variables = variablesOf(options.with ?? key);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(requestMac.length);
  const mac = createHmac('sha256', (options.with ?? key).secret)
    .update(Buffer.concat([length, requestMac, message, variables]))
    .digest();
  const reply = Buffer.from(signed);
  mac.copy(reply, reply.length - 6 - 32);
  return reply;
}

function variablesOf(of: TsigKey): Buffer {
  const name = Buffer.concat([Buffer.of(of.name.length), Buffer.from(of.name.toLowerCase()), Buffer.of(0)]);
  const algorithm = Buffer.concat([Buffer.of(11), Buffer.from('hmac-sha256'), Buffer.of(0)]);
  const times = Buffer.alloc(12);
  times.writeUIntBE(nowSeconds, 0, 6);
  times.writeUInt16BE(300, 6);
  return Buffer.concat([name, Buffer.from([0, 255, 0, 0, 0, 0]), algorithm, times]);
}

describe('signatures of dynamic updates', () => {
  const { signed, mac } = signMessage(encodeUpdate(7, 'kyc.test', []), key, nowSeconds);

  test('a request grows by exactly one additional record and keeps its id', () => {
    expect(signed.length).toBeGreaterThan(80);
    expect(Buffer.from(signed).readUInt16BE(10)).toBe(1);
    expect(Buffer.from(signed).readUInt16BE(0)).toBe(7);
  });

  test('a reply of the holder of the key, to this request, in time, is good', () => {
    expect(verifyReply(replyTo(mac), key, { mac, nowSeconds })).toEqual({ kind: 'good' });
  });

  test.each([
    ['to another request', () => replyTo(Buffer.alloc(32)), nowSeconds],
    ['by another key', () => replyTo(mac, { with: { ...key, secret: Buffer.from('other') } }), nowSeconds],
    ['with one bit changed', () => flip(replyTo(mac), 20), nowSeconds],
    ['from ten minutes ago', () => replyTo(mac), nowSeconds + 600],
    ['without a signature', () => Buffer.from(encodeQuestion(7, { name: 'kyc.test', type: 'SOA' })), nowSeconds],
  ])('a reply %s proves nothing', (_, make, now) => {
    expect(verifyReply(make(), key, { mac, nowSeconds: now }).kind).toBe('unproven');
  });
});

function flip(bytes: Buffer, at: number): Buffer {
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  return bytes;
}
