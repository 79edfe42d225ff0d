import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { wireBytes, wireNumber } from '../../src/gates/ssh-wire.ts';
import { approvalNamespace, armorSignature, bytesToSign } from '../../src/gates/sshsig.ts';

/** Flags of a token's answer: somebody touched it; it took a PIN or a fingerprint, too. */
export const touched = 0x01;
export const touchedWithPin = 0x05;

const type = 'sk-ssh-ed25519@openssh.com';

/** What a hardware key answers (OpenSSH PROTOCOL.u2f), its key made from a name and held in memory: for tests only. */
export function testToken(
  name: string,
  application = 'ssh:',
): { readonly line: string; sign(text: string, flags?: number): string } {
  const seed = createHash('sha256').update(`drp published test token: ${name}`).digest();
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const point = Buffer.from(createPublicKey(key).export({ format: 'jwk' }).x ?? '', 'base64url');
  const blob = Buffer.concat([wireBytes(type), wireBytes(point), wireBytes(application)]);
  return {
    line: `${type} ${blob.toString('base64')}`,
    sign: (text, flags = touched) => {
      const tail = Buffer.concat([Buffer.from([flags]), wireNumber(7)]);
      const data = Buffer.concat([sha256(application), tail, sha256(bytesToSign(text, approvalNamespace))]);
      const signature = Buffer.concat([wireBytes(type), wireBytes(sign(null, data, key)), tail]);
      return armorSignature(blob, signature, approvalNamespace);
    },
  };
}

function sha256(bytes: string | Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}
