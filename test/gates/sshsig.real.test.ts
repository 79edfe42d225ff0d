import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { createHash, sign as cryptoSign, generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { agentSigners } from '../../src/gates/ssh-agent.ts';
import { readKeyFile } from '../../src/gates/ssh-key-file.ts';
import { wireBytes, wireNumber } from '../../src/gates/ssh-wire.ts';
import { approvalNamespace, armorSignature, bytesToSign, verifySignature } from '../../src/gates/sshsig.ts';

const kinds = [
  ['ed25519', []],
  ['ecdsa', ['-b', '256']],
  ['ecdsa', ['-b', '384']],
  ['ecdsa', ['-b', '521']],
  ['rsa', ['-b', '3072']],
] as const;
const text = '{"format":"drp-approval@v1","reason":"Ünïcode"}';

let folder: string;
let agent: ChildProcess;
let socket: string;
const keyOf = (type: string, options: readonly string[]): string => join(folder, `${type}${options.join('')}`);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'drp-sshsig-'));
  for (const [type, options] of kinds) {
    execFileSync('ssh-keygen', ['-q', '-t', type, ...options, '-N', '', '-C', 'anne', '-f', keyOf(type, options)]);
  }
  socket = join(folder, 'agent');
  agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' });
  const deadline = Date.now() + 20_000;
  while (!existsSync(socket) && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20));
  for (const [type, options] of kinds) {
    execFileSync('ssh-add', ['-q', keyOf(type, options)], { env: { ...process.env, SSH_AUTH_SOCK: socket } });
  }
});
afterAll(async () => {
  // It removes its socket itself.
  const ended = once(agent, 'exit');
  agent.kill();
  await ended;
  rmSync(folder, { recursive: true });
});

/** Stock OpenSSH says whether a signature holds. */
function stockAccepts(armor: string, publicKeyLine: string, message = text): boolean {
  writeFileSync(join(folder, 'signers'), `anne ${publicKeyLine}\n`);
  writeFileSync(join(folder, 'sig'), armor);
  try {
    const argv = [
      '-Y',
      'verify',
      '-f',
      join(folder, 'signers'),
      '-I',
      'anne',
      '-n',
      approvalNamespace,
      '-s',
      join(folder, 'sig'),
    ];
    execFileSync('ssh-keygen', argv, { input: message, stdio: ['pipe', 'ignore', 'ignore'] });
    return true;
  } catch {
    return false;
  }
}

