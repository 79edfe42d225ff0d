import { createHash, createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { WireError, WireReader, withoutLeadingZeros } from './ssh-wire.ts';

/** A public key as OpenSSH writes it. `application` is set for keys that live in a hardware token. */
export interface PublicKey {
  readonly type: string;
  readonly blob: Buffer;
  readonly key: KeyObject;
  readonly fingerprint: string;
  readonly application?: string;
}

const curves: Readonly<Record<string, string>> = { nistp256: 'P-256', nistp384: 'P-384', nistp521: 'P-521' };
const smallestRsaBits = 2048;

/** Reads a public key blob (RFC 4253 section 6.6, RFC 5656, RFC 8709, OpenSSH PROTOCOL.u2f). Throws WireError. */
export function readPublicKey(blob: Uint8Array): PublicKey {
  const reader = new WireReader(blob);
  const type = reader.text();
  const hardware = type.startsWith('sk-');
  const key = createPublicKey({ key: jwk(type, reader), format: 'jwk' });
  const application = hardware ? reader.text() : undefined;
  reader.end();
  const common = { type, key, blob: Buffer.from(blob), fingerprint: fingerprintOf(blob) };
  return application === undefined ? common : { ...common, application };
}

/** `TYPE BASE64 [comment]` → key blob; undefined where it is not one. */
export function blobOfLine(line: string): Buffer | undefined {
  const [type, base64] = line.trim().split(/\s+/);
  if (type === undefined || base64 === undefined || !/^[A-Za-z0-9+/]+=*$/.test(base64)) return undefined;
  const blob = Buffer.from(base64, 'base64');
  try {
    return new WireReader(blob).text() === type ? blob : undefined;
  } catch {
    // Cut short: not a key.
    return undefined;
  }
}

/** `SHA256:…` as ssh-keygen -l shows it. */
export function fingerprintOf(blob: Uint8Array): string {
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
}

function jwk(type: string, reader: WireReader): JsonWebKey {
  if (type === 'ssh-ed25519' || type === 'sk-ssh-ed25519@openssh.com') {
    const point = reader.bytes();
    if (point.length !== 32) throw new WireError('its ed25519 key is not 32 bytes');
    return { kty: 'OKP', crv: 'Ed25519', x: point.toString('base64url') };
  }
  if (/^(ecdsa-sha2-nistp(256|384|521)|sk-ecdsa-sha2-nistp256@openssh\.com)$/.test(type)) {
    const curve = reader.text();
    const point = reader.bytes();
    const crv = curves[curve];
    const half = (point.length - 1) / 2;
    if (crv === undefined || !type.includes(curve) || point[0] !== 4)
      throw new WireError('its curve point is not plain');
    const x = point.subarray(1, 1 + half).toString('base64url');
    return { kty: 'EC', crv, x, y: point.subarray(1 + half).toString('base64url') };
  }
  if (type === 'ssh-rsa') {
    const e = withoutLeadingZeros(reader.bytes());
    const n = withoutLeadingZeros(reader.bytes());
    if (n.length * 8 < smallestRsaBits) throw new WireError(`its RSA key is shorter than ${smallestRsaBits} bits`);
    return { kty: 'RSA', e: e.toString('base64url'), n: n.toString('base64url') };
  }
  throw new WireError(`keys of type '${type}' are not supported`);
}
