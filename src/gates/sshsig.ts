import { createHash, verify } from 'node:crypto';
import { DrpError, toError } from '../base/errors.ts';
import { readPublicKey, type PublicKey } from './ssh-public-key.ts';
import { derPair, wireBytes, WireError, wireNumber, WireReader } from './ssh-wire.ts';

/** Namespace of every signature drp makes or takes: one made for another purpose is never an approval. */
export const approvalNamespace = 'drp-approval@v1';

const magic = Buffer.from('SSHSIG');
const version = 1;
const begin = '-----BEGIN SSH SIGNATURE-----';
const end = '-----END SSH SIGNATURE-----';
const touchedFlag = 0x01;
const verifiedFlag = 0x04;

/** What a signature that holds says about its key. Whose key it is, is another question (allowed-signers, people). */
export interface SignatureFacts {
  readonly fingerprint: string;
  readonly blob: Buffer;
  readonly keyType: string;
  /** The key lives in a hardware token and somebody touched it. */
  readonly touched: boolean;
  /** … and gave a PIN or a fingerprint. */
  readonly verified: boolean;
  readonly hardware: boolean;
}

/**
 * Verifies an armored SSHSIG (OpenSSH PROTOCOL.sshsig) over exact bytes, with nothing but node:crypto. Ed25519, ECDSA, RSA
 * (SHA-2 only) and both kinds of hardware keys. Throws signature-invalid.
 */
export function verifySignature(
  armor: string,
  message: string | Uint8Array,
  namespace = approvalNamespace,
): SignatureFacts {
  try {
    return verifyOrThrow(armor, message, namespace);
  } catch (thrown) {
    throw new DrpError('signature-invalid', { reason: toError(thrown).message }, { cause: thrown });
  }
}

/** The bytes a key signs: never the message itself, so that a login can never be taken for an approval. */
export function bytesToSign(message: string | Uint8Array, namespace: string, hash = 'sha512'): Buffer {
  const digest = createHash(hash).update(message).digest();
  return Buffer.concat([magic, wireBytes(namespace), wireBytes(''), wireBytes(hash), wireBytes(digest)]);
}

/** Puts a raw SSH signature in its armour, as `ssh-keygen -Y sign` writes it. */
export function armorSignature(publicKey: Uint8Array, signature: Uint8Array, namespace: string): string {
  const fields = [publicKey, namespace, '', 'sha512', signature].map((field) => wireBytes(field));
  const blob = Buffer.concat([magic, wireNumber(version), ...fields]);
  return `${begin}\n${blob.toString('base64').replace(/.{1,70}/g, '$&\n')}${end}\n`;
}

function verifyOrThrow(armor: string, message: string | Uint8Array, namespace: string): SignatureFacts {
  const reader = new WireReader(bytesOfArmor(armor));
  if (!reader.raw(magic.length).equals(magic) || reader.number() !== version)
    throw new WireError('it is not an SSHSIG of version 1');
  const key = readPublicKey(reader.bytes());
  const found = reader.text();
  const reserved = reader.bytes();
  const hash = reader.text();
  const signature = new WireReader(reader.bytes());
  reader.end();
  if (found !== namespace) throw new WireError(`it was made for '${found}', not for '${namespace}'`);
  if (reserved.length > 0) throw new WireError('its reserved field is in use');
  if (hash !== 'sha512' && hash !== 'sha256') throw new WireError(`hash '${hash}' is not allowed`);
  const { flags } = checkSignature(key, bytesToSign(message, namespace, hash), signature);
  return {
    fingerprint: key.fingerprint,
    blob: key.blob,
    keyType: key.type,
    hardware: key.application !== undefined,
    touched: (flags & touchedFlag) !== 0,
    verified: (flags & verifiedFlag) !== 0,
  };
}

function checkSignature(key: PublicKey, signed: Buffer, signature: WireReader): { readonly flags: number } {
  const algorithm = signature.text();
  const raw = signature.bytes();
  let flags = 0;
  let data = signed;
  if (key.application !== undefined) {
    flags = signature.byte();
    const counter = signature.number();
    data = Buffer.concat([sha256(key.application), Buffer.from([flags]), wireNumber(counter), sha256(signed)]);
  }
  signature.end();
  if (!holds(key, data, { algorithm, raw })) throw new WireError('it does not match the text and its key');
  return { flags };
}

function holds(
  key: PublicKey,
  data: Buffer,
  { algorithm, raw }: { readonly algorithm: string; readonly raw: Buffer },
): boolean {
  if (key.type === 'ssh-rsa') {
    const hash = { 'rsa-sha2-512': 'sha512', 'rsa-sha2-256': 'sha256' }[algorithm];
    if (hash === undefined) throw new WireError(`algorithm '${algorithm}' is not allowed`);
    return verify(hash, data, key.key, raw);
  }
  if (algorithm !== key.type) throw new WireError(`algorithm '${algorithm}' does not fit a key of type '${key.type}'`);
  if (key.type.includes('ed25519')) return raw.length === 64 && verify(null, data, key.key, raw);
  const pair = new WireReader(raw);
  const der = derPair(pair.bytes(), pair.bytes());
  pair.end();
  return verify(hashOfCurve(key.type), data, key.key, der);
}

/** Hash that goes with a curve (RFC 5656 section 6.2.1). */
export function hashOfCurve(type: string): string {
  if (type.includes('nistp521')) return 'sha512';
  return type.includes('nistp384') ? 'sha384' : 'sha256';
}

function bytesOfArmor(armor: string): Buffer {
  const text = armor.replaceAll('\r\n', '\n').trim();
  if (!text.startsWith(`${begin}\n`) || !text.endsWith(`\n${end}`))
    throw new WireError('it is not an armored SSH signature');
  const base64 = text.slice(begin.length, -end.length).replaceAll('\n', '');
  const bytes = Buffer.from(base64, 'base64');
  // Buffer.from skips what it does not know; a signature has one spelling only.
  if (bytes.toString('base64') !== base64) throw new WireError('its base64 is damaged');
  return bytes;
}

function sha256(bytes: string | Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}
