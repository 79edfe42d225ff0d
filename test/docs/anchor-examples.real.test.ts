import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFile, execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

// The scripts are those of docs/operations.md, word for word, but for the folder and the address of the authority.
const page = readFileSync(new URL('../../docs/operations.md', import.meta.url).pathname, 'utf8');
const scripts = [...page.matchAll(/```sh\n(#!\/bin\/sh -e\n[\s\S]*?)```/g)].map(([, text = '']) => text);
const programs = ['git', 'curl', 'openssl', 'ssh-keygen'].filter((name) => spawnSync('which', [name]).status !== 0);
if (programs.length > 0) console.warn(`SKIPPED: examples of anchors: ${programs.join(', ')} missing`);
const there = programs.length > 0 ? describe.skip : describe;
const head = 'k3f9-2a7m 41:0f3a99c2d1e0b938108c62cd99720a3ca2221adf1d0a809f746a8638c826221e';
const run = promisify(execFile);

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'drp-anchors-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function script(mark: string, name: string, change: (text: string) => string = (text) => text): string {
  const text = scripts.find((one) => one.includes(mark)) ?? '';
  const place = join(folder, name);
  mkdirSync(place);
  const file = join(folder, `${name}.sh`);
  writeFileSync(file, change(text.replaceAll('/var/lib/drp/anchors', place)));
  chmodSync(file, 0o700);
  return file;
}

there('the anchors of docs/operations.md', () => {
  test('there are three, and the one that was never run says so', () => {
    expect(scripts).toHaveLength(3);
    expect(page.slice(0, page.indexOf(scripts[2] ?? '')).slice(-400)).toContain('has not been run');
    for (const text of scripts) expect(spawnSync('sh', ['-n'], { input: text }).status).toBe(0);
  });

  test('a signed tag: pushed once, found again when tried again, and its line is under the signature', () => {
    const file = script('git tag', 'tags');
    const place = join(folder, 'tags');
    const home = { ...process.env, HOME: folder, GIT_CONFIG_NOSYSTEM: '1' };
    const git = (...args: readonly string[]): string =>
      execFileSync('git', args, { cwd: place, env: home, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
    execFileSync('git', ['init', '-q', '--bare', join(folder, 'kept.git')], { env: home });
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, 'key')]);
    writeFileSync(join(folder, 'signers'), `drp ${readFileSync(join(folder, 'key.pub'), 'utf8')}`);
    git('init', '-q');
    const settings = [
      ['user.name', 'drp'],
      ['user.email', 'drp@example'],
      ['gpg.format', 'ssh'],
      ['user.signingkey', join(folder, 'key')],
      ['gpg.ssh.allowedSignersFile', join(folder, 'signers')],
    ];
    for (const [name = '', value = ''] of settings) git('config', name, value);
    git('commit', '-q', '--allow-empty', '-m', 'anchors');
    git('remote', 'add', 'origin', join(folder, 'nowhere.git'));
    const keep = () => spawnSync(file, [head], { env: home, encoding: 'utf8' });
    expect(keep().status).not.toBe(0);
    git('remote', 'set-url', 'origin', join(folder, 'kept.git'));
    expect(keep()).toMatchObject({ status: 0, stderr: '' });
    expect(keep().status).toBe(0);
    const tag = head.replaceAll(/[ :]/g, '-');
    expect(execFileSync('git', ['tag'], { cwd: join(folder, 'kept.git'), env: home, encoding: 'utf8' }).trim()).toBe(
      tag,
    );
    const shown = spawnSync('git', ['tag', '-v', tag], { cwd: place, env: home, encoding: 'utf8' });
    expect(shown.status).toBe(0);
    expect(shown.stdout).toContain(head);
    expect(shown.stderr).toContain('Good "git" signature for drp');
  }, 30_000);

  test('a timestamp: the authority is asked, and its answer verifies over the line and over no other', async () => {
    const authority = makeAuthority();
    const server = await serve(authority);
    const { port } = server.address() as AddressInfo;
    try {
      const file = script('openssl ts', 'stamps', (text) =>
        text.replace('https://tsa.example/tsr', `http://127.0.0.1:${String(port)}/tsr`),
      );
      await run(file, [head]);
      const place = join(folder, 'stamps');
      const [name = ''] = readdirSync(place).filter((one) => one.endsWith('.tsr'));
      const line = join(place, name.replace('.tsr', '.txt'));
      expect(readFileSync(line, 'utf8')).toBe(`${head}\n`);
      const verify = (data: string) =>
        spawnSync('openssl', ['ts', '-verify', '-data', data, '-in', join(place, name), '-CAfile', authority.cert]);
      expect(verify(line).status).toBe(0);
      writeFileSync(join(place, 'other.txt'), `${head.replace('41', '42')}\n`);
      expect(verify(join(place, 'other.txt')).status).not.toBe(0);
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
    await expect(run(join(folder, 'stamps.sh'), ['k3f9-2a7m 42:ab'])).rejects.toThrow();
    expect(existsSync(join(folder, 'stamps', 'k3f9-2a7m-42-ab.tsr'))).toBe(false);
  }, 30_000);
});

interface Authority {
  readonly config: string;
  readonly cert: string;
}

/** A timestamp authority of openssl's own, for this test. */
function makeAuthority(): Authority {
  const place = join(folder, 'tsa');
  mkdirSync(place);
  const [key, cert, config] = ['key.pem', 'cert.pem', 'tsa.cnf'].map((name) => join(place, name)) as [
    string,
    string,
    string,
  ];
  const usage = 'extendedKeyUsage=critical,timeStamping';
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-subj', '/CN=practice TSA'],
      ...['-addext', usage, '-keyout', key, '-out', cert],
    ],
    { stdio: 'ignore' },
  );
  writeFileSync(join(place, 'serial'), '01\n');
  const lines = [
    ...['[tsa]', 'default_tsa=a', '[a]', `serial=${join(place, 'serial')}`, `signer_cert=${cert}`, `certs=${cert}`],
    ...[`signer_key=${key}`, 'signer_digest=sha256', 'default_policy=1.2.3.4', 'digests=sha256', 'accuracy=secs:1'],
  ];
  writeFileSync(config, `${lines.join('\n')}\n`);
  return { config, cert };
}

async function serve({ config }: Authority): Promise<Server> {
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const [query, reply] = [join(folder, 'query.tsq'), join(folder, 'reply.tsr')];
      writeFileSync(query, Buffer.concat(parts));
      execFileSync('openssl', ['ts', '-reply', '-queryfile', query, '-out', reply, '-config', config], {
        stdio: 'ignore',
      });
      response.end(readFileSync(reply));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}
