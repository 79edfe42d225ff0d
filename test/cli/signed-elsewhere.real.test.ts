import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemClock, waitFor } from '../../src/base/clock.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
let folder = '';
let driver: ChildProcess | undefined;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'drp-signed-'));
  for (const name of ['anne', 'mallory'])
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', join(folder, name)]);
  const [type, blob] = readFileSync(join(folder, 'anne.pub'), 'utf8').split(' ');
  driver = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', 'test/cli/practice-run.ts', folder, 'activation', '--wait'],
    { cwd: root, stdio: 'ignore', env: { ...process.env, PRACTICE_ANNE: `${type} ${blob}`, PRACTICE_STEP_MS: '20' } },
  );
});
afterAll(() => {
  driver?.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
});

function drp(args: readonly string[], input = '') {
  const env = { ...process.env, DRP_JOURNAL: `sqlite:${join(folder, 'journal.sqlite')}` };
  const ran = spawnSync(join(root, 'bin/drp'), args, { cwd: folder, env, encoding: 'utf8', input });
  return { code: ran.status, out: ran.stdout, all: ran.stdout + ran.stderr };
}

/** The text as the page says: printed into a file, signed there by stock OpenSSH. */
function signedBy(key: string, file: string): { readonly text: string; readonly signature: string } {
  const { out } = drp(['status', '--gate', 'declaration', '--approval-text', 'anne', '--reason', 'ordered by phone']);
  writeFileSync(join(folder, file), out);
  rmSync(join(folder, `${file}.sig`), { force: true });
  execFileSync(
    'ssh-keygen',
    ['-q', '-Y', 'sign', '-n', 'drp-approval@v1', '-f', join(folder, key), join(folder, file)],
    {
      stdio: 'ignore',
    },
  );
  return { text: out, signature: readFileSync(join(folder, `${file}.sig`), 'utf8') };
}

describe('an approval signed where drp is not', () => {
  test('the gate prints the commands; a wrong key, another gate and a changed text are refused; pasted, it counts once', async () => {
    const open = await waitFor(
      async () => (drp(['status']).out.includes('ssh-keygen -Y sign -n drp-approval@v1') ? true : undefined),
      { everyMs: 300, timeoutMs: 60_000, clock: systemClock },
    );
    expect(open.kind).toBe('met');
    expect(drp(['status', '--approval-text', 'nobody']).all).toContain('nobody');

    signedBy('mallory', 'stranger.json');
    expect(drp(['approve', 'declaration', '--signed', 'stranger.json']).all).toContain('SHA256:');
    const good = signedBy('anne', 'approval.json');
    expect(drp(['approve', 'switchover', '--signed', 'approval.json']).all).toContain("gate 'declaration'");
    expect(drp(['reject', 'declaration', '--signed', 'approval.json']).code).toBe(2);
    writeFileSync(join(folder, 'changed.json'), good.text.replace('phone', 'plane'));
    const changed = drp(['approve', '--signed', 'changed.json', '--signature', 'approval.json.sig']);
    expect(changed.all).toContain('signature');
    expect(changed.code).not.toBe(0);

    const pasted = drp(['approve', '--signed', '-'], good.text + good.signature);
    expect(pasted.all).toContain("gate 'declaration' passed with the approval of anne");
    expect(pasted.code).toBe(0);
    const again = drp(['approve', 'declaration', '--signed', 'approval.json', '--signature', 'approval.json.sig']);
    expect(again.all).toMatch(/already decided|decided by anne/);

    const show = drp(['audit', 'show', '--gate', 'declaration']);
    expect(show.out).toBe(drp(['audit', 'show', '--gate', 'declaration']).out);
    expect(show.out).toContain('GATE declaration');
    expect(drp(['audit', 'verify']).out).toContain('policy: holds');
    writeFileSync(join(folder, 'signers'), `anne ${readFileSync(join(folder, 'anne.pub'), 'utf8')}`);
    const verified = execFileSync(
      'ssh-keygen',
      ['-Y', 'verify', '-n', 'drp-approval@v1', '-f', 'signers', '-I', 'anne', '-s', 'approval.json.sig'],
      { cwd: folder, input: good.text },
    );
    expect(String(verified)).toContain('Good "drp-approval@v1" signature');
  }, 120_000);
});
