import { createHash, createPrivateKey, createPublicKey } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { hostNames, type HostName, type LabFacts, type PersonName } from './facts.ts';
import type { LabContext } from './process.ts';

/** An ed25519 pair as OpenSSH writes it. */
export interface PracticeKey {
  readonly privateText: string;
  /** `ssh-ed25519 AAAA…`, no comment. */
  readonly publicKey: string;
}

export interface KeyFacts {
  readonly operatorKey: string;
  readonly people: LabFacts['people'];
  readonly allowedSigners: string;
}

const keyType = 'ssh-ed25519';
const people: readonly PersonName[] = ['anne', 'otto', 'vera'];
/** DER before the 32-byte seed of an ed25519 key, RFC 8410. */
const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex');
const notice = 'published practice key, protects nothing';

/** The key of a name in a lab on this net: always the same, so what was pinned stays right when the lab is made again. */
export function practiceKey(net: string, name: string): PracticeKey {
  const seed = createHash('sha256').update(`drp practice lab key: ${net} ${name}`).digest();
  const privateKey = createPrivateKey({ key: Buffer.concat([pkcs8Prefix, seed]), format: 'der', type: 'pkcs8' });
  const point = createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(-32);
  const blob = Buffer.concat([sshString(keyType), sshString(point)]);
  return {
    privateText: opensshPrivateKey(seed, point, `${name} (${notice})`),
    publicKey: `${keyType} ${blob.toString('base64')}`,
  };
}

/** Writes a private key file (0600) and its .pub; gives the public key. */
export function writeKey(net: string, name: string, file: string): string {
  const key = practiceKey(net, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, key.privateText, { mode: 0o600 });
  writeFileSync(`${file}.pub`, `${key.publicKey} ${name} (${notice})\n`);
  return key.publicKey;
}

/** Keys of the operator's laptop and of the people; host keys are written with their sshd. */
export function writeKeys(lab: LabContext): KeyFacts {
  const folder = join(lab.dir, 'keys');
  const operatorKey = join(folder, 'operator');
  writeKey(lab.net, 'operator', operatorKey);
  const person = (name: PersonName): { keyFile: string; publicKey: string } => {
    const keyFile = join(folder, name);
    return { keyFile, publicKey: writeKey(lab.net, name, keyFile) };
  };
  const facts = { anne: person('anne'), otto: person('otto'), vera: person('vera') };
  const allowedSigners = join(folder, 'allowed_signers');
  writeFileSync(
    allowedSigners,
    people.map((name) => `${name} namespaces="drp-approval@v1" ${facts[name].publicKey}\n`).join(''),
  );
  writeFileSync(
    join(folder, 'README'),
    `Every key here is a ${notice}: anyone can derive it from its name.\nNever put one on a machine that matters.\n`,
  );
  return { operatorKey, people: facts, allowedSigners };
}

/** The host key of every host of a lab on this net, `ssh-ed25519 AAAA…`. */
export function hostKeys(net: string): Record<HostName, string> {
  const entries = [...hostNames, 'pdu' as const].map((name) => [name, practiceKey(net, `host ${name}`).publicKey]);
  return Object.fromEntries(entries) as Record<HostName, string>;
}

/** The format `openssh-key-v1`, unencrypted (PROTOCOL.key of OpenSSH). */
function opensshPrivateKey(seed: Buffer, point: Buffer, comment: string): string {
  const check = createHash('sha256').update(seed).update('check').digest().subarray(0, 4); // random in OpenSSH; only has to appear twice
  const secret = [
    check,
    check,
    sshString(keyType),
    sshString(point),
    sshString(Buffer.concat([seed, point])),
    sshString(comment),
  ];
  const length = secret.reduce((sum, part) => sum + part.length, 0);
  const padding = Buffer.from(Array.from({ length: (8 - (length % 8)) % 8 }, (_, index) => index + 1));
  const body = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    sshString('none'),
    sshString('none'),
    sshString(''),
    uint32(1),
    sshString(Buffer.concat([sshString(keyType), sshString(point)])),
    sshString(Buffer.concat([...secret, padding])),
  ]);
  const lines = body.toString('base64').match(/.{1,70}/g) ?? [];
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${lines.join('\n')}\n-----END OPENSSH PRIVATE KEY-----\n`;
}

function sshString(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([uint32(bytes.length), bytes]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
