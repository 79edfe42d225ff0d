import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hasTerminal, openTerminal, type Terminal } from './terminal.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const practice = `'${process.execPath}' --disable-warning=ExperimentalWarning test/cli/practice-run.ts`;
const question = "To approve, type 'gravelines'";
// At the end of the screen: an earlier question is no sign that this one stands.
const leaving = /\(type 'detach', 'stop' or 'continue'\)\s*$/;
let folder = '';
let terminal: Terminal | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drp-session-'));
});
afterEach(async () => {
  await terminal?.end();
  terminal = undefined;
  rmSync(folder, { recursive: true, force: true });
});

function open(command: string, env: Readonly<Record<string, string>> = {}): Terminal {
  terminal = openTerminal(command, { cwd: root, env: { NO_COLOR: '1', ...env } });
  return terminal;
}

function drp(...args: readonly string[]): { readonly code: number; readonly json: Record<string, unknown> } {
  const env = { ...process.env, DRP_JOURNAL: `sqlite:${join(folder, 'journal.sqlite')}` };
  const ran = spawnSync(join(root, 'bin/drp'), [...args, '--json'], { cwd: folder, env, encoding: 'utf8', input: '' });
  return {
    code: ran.status ?? -1,
    json: JSON.parse(ran.stdout.trim().split('\n').at(-1) ?? '{}') as Record<string, unknown>,
  };
}

function decisions(): readonly string[] {
  const { events } = drp('audit', 'show').json as { events: { type: string; data: { gate?: string } }[] };
  return events.filter((event) => event.type === 'gate.decided').map((event) => event.data.gate ?? '');
}

