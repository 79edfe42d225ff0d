import { createHmac, timingSafeEqual } from 'node:crypto';
import { encodeName } from './wire.ts';

/** A shared key of RFC 8945. `secret` holds the raw bytes. */
export interface TsigKey {
  readonly name: string;
  readonly algorithm: 'hmac-sha256' | 'hmac-sha512';
  readonly secret: Uint8Array;
}

export type TsigVerdict =
  | { readonly kind: 'good' }
  /** The server did not accept our signature: BADSIG, BADKEY or BADTIME (`serverSeconds`: its clock). */
  | { readonly kind: 'refused'; readonly error: string; readonly serverSeconds?: number }
  /** The reply is not shown to come from the holder of the key. */
  | { readonly kind: 'unproven'; readonly reason: string };

const fudgeSeconds = 300; // RFC 8945, 10
const typeTsig = 250;
const classAny = 255;
const errors: Readonly<Record<number, string>> = { 16: 'BADSIG', 17: 'BADKEY', 18: 'BADTIME', 22: 'BADTRUNC' };

/** A message with a TSIG record at its end, and the MAC the reply's own MAC is bound to. */
export function signMessage(
  message: Uint8Array,
  key: TsigKey,
  nowSeconds: number,
): { readonly signed: Uint8Array; readonly mac: Uint8Array } {
  const variables = tsigVariables(key, {
    signedAt: nowSeconds,
    fudge: fudgeSeconds,
    error: 0,
    other: new Uint8Array(),
  });
  const mac = digest(key, [message, variables]);
  const data = Buffer.concat([
    algorithmName(key),
    uint48(nowSeconds),
    uint16(fudgeSeconds),
    uint16(mac.length),
    mac,
    Buffer.from(message.subarray(0, 2)),
    uint16(0),
    uint16(0),
  ]);
  const record = Buffer.concat([
    encodeName(key.name),
    uint16(typeTsig),
    uint16(classAny),
    Buffer.alloc(4),
    uint16(data.length),
    data,
  ]);
  const signed = Buffer.concat([message, record]);
  signed.writeUInt16BE(signed.readUInt16BE(10) + 1, 10);
  return { signed, mac };
}

/** Checks the reply to a signed request, whose MAC it is bound to (RFC 8945, 5.3). */
export function verifyReply(
  reply: Uint8Array,
  key: TsigKey,
  asked: { readonly mac: Uint8Array; readonly nowSeconds: number },
): TsigVerdict {
  const bytes = Buffer.from(reply);
  const record = lastRecord(bytes);
  if (record?.type !== typeTsig) return { kind: 'unproven', reason: 'the reply carries no signature' };
  const tsig = readTsig(bytes, record.dataAt);
  const error = errors[tsig.error];
  // BADKEY and BADSIG come unsigned: the server shares no key with us. They say no, so nothing hangs on who says it.
  if (error !== undefined && error !== 'BADTIME') return { kind: 'refused', error };
  const stripped = Buffer.from(bytes.subarray(0, record.startsAt));
  stripped.writeUInt16BE(stripped.readUInt16BE(10) - 1, 10);
  tsig.originalId.copy(stripped, 0);
  const expected = digest(key, [uint16(asked.mac.length), asked.mac, stripped, tsigVariables(key, tsig)]);
  if (expected.length !== tsig.mac.length || !timingSafeEqual(expected, tsig.mac)) {
    return { kind: 'unproven', reason: 'the signature of the reply does not match' };
  }
  if (error === 'BADTIME') {
    return {
      kind: 'refused',
      error,
      ...(tsig.other.length === 6 ? { serverSeconds: tsig.other.readUIntBE(0, 6) } : {}),
    };
  }
  if (Math.abs(asked.nowSeconds - tsig.signedAt) > tsig.fudge) {
    return { kind: 'unproven', reason: `the reply was signed at another time (${String(tsig.signedAt)})` };
  }
  return { kind: 'good' };
}

interface TsigFields {
  readonly signedAt: number;
  readonly fudge: number;
  readonly error: number;
  readonly other: Uint8Array;
}

function tsigVariables(key: TsigKey, fields: TsigFields): Uint8Array {
  return Buffer.concat([
    encodeName(key.name),
    uint16(classAny),
    Buffer.alloc(4),
    algorithmName(key),
    uint48(fields.signedAt),
    uint16(fields.fudge),
    uint16(fields.error),
    uint16(fields.other.length),
    fields.other,
  ]);
}

function digest(key: TsigKey, parts: readonly Uint8Array[]): Buffer {
  const hmac = createHmac(key.algorithm.replace('hmac-', ''), key.secret);
  for (const part of parts) hmac.update(part);
  return hmac.digest();
}

const algorithmName = (key: TsigKey): Uint8Array => encodeName(key.algorithm);

/** The last record of the additional section: a TSIG stands there or nowhere. */
function lastRecord(bytes: Buffer): { startsAt: number; dataAt: number; type: number } | undefined {
  let offset = 12;
  for (let left = bytes.readUInt16BE(4); left > 0; left -= 1) offset = afterName(bytes, offset) + 4;
  let last: { startsAt: number; dataAt: number; type: number } | undefined;
  const count = bytes.readUInt16BE(6) + bytes.readUInt16BE(8) + bytes.readUInt16BE(10);
  for (let left = count; left > 0; left -= 1) {
    const fieldsAt = afterName(bytes, offset);
    last = { startsAt: offset, dataAt: fieldsAt + 10, type: bytes.readUInt16BE(fieldsAt) };
    offset = fieldsAt + 10 + bytes.readUInt16BE(fieldsAt + 8);
  }
  return bytes.readUInt16BE(10) === 0 ? undefined : last;
}

function readTsig(bytes: Buffer, dataAt: number): TsigFields & { mac: Buffer; originalId: Buffer; other: Buffer } {
  const at = afterName(bytes, dataAt);
  const macAt = at + 10;
  const macEnd = macAt + bytes.readUInt16BE(at + 8);
  const otherAt = macEnd + 6;
  return {
    signedAt: bytes.readUIntBE(at, 6),
    fudge: bytes.readUInt16BE(at + 6),
    mac: bytes.subarray(macAt, macEnd),
    originalId: bytes.subarray(macEnd, macEnd + 2),
    error: bytes.readUInt16BE(macEnd + 2),
    other: bytes.subarray(otherAt, otherAt + bytes.readUInt16BE(macEnd + 4)),
  };
}

function afterName(bytes: Buffer, start: number): number {
  let offset = start;
  for (;;) {
    const length = bytes.readUInt8(offset);
    if (length === 0) return offset + 1;
    if (length >= 0xc0) return offset + 2;
    offset += length + 1;
  }
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

function uint48(value: number): Buffer {
  const bytes = Buffer.alloc(6);
  bytes.writeUIntBE(value, 0, 6);
  return bytes;
}
