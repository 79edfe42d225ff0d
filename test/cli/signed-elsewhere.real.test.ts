import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemClock, waitFor } from '../../src/base/clock.ts';
import type { Event } from '../../src/events/event.ts';
import { sendWord } from '../../src/gates/spool.ts';
import { spoolFolder } from '../../src/journal/open.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
let folder = '';
let driver: ChildProcess | undefined;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'drp-signed-'));
  for (const name of ['anne', 'vera', 'mallory'])
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', join(folder, name)]);
  const key = (name: string) =>
    readFileSync(join(folder, `${name}.pub`), 'utf8')
      .split(' ')
      .slice(0, 2)
      .join(' ');
  driver = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', 'test/cli/practice-run.ts', folder, 'activation', '--wait'],
    {
      cwd: root,
      stdio: 'ignore',
      env: { ...process.env, PRACTICE_ANNE: key('anne'), PRACTICE_VERA: key('vera'), PRACTICE_STEP_MS: '20' },
    },
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

/** The same, beside others. */
async function started(
  args: readonly string[],
  input = '',
): Promise<{ readonly code: number | null; readonly all: string }> {
  const env = { ...process.env, DRP_JOURNAL: `sqlite:${join(folder, 'journal.sqlite')}` };
  const ran = spawn(join(root, 'bin/drp'), args, { cwd: folder, env, stdio: ['pipe', 'pipe', 'pipe'] });
  let all = '';
  for (const stream of [ran.stdout, ran.stderr]) stream.on('data', (chunk) => (all += String(chunk)));
  ran.stdin.end(input);
  const [code] = (await once(ran, 'close')) as [number | null];
  return { code, all };
}