(hasTerminal ? describe : describe.skip)('at a terminal (needs tmux)', () => {
  test('Enter, y, a paste, wrong words and type-ahead never pass a gate; the exact word does, once', async () => {
    const on = open(`${practice} ${folder} activation`, { PRACTICE_STEP_MS: '700' });
    on.type('gravelines');
    on.keys('Enter');
    await on.shows(question);
    on.keys('Enter');
    await on.shows("nothing done: ''");
    on.type('y');
    on.keys('Enter');
    await on.shows("nothing done: 'y'");
    on.paste('gravelines');
    on.keys('Enter');
    await on.shows('pasted text is not taken');
    on.type('Gravelines');
    on.keys('Enter');
    await on.shows("nothing done: 'Gravelines'");
    expect(decisions()).toEqual([]);
    on.type('gravelines');
    on.keys('Enter');
    await on.shows('fencing of gravelines');
    // Typed ahead of the next gate: it must not answer it.
    on.type('gravelines');
    on.keys('Enter');
    await on.shows('GATE restoration');
    await on.shows(new RegExp(`${question}[^\\n]*:\\s*$`));
    expect(decisions()).toEqual(['declaration']);
  });

  test('somebody else signs at the same terminal: the key is shown with its person, the word is still typed', async () => {
    const made = (name: string): string => {
      const file = join(folder, name);
      spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', file]);
      return readFileSync(`${file}.pub`, 'utf8').split(' ').slice(0, 2).join(' ');
    };
    const key = join(folder, 'anne');
    made('stranger');
    const env = { PRACTICE_ANNE: made('anne'), PRACTICE_OTTO: made('otto') };
    const on = open(`${practice} ${folder} activation`, env);
    await on.shows("To approve, type 'sign'");
    on.type('gravelines');
    on.keys('Enter');
    await on.shows('nothing done: an approval of this gate is signed');
    on.type('sign');
    on.keys('Enter');
    await on.shows(/Whose key\?[^\n]*:\s*$/);
    on.type(join(folder, 'otto'));
    on.keys('Enter');
    await on.shows("To approve as otto, type 'gravelines'");
    on.type('gravelines');
    on.keys('Enter');
    await on.shows("refused: otto may not approve 'declaration': needs authoriser");
    await on.shows('Who has that role: anne.');
    // What was read already is not drawn again.
    await on.shows('Gate declaration stands as shown above');
    // Nor is the refusal told a second time as it goes on record.
    expect(await on.shows(new RegExp(`'renew', 'later':\\s*$`))).not.toContain('refused: approve declaration');
    on.type('sign');
    on.keys('Enter');
    await on.shows(/Whose key\?[^\n]*:\s*$/);
    on.type(join(folder, 'stranger'));
    on.keys('Enter');
    await on.shows('is nobody in the runbook of this run');
    await on.shows(/Whose key\?[^\n]*:\s*$/);
    on.type(key);
    on.keys('Enter');
    await on.shows("is that of Anne, the customer's crisis lead (authoriser)");
    await on.shows("To approve as anne, type 'gravelines'");
    expect(decisions()).toEqual([]);
    on.type('gravelines');
    on.keys('Enter');
    await on.shows('with the approval of anne');
    expect(decisions()).toEqual(['declaration']);
    const { events } = drp('audit', 'show').json as { events: { type: string; data: { identity?: object } }[] };
    expect(events.find((event) => event.type === 'gate.decided')?.data.identity).toMatchObject({ strength: 'ssh-key' });
  });

  test('drp approve without a key says how to sign, below the statement, before a word is typed in vain', async () => {
    const anne = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINB+rzPUGFYjfUnewB2dn/pDZsPLLckbgOhkFX6W8rPu';
    const parking = open(`${practice} ${folder} activation 2>&1 | tee ${folder}/log`, { PRACTICE_ANNE: anne });
    await parking.shows('parked: run');
    await parking.end();
    const on = open(`bin/drp approve declaration --journal sqlite:${folder}/journal.sqlite`);
    const shown = await on.shows(/needs identity by ssh-key[^]*drp approve declaration --run \S+ --key FILE/);
    expect(shown).toContain('To sign on a machine without drp');
    expect(shown).not.toContain('To approve');
  });

  test('a gate answered elsewhere withdraws the question within a second, and says by whom', async () => {
    const on = open(`${practice} ${folder} activation`);
    await on.shows(question);
    const { run } = drp('status').json as { run: { gates: { state: string; digest: string }[] } };
    const digest = run.gates.find((gate) => gate.state === 'open')!.digest.slice(0, 12);
    expect(drp('approve', 'declaration', '--statement', digest)).toMatchObject({
      code: 0,
      json: { outcome: 'accepted' },
    });
    await on.shows('Already decided: gate declaration: approve by otto', 1_500);
    expect(drp('approve', 'declaration', '--statement', digest)).toMatchObject({
      code: 3,
      json: { error: { code: 'already-decided' } },
    });
  });

  test('an approval waits while the driver looks at the evidence again, and both sides say so', async () => {
    spawnSync(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', 'test/cli/practice-run.ts', folder, 'activation'],
      { cwd: root },
    );
    const on = open(`${practice} ${folder} resume`, { PRACTICE_EVIDENCE_MS: '4500' });
    await on.shows(question);
    const { run } = drp('status').json as { run: { gates: { state: string; digest: string }[] } };
    const digest = run.gates.find((gate) => gate.state === 'open')!.digest;
    const said = spawnSync(join(root, 'bin/drp'), ['approve', 'declaration', '--statement', digest], {
      env: { ...process.env, DRP_JOURNAL: `sqlite:${join(folder, 'journal.sqlite')}` },
      encoding: 'utf8',
      input: '',
    });
    expect(said.stderr).toContain('waiting up to 30 s for the driver');
    expect(said.stderr).toContain('looks at the evidence again before an approval counts');
    expect(said.stdout).toContain("gate 'declaration' passed with the approval of otto");
    expect(said.status).toBe(0);
    await on.shows('gate declaration: looking at the evidence again before the approval counts');
    await on.shows('Already decided: gate declaration: approve by otto');
  });

  test('a failed step is decided with a reason, Ctrl-C asks, and detaching leaves the run to be resumed', async () => {
    const on = open(`${practice} ${folder} activation`, {
      PRACTICE_FAILS: 'fence-production',
      PRACTICE_STEP_MS: '2000',
    });
    await on.shows(question);
    on.type('gravelines');
    on.keys('Enter');
    await on.shows('What now with fence-production?');
    on.keys('Enter');
    await on.shows("type 'mark-done', 'retry', 'abort' or 'later', whole");
    on.type('retry');
    on.keys('Enter');
    await on.shows("Reason for 'retry'");
    on.type('power was off');
    on.keys('Enter');
    await on.shows('fencing of gravelines');
    on.keys('C-c');
    await on.shows(leaving);
    on.type('continue');
    on.keys('Enter');
    await on.shows(/close-recovery: practise maintenance, running/);
    on.keys('C-c');
    await on.shows(leaving);
    on.type('detach');
    on.keys('Enter');
    await on.shows('ended with 130');
    expect(drp('status').json).toMatchObject({ driven: 'not-driven' });
  });

  test('after Ctrl-C and stop the stopped step is asked about, and the run can still be left', async () => {
    const on = open(`${practice} ${folder} activation`, { PRACTICE_STEP_MS: '30000' });
    await on.shows(question);
    on.type('gravelines');
    on.keys('Enter');
    await on.shows(/fence-production: [^\n]*, running/);
    on.keys('C-c');
    await on.shows(leaving);
    on.type('stop');
    on.keys('Enter');
    await on.shows('What now with fence-production?');
    await on.shows('stopped by otto: stopped at the terminal');
    on.type('later');
    on.keys('Enter');
    await on.shows(leaving);
    on.type('detach');
    on.keys('Enter');
    await on.shows('ended with 130');
  });

  test('a terminal that goes away detaches the run, and says so in the record', async () => {
    const on = open(`${practice} ${folder} activation`);
    await on.shows(question);
    await on.end();
    const until = Date.now() + 5_000;
    while (drp('status').json['driven'] !== 'not-driven' && Date.now() < until);
    const { events } = drp('audit', 'show').json as { events: { type: string }[] };
    expect(events.at(-1)?.type).toBe('driver.detached');
  });

  test('behind a pipe nobody is asked: the run parks with 75', async () => {
    const on = open(`${practice} ${folder} activation 2>&1 | tee ${folder}/log`);
    on.type('gravelines');
    on.keys('Enter');
    await on.shows('parked: run');
    expect(readFileSync(join(folder, 'log'), 'utf8')).toContain('approve with: drp approve declaration --run');
    expect(decisions()).toEqual([]);
  });
});

describe('without a terminal', () => {
  const run = (...args: readonly string[]) =>
    spawnSync(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', 'test/cli/practice-run.ts', folder, ...args],
      {
        cwd: root,
        encoding: 'utf8',
        input: 'yes\ngravelines\n',
      },
    );

  test('a gate parks the run with 75, whatever stands on stdin, and stderr names the commands', () => {
    const { status, stderr, stdout } = run('activation');
    expect({ status, stdout }).toEqual({ status: 75, stdout: '' });
    expect(stderr).toMatch(/drp approve declaration --run \S+ --statement [0-9a-f]{12}\nthen: drp resume --run/);
    expect(decisions()).toEqual([]);
  });

  test('with --json each line is an object and the last one says how it ended', () => {
    const lines = run('activation', '--json').stdout.trim().split('\n');
    const objects = lines.map((line) => JSON.parse(line) as { kind?: string; outcome?: string });
    expect(objects.slice(0, -1).every((one) => one.kind !== undefined)).toBe(true);
    expect(objects.at(-1)).toMatchObject({
      outcome: 'parked',
      site: 'gravelines',
      waiting: [{ subject: 'declaration' }],
    });
  });
});