describe.each(kinds)('%s %j', (type, options) => {
  const publicLine = (): string => readFileSync(`${keyOf(type, options)}.pub`, 'utf8').trim();

  test('signed by drp from the key file, stock ssh-keygen accepts it, and nothing else', async () => {
    const signer = readKeyFile(keyOf(type, options));
    // Many: numbers of an ECDSA pair that start with zeros are rare.
    const armors = await Promise.all(Array.from({ length: type === 'ecdsa' ? 40 : 3 }, async () => signer.sign(text)));
    for (const armor of armors) verifySignature(armor, text);
    expect(stockAccepts(armors[0] ?? '', publicLine())).toBe(true);
    expect(stockAccepts(armors[0] ?? '', publicLine(), `${text} `)).toBe(false);
    expect(signer.comment).toBe('anne');
  });

  test('signed by drp through the agent, both accept it', async () => {
    const fingerprint = readKeyFile(keyOf(type, options)).fingerprint;
    const signer = (await agentSigners(socket)).find((one) => one.fingerprint === fingerprint);
    const armor = (await signer?.sign(text)) ?? '';
    expect(verifySignature(armor, text)).toMatchObject({ fingerprint, hardware: false, touched: false });
    expect(stockAccepts(armor, publicLine())).toBe(true);
  });

  test('signed by stock ssh-keygen, drp accepts it and names the key', () => {
    const argv = ['-Y', 'sign', '-q', '-n', approvalNamespace, '-f', keyOf(type, options)];
    const armor = execFileSync('ssh-keygen', argv, {
      input: text,
      encoding: 'utf8',
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    const shown = execFileSync('ssh-keygen', ['-l', '-f', `${keyOf(type, options)}.pub`], { encoding: 'utf8' });
    expect(shown).toContain(verifySignature(armor, text).fingerprint);
    const refused = expect.objectContaining({ code: 'signature-invalid' });
    expect(() => verifySignature(armor, `${text}\n`)).toThrow(refused);
    expect(() => verifySignature(armor, text, 'file')).toThrow(refused);
  });

  test('no flipped bit of the signature passes', async () => {
    const armor = await readKeyFile(keyOf(type, options)).sign(text);
    const bytes = Buffer.from(armor.split('\n').slice(1, -2).join(''), 'base64');
    const step = type === 'ed25519' ? 1 : 37;
    for (let bit = 0; bit < bytes.length * 8; bit += step) {
      const flipped = Buffer.from(bytes);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const forged = `-----BEGIN SSH SIGNATURE-----\n${flipped.toString('base64')}\n-----END SSH SIGNATURE-----\n`;
      expect(() => verifySignature(forged, text)).toThrow(expect.objectContaining({ code: 'signature-invalid' }));
    }
  });
});

describe('a hardware key', () => {
  // What a token answers (OpenSSH PROTOCOL.u2f), with the key in memory: flags say whether somebody touched it.
  function tokenSigns(flags: number, application = 'ssh:'): { armor: string; line: string } {
    const { publicKey, privateKey } = generateKeyPairSync('ed25519');
    const type = 'sk-ssh-ed25519@openssh.com';
    const point = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
    const blob = Buffer.concat([wireBytes(type), wireBytes(point), wireBytes(application)]);
    const sha256 = (bytes: string | Buffer): Buffer => createHash('sha256').update(bytes).digest();
    const tail = Buffer.concat([Buffer.from([flags]), wireNumber(7)]);
    const data = Buffer.concat([sha256(application), tail, sha256(bytesToSign(text, approvalNamespace))]);
    const signature = Buffer.concat([wireBytes(type), wireBytes(cryptoSign(null, data, privateKey)), tail]);
    return { armor: armorSignature(blob, signature, approvalNamespace), line: `${type} ${blob.toString('base64')}` };
  }

  test('that was touched is told from one that was not, and from one that took a PIN', () => {
    expect(verifySignature(tokenSigns(0x01).armor, text)).toMatchObject({
      hardware: true,
      touched: true,
      verified: false,
    });
    expect(verifySignature(tokenSigns(0x05).armor, text)).toMatchObject({
      hardware: true,
      touched: true,
      verified: true,
    });
    expect(verifySignature(tokenSigns(0x00).armor, text)).toMatchObject({ hardware: true, touched: false });
  });

  test('is accepted by stock ssh-keygen too, so both read it alike', () => {
    const { armor, line } = tokenSigns(0x01);
    expect(stockAccepts(armor, line)).toBe(true);
  });

  test('whose flags were changed afterwards is refused', () => {
    const { armor } = tokenSigns(0x00);
    const bytes = Buffer.from(armor.split('\n').slice(1, -2).join(''), 'base64');
    bytes[bytes.length - 5] = 0x01;
    const forged = `-----BEGIN SSH SIGNATURE-----\n${bytes.toString('base64')}\n-----END SSH SIGNATURE-----\n`;
    expect(() => verifySignature(forged, text)).toThrow(expect.objectContaining({ code: 'signature-invalid' }));
  });
});

describe('a key file that cannot sign says why', () => {
  test('a passphrase', () => {
    const file = join(folder, 'locked');
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', 'secret', '-f', file]);
    expect(() => readKeyFile(file)).toThrow('it is protected by a passphrase');
  });
  test('no such file, or another kind of file', () => {
    const refused = expect.objectContaining({ code: 'key-unreadable' });
    expect(() => readKeyFile(join(folder, 'nowhere'))).toThrow(refused);
    expect(() => readKeyFile(`${keyOf('ed25519', [])}.pub`)).toThrow(refused);
  });
  test('no agent', async () => {
    await expect(agentSigners(join(folder, 'nobody'))).rejects.toMatchObject({ code: 'key-unreadable' });
  });
});
