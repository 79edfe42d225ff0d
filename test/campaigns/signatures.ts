import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { wireBytes, wireNumber } from '../../src/gates/ssh-wire.ts';
import { approvalNamespace, armorSignature, bytesToSign } from '../../src/gates/sshsig.ts';
import { testKey } from '../gates/test-key.ts';

/** What all of them sign. */
export const signedMessage = '{"decision":"approve","gate":"switchover","run":"k3f9-2a7m"}';

/** Armored signatures that hold, one a kind of key. Those of `signatures.json` were made by ssh-keygen, once. */
export function goodSignatures(): readonly { readonly type: string; readonly armor: string }[] {
  const made = JSON.parse(readFileSync(join(import.meta.dirname, 'signatures.json'), 'utf8')) as Record<string, string>;
  return [
    { type: 'ed25519', armor: testKey('anne').sign(signedMessage) },
    { type: 'sk-ed25519', armor: hardwareSignature() },
    ...Object.entries(made).map(([type, armor]) => ({ type, armor })),
  ];
}

/** As a touched hardware key makes it (OpenSSH PROTOCOL.u2f): over the application, flags, a counter and the text's hash. */
function hardwareSignature(): string {
  const type = 'sk-ssh-ed25519@openssh.com';
  const seed = createHash('sha256').update('drp published test key: hardware').digest();
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const point = Buffer.from(createPublicKey(key).export({ format: 'jwk' }).x ?? '', 'base64url');
  const sha256 = (bytes: string | Buffer): Buffer => createHash('sha256').update(bytes).digest();
  const counted = Buffer.concat([Buffer.from([0x01]), wireNumber(7)]);
  const raw = sign(
    null,
    Buffer.concat([sha256('ssh:'), counted, sha256(bytesToSign(signedMessage, approvalNamespace))]),
    key,
  );
  const blob = Buffer.concat([wireBytes(type), wireBytes(point), wireBytes('ssh:')]);
  return armorSignature(blob, Buffer.concat([wireBytes(type), wireBytes(raw), counted]), approvalNamespace);
}