/** The text as the page says: printed into a file, signed there by stock OpenSSH. */
function signedBy(key: string, file: string, kind = 'approval'): { readonly text: string; readonly signature: string } {
  const person = key === 'vera' ? 'vera' : 'anne';
  const { out } = drp(['status', '--gate', 'declaration', `--${kind}-text`, person, '--reason', 'ordered by phone']);
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

/** What stock OpenSSH says of a signature, with keys from outside the run. */
function stockSays(text: string, signature: string): string {
  writeFileSync(join(folder, 'signers'), `anne ${readFileSync(join(folder, 'anne.pub'), 'utf8')}`);
  writeFileSync(join(folder, 'held.sig'), signature);
  const asked = ['-Y', 'verify', '-n', 'drp-approval@v1', '-f', 'signers', '-I', 'anne', '-s', 'held.sig'];
  return spawnSync('ssh-keygen', asked, { cwd: folder, encoding: 'utf8', input: text }).stdout;
}

/** The signatures under the answers of the run, with the text each stands under. */
function answersOnRecord(): readonly {
  readonly decision: string;
  readonly signature: string;
  readonly signed: string;
}[] {
  const { events } = JSON.parse(drp(['audit', 'show', '--json']).out) as { readonly events: readonly Event[] };
  return events.flatMap((event) => {
    if (event.type !== 'gate.decided') return [];
    const { decision, identity } = event.data;
    return [{ decision, signature: identity.signature ?? '', signed: identity.signed ?? '' }];
  });
}

const gateOpen = () =>
  waitFor(async () => (drp(['status']).out.includes('ssh-keygen -Y sign -n drp-approval@v1') ? true : undefined), {
    everyMs: 300,
    timeoutMs: 60_000,
    clock: systemClock,
  });

describe('a rejection signed where drp is not', () => {
  test('rejects once, never approves, and holds for stock OpenSSH; what drp signs holds there too', async () => {
    expect((await gateOpen()).kind).toBe('met');
    expect(drp(['status', '--rejection-text', 'anne']).code).toBe(2);
    expect(drp(['status', '--rejection-text', 'anne', '--approval-text', 'anne', '--reason', 'x']).code).toBe(2);
    const named = drp(['status', '--gate', 'declaration']);
    expect(named).toMatchObject({ code: 0, out: expect.stringContaining('ssh-keygen -Y sign') });
    const mistyped = drp(['status', '--gate', 'nonsense']);
    expect(mistyped).toMatchObject({ code: 2, out: '', all: expect.stringContaining("gate 'nonsense' of run") });
    expect(drp(['status', '--watch', '--gate', 'declaration'])).toMatchObject({ code: 2, out: '' });
    expect(drp(['status', '--reason', 'x'])).toMatchObject({ code: 2, out: '' });
    const early = signedBy('anne', 'early.json');
    const rejection = signedBy('anne', 'rejection.json', 'rejection');
    expect(JSON.parse(rejection.text)).toMatchObject({ decision: 'reject', gate: 'declaration', person: 'anne' });

    expect(drp(['approve', '--signed', 'rejection.json']).code).toBe(2);
    // Past the command, straight into the driver's folder: it asks the signature what was said.
    const { run, statementDigest, reason } = JSON.parse(rejection.text) as Record<
      'run' | 'statementDigest' | 'reason',
      string
    >;
    const forged = {
      verb: 'approve',
      run,
      subject: 'declaration',
      reason,
      statementDigest,
      osUser: '',
      path: 'spool',
    } as const;
    const spool = spoolFolder(`sqlite:${join(folder, 'journal.sqlite')}`, run) ?? '';
    const heard = await sendWord(spool, { ...forged, signed: rejection }, { timeoutMs: 20_000 });
    expect(heard).toMatchObject({ kind: 'refused', code: 'signature-invalid' });

    expect(drp(['reject', '--signed', 'rejection.json']).all).toContain("gate 'declaration' rejected by anne");
    expect(drp(['reject', '--signed', 'rejection.json']).code).toBe(3);
    expect(stockSays(rejection.text, rejection.signature)).toContain('Good "drp-approval@v1" signature');

    const again = ['decide', 'renew', 'declaration', '--reason', 'once more', '--person', 'anne', '--key', 'anne'];
    expect(drp(again).code).toBe(0);
    expect((await gateOpen()).kind).toBe('met');
    writeFileSync(join(folder, 'early.json'), early.text);
    writeFileSync(join(folder, 'early.json.sig'), early.signature);
    const stale = drp(['approve', '--signed', 'early.json']);
    expect(stale.code).toBe(3);
    expect(stale.all).toContain('under another statement');

    const digest = /statement ([0-9a-f]{12})/.exec(drp(['status']).out)?.[1] ?? '';
    const byDrp = ['reject', '--statement', digest, '--reason', 'no', '--person', 'anne', '--key', 'anne'];
    expect(drp(byDrp).code).toBe(0);
    const last = answersOnRecord().at(-1)!;
    expect(last.decision).toBe('reject');
    expect(stockSays(last.signed, last.signature)).toContain('Good "drp-approval@v1" signature');
    expect(stockSays(last.signed.replace('"reject"', '"approve"'), last.signature)).not.toContain('Good');
    expect(drp(again).code).toBe(0);
  }, 120_000);

  test('the text is shown as a QR code where it fits', async () => {
    expect((await gateOpen()).kind).toBe('met');
    const { out } = drp(['status', '--approval-text', 'anne', '--qr']);
    expect(out).toMatch(/^[█▀▄ \n]+$/);
    expect(out.trimEnd().split('\n').length).toBeGreaterThan(40);
    const long = drp(['status', '--approval-text', 'anne', '--qr', '--reason', 'x'.repeat(3_000)]);
    expect(long.all).toContain('longer than a QR code holds');
  }, 120_000);
});

describe('an approval signed where drp is not', () => {
  test('the gate prints the commands; a wrong key, another gate and a changed text are refused; pasted, it counts once', async () => {
    expect((await gateOpen()).kind).toBe('met');
    expect(drp(['status', '--approval-text', 'nobody']).all).toContain('nobody');
    // What the record keeps is what is shown, wherever it is shown.
    const kept = drp(['audit', 'show', '--gate', 'declaration']).out.trimEnd();
    expect(kept).toContain('May approve: one person with the role authoriser');
    expect(drp(['status']).out).toContain(kept);
    expect(drp(['approve', 'declaration']).all).toContain(kept);

    signedBy('mallory', 'stranger.json');
    expect(drp(['approve', 'declaration', '--signed', 'stranger.json']).all).toContain('SHA256:');
    const good = signedBy('anne', 'approval.json');
    expect(drp(['approve', 'switchover', '--signed', 'approval.json']).all).toContain("gate 'declaration'");
    expect(drp(['reject', 'declaration', '--signed', 'approval.json']).code).toBe(2);
    writeFileSync(join(folder, 'changed.json'), good.text.replace('phone', 'plane'));
    const changed = drp(['approve', '--signed', 'changed.json', '--signature', 'approval.json.sig']);
    expect(changed.all).toContain('signature');
    expect(changed.code).not.toBe(0);

    // Two authorisers at once, each by every path they have: one event, and the others are told by whom.
    signedBy('vera', 'second.json');
    const digest = /statement ([0-9a-f]{12})/.exec(drp(['status']).out)?.[1] ?? '';
    const byKey = (name: string) => ['approve', 'declaration', '--statement', digest, '--person', name, '--key', name];
    const answers = await Promise.all([
      ...[
        started(['approve', '--signed', '-'], good.text + good.signature),
        started(['approve', '--signed', 'second.json']),
      ],
      ...[started(byKey('anne')), started(byKey('vera'))],
    ]);
    expect(answers.filter(({ code }) => code === 0)).toHaveLength(1);
    const [first] = answers.filter(({ code }) => code === 0);
    const by = /passed with the approval of (\w+)/.exec(first?.all ?? '')?.[1] ?? '';
    for (const { code, all } of answers.filter((one) => one !== first)) {
      expect(code).toBe(3);
      expect(all).toContain(`'declaration' was already decided by ${by} at `);
    }
    expect(answersOnRecord().filter(({ decision }) => decision === 'approve')).toHaveLength(1);
    const again = drp(['approve', 'declaration', '--signed', 'approval.json', '--signature', 'approval.json.sig']);
    expect(again.all).toContain(`decided by ${by}`);

    const show = drp(['audit', 'show', '--gate', 'declaration']);
    expect(show.out).toBe(drp(['audit', 'show', '--gate', 'declaration']).out);
    expect(show.out).toContain('GATE declaration');
    expect(drp(['audit', 'verify']).out).toContain('policy: holds');
    expect(stockSays(good.text, good.signature)).toContain('Good "drp-approval@v1" signature');
  }, 120_000);
});
