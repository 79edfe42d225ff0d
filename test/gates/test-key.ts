import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { wireBytes } from '../../src/gates/ssh-wire.ts';
import { approvalNamespace, armorSignature, bytesToSign } from '../../src/gates/sshsig.ts';

/** A published ed25519 key made from a name: its signatures are the same every time. Good for tests and vectors only. */
export function testKey(name: string): { readonly line: string; sign(text: string, namespace?: string): string } {
  const seed = createHash('sha256').update(`drp published test key: ${name}`).digest();
  // PKCS #8 of an ed25519 seed (RFC 8410): a fixed prefix, then the 32 bytes.
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const point = Buffer.from(createPublicKey(key).export({ format: 'jwk' }).x ?? '', 'base64url');
  const blob = Buffer.concat([wireBytes('ssh-ed25519'), wireBytes(point)]);
  return {
    line: `ssh-ed25519 ${blob.toString('base64')}`,
    sign: (text, namespace = approvalNamespace) => {
      const raw = sign(null, bytesToSign(text, namespace), key);
      return armorSignature(blob, Buffer.concat([wireBytes('ssh-ed25519'), wireBytes(raw)]), namespace);
    },
  };
}
