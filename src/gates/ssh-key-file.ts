import { createPrivateKey, sign, type JsonWebKey, type KeyObject } from 'node:crypto';
import { DrpError, toError } from '../base/errors.ts';
import { readAtMostSync } from '../base/read-at-most.ts';
import { fingerprintOf, readPublicKey } from './ssh-public-key.ts';
import { wireBytes, WireError, wireInteger, WireReader, withoutLeadingZeros } from './ssh-wire.ts';
import { approvalNamespace, armorSignature, bytesToSign, hashOfCurve } from './sshsig.ts';

/** A key that can sign now. */
export interface Signer {
  readonly publicKey: Buffer;
  readonly keyType: string;
  readonly fingerprint: string;
  readonly comment: string;
  /** Armored SSHSIG over the exact text. A hardware key waits for a touch. Throws key-unreadable. */
  sign(text: string, namespace?: string): Promise<string>;
}

interface PrivateKey {
  readonly type: string;
  readonly blob: Buffer;
  readonly key: KeyObject;
  readonly comment: string;
}

const keyBytesMax = 65_536;
const magic = Buffer.from('openssh-key-v1\0');

/**
 * A signer for an unencrypted OpenSSH private key file (ed25519, ecdsa, rsa). Encrypted keys and keys in hardware tokens are
 * for the agent. Throws key-unreadable.
 */
export function readKeyFile(file: string): Signer {
  let key: PrivateKey;
  try {
    key = parseKeyFile(readAtMostSync(file, keyBytesMax).toString('utf8'));
  } catch (thrown) {
    throw new DrpError('key-unreadable', { file, reason: toError(thrown).message }, { cause: thrown });
  }
  return {
    publicKey: key.blob,
    keyType: key.type,
    fingerprint: fingerprintOf(key.blob),
    comment: key.comment,
    sign: async (text, namespace = approvalNamespace) =>
      armorSignature(key.blob, rawSignature(key, bytesToSign(text, namespace)), namespace),
  };
}

function rawSignature({ type, key }: PrivateKey, data: Buffer): Buffer {
  if (type === 'ssh-ed25519') return Buffer.concat([wireBytes(type), wireBytes(sign(null, data, key))]);
  if (type === 'ssh-rsa') return Buffer.concat([wireBytes('rsa-sha2-512'), wireBytes(sign('sha512', data, key))]);
  const pair = sign(hashOfCurve(type), data, { key, dsaEncoding: 'ieee-p1363' });
  const half = pair.length / 2;
  const inner = Buffer.concat([wireInteger(pair.subarray(0, half)), wireInteger(pair.subarray(half))]);
  return Buffer.concat([wireBytes(type), wireBytes(inner)]);
}

/** OpenSSH PROTOCOL.key. */
function parseKeyFile(text: string): PrivateKey {
  const match = /-----BEGIN OPENSSH PRIVATE KEY-----\r?\n([A-Za-z0-9+/=\s]+)-----END OPENSSH PRIVATE KEY-----/.exec(
    text,
  );
  if (match === null) throw new WireError('it is not an OpenSSH private key file');
  const reader = new WireReader(Buffer.from(match[1] ?? '', 'base64'));
  if (!reader.raw(magic.length).equals(magic)) throw new WireError('it is not an OpenSSH private key file');
  const cipher = reader.text();
  reader.bytes();
  reader.bytes();
  if (cipher !== 'none') throw new WireError('it is protected by a passphrase');
  if (reader.number() !== 1) throw new WireError('it holds more than one key');
  const blob = Buffer.from(reader.bytes());
  const secret = new WireReader(reader.bytes());
  reader.end();
  if (secret.number() !== secret.number()) throw new WireError('it is damaged');
  const type = secret.text();
  const key = privateKey(type, secret, readPublicKey(blob).key.export({ format: 'jwk' }));
  return { type, blob, key, comment: secret.text() };
}

function privateKey(type: string, secret: WireReader, publicPart: JsonWebKey): KeyObject {
  const base64url = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url');
  const from = (fields: JsonWebKey): KeyObject =>
    createPrivateKey({ key: { ...publicPart, ...fields }, format: 'jwk' });
  if (type === 'ssh-ed25519') {
    secret.bytes();
    return from({ d: base64url(secret.bytes().subarray(0, 32)) });
  }
  if (type.startsWith('ecdsa-sha2-')) {
    secret.bytes();
    const size = secret.bytes().length;
    const scalar = withoutLeadingZeros(secret.bytes());
    const padded = Buffer.concat([Buffer.alloc((size - 1) / 2 - scalar.length), scalar]);
    return from({ d: base64url(padded) });
  }
  if (type === 'ssh-rsa') {
    secret.bytes();
    secret.bytes();
    const [d, qi, p, q] = [1, 2, 3, 4].map(() => withoutLeadingZeros(secret.bytes())) as [
      Buffer,
      Buffer,
      Buffer,
      Buffer,
    ];
    const fields = { d, qi, p, q, dp: remainder(d, p), dq: remainder(d, q) };
    return from(Object.fromEntries(Object.entries(fields).map(([name, bytes]) => [name, base64url(bytes)])));
  }
  if (type.startsWith('sk-')) throw new WireError('it lives in a hardware token: load it into the agent with ssh-add');
  throw new WireError(`keys of type '${type}' are not supported`);
}

/** d mod (prime - 1): OpenSSH leaves these two numbers out. */
function remainder(d: Buffer, prime: Buffer): Buffer {
  const value = BigInt(`0x${d.toString('hex')}`) % (BigInt(`0x${prime.toString('hex')}`) - 1n);
  const hex = value.toString(16);
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
}
