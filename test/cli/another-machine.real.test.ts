import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { practiceText } from './practice-run.ts';

jest.setTimeout(120_000);
const root = fileURLToPath(new URL('../../', import.meta.url));
let folder = '';
const children: ChildProcess[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drp-elsewhere-'));
});
afterEach(() => {
  for (const child of children.splice(0)) if (child.exitCode === null) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
});

interface Answer {
  readonly code: number;
  readonly err: string;
  readonly json: Record<string, unknown>;
}

function drp(state: string, ...args: readonly string[]): Answer {
  const env = { ...process.env, DRP_JOURNAL: `sqlite:${join(folder, state, 'journal.sqlite')}` };
  const ran = spawnSync(join(root, 'bin/drp'), [...args, '--json'], { cwd: folder, env, encoding: 'utf8', input: '' });
  const json = JSON.parse(ran.stdout.trim().split('\n').at(-1) ?? '{}') as Record<string, unknown>;
  return { code: ran.status ?? -1, err: ran.stderr, json };
}

/** A run that acts on nothing, driven by a real session without a terminal. */
function practise(state: string, what: 'activation' | 'resume', ...flags: readonly string[]) {
  const args = [
    '--disable-warning=ExperimentalWarning',
    'test/cli/practice-run.ts',
    join(folder, state),
    what,
    ...flags,
  ];
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'ignore', 'pipe'] });
  children.push(child);
  let err = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (err += text));
  const ended = new Promise<{ code: number | null; err: string }>((resolve) => {
    child.on('close', (code) => resolve({ code, err }));
  });
  return { child, ended, said: () => err };
}

async function until(what: string, met: () => boolean): Promise<void> {
  for (let tries = 0; tries < 600; tries += 1) {
    if (met()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`never: ${what}`);
}

/** A run that waits at its first gate, with nobody driving it. */
async function parkedRun(state: string): Promise<string> {
  const { ended } = practise(state, 'activation');
  expect((await ended).code).toBe(75);
  return readFileSync(join(folder, state, 'run'), 'utf8');
}

describe('a run that goes on in another state folder', () => {
  test.each(['an export', 'the journal file'])(
    'is adopted from %s: verified, with a reason, and then driven',
    async (from) => {
      const run = await parkedRun('old');
      const file = from === 'an export' ? 'copy.jsonl' : join('old', 'journal.sqlite');
      if (from === 'an export') expect(drp('old', 'audit', 'export', '--run', run, '--output', file).code).toBe(0);
      expect(drp('new', 'run', 'adopt', file, '--reason', ' ')).toMatchObject({ code: 3 });
      const signed = drp('new', 'run', 'adopt', file, '--reason', 'the laptop burnt');
      expect(signed).toMatchObject({ code: 0, json: { run, outcome: 'adopted' } });
      expect(drp('new', 'run', 'adopt', file, '--reason', 'again')).toMatchObject({
        json: { error: { code: 'run-exists' } },
      });
      expect((await practise('new', 'resume').ended).code).toBe(75);
      const { json } = drp('new', 'status', '--run', run);
      expect(json['run']).toMatchObject({ watch: { person: 'otto' }, driver: { attached: true } });
      expect(drp('new', 'audit', 'verify', '--run', run)).toMatchObject({ code: 0, json: { audit: 'verified' } });
    },
  );

  test('a copy that was changed is refused, naming how far it is good, and nothing is kept', async () => {
    const run = await parkedRun('old');
    const exported = () => drp('old', 'audit', 'export', '--run', run, '--output', 'copy.jsonl');
    expect(exported().code).toBe(0);
    // An export is evidence: it is written over by nothing.
    expect(exported()).toMatchObject({ code: 2, json: { error: { code: 'wrong-usage' } } });
    const file = join(folder, 'copy.jsonl');
    writeFileSync(file, readFileSync(file, 'utf8').replace('"what":"practice"', '"what":"nothing"'));
    const answer = drp('new', 'run', 'adopt', 'copy.jsonl', '--reason', 'the laptop burnt');
    expect(answer.code).toBe(5);
    // Not even a journal was made: whoever mistyped its name is told so.
    expect(drp('new', 'runs').json).toMatchObject({ error: { code: 'journal-missing' } });
  });
});

describe('one run drives a site', () => {
  test('a second activation is refused while the first is parked, and told who holds the site', async () => {
    const run = await parkedRun('old');
    writeFileSync(join(folder, 'gravelines.yaml'), practiceText(userInfo().username));
    const situation = [
      '--what',
      'fire',
      '--since',
      'now',
      '--lost',
      'none',
      '--ordered-by',
      'anne',
      '--ordered-how',
      'call',
    ];
    const second = drp(
      'old',
      'activate',
      '--site',
      'gravelines',
      '--runbooks',
      folder,
      '--person',
      'otto',
      ...situation,
    );
    expect(second.code).toBe(3);
    expect(second.json).toMatchObject({ error: { code: 'site-claimed', details: { run, procedure: 'activation' } } });
  });

  test('a living driver refuses the next; killed, it is known to be dead by its process, and resume says so', async () => {
    const first = practise('old', 'activation', '--wait');
    await until('the driver waits', () => first.said().includes('approve with'));
    const run = readFileSync(join(folder, 'old', 'run'), 'utf8');
    const refused = drp('old', 'resume', '--run', run);
    expect(refused.code).toBe(3);
    expect(String((refused.json['error'] as { message: string }).message)).toMatch(
      new RegExp(`pid ${String(first.child.pid)}, running\\), since 20.*, last wrote 20`),
    );
    first.child.kill('SIGKILL');
    await first.ended;
    expect((await practise('old', 'resume').ended).code).toBe(75);
    const { events } = drp('old', 'audit', 'show', '--run', run).json as { events: { type: string; data: object }[] };
    expect(events.findLast((event) => event.type === 'driver.attached')?.data).toMatchObject({
      reason: 'resume',
      before: { liveness: 'dead', driver: { pid: first.child.pid } },
    });
  });

  test('a driver that was taken over ends by itself at its next word: exit 3, one clear line', async () => {
    const first = practise('old', 'activation', '--wait');
    await until('the driver waits', () => first.said().includes('approve with'));
    const run = readFileSync(join(folder, 'old', 'run'), 'utf8');
    first.child.kill('SIGSTOP');
    expect(drp('old', 'resume', '--run', run, '--takeover').json).toMatchObject({ error: { code: 'reason-missing' } });
    expect(drp('old', 'resume', '--run', run, '--takeover', '--reason', 'it hangs').code).toBe(75);
    first.child.kill('SIGCONT');
    drp('old', 'note', '--run', run, 'who is there?', '--person', 'otto');
    // A word in the spool reaches the old driver, too, which wants to write it down.
    const word = spawn(join(root, 'bin/drp'), ['abort', '--run', run, '--reason', 'over', '--person', 'otto'], {
      cwd: folder,
      stdio: 'ignore',
      env: { ...process.env, DRP_JOURNAL: `sqlite:${join(folder, 'old', 'journal.sqlite')}` },
    });
    children.push(word);
    const end = await first.ended;
    expect(end.code).toBe(3);
    expect(end.err).toMatch(/driven by somebody else now/);
  });
});

describe('the watch', () => {
  test('is handed over with a note, to somebody who can decide; status shows who has it', async () => {
    const run = await parkedRun('old');
    expect(drp('old', 'handover', '--to', 'zoe', '--note', 'x')).toMatchObject({
      json: { error: { code: 'person-unknown' } },
    });
    expect(drp('old', 'handover', '--to', 'vera', '--note', 'files next', '--person', 'otto')).toMatchObject({
      code: 0,
    });
    expect(drp('old', 'status', '--run', run).json['run']).toMatchObject({
      watch: { person: 'vera', from: 'otto', note: 'files next' },
    });
    // Nobody drives it: what is missing is wrong usage all the same.
    expect(drp('old', 'note', ' ')).toMatchObject({ code: 2, json: { error: { code: 'reason-missing' } } });
  });

  test('is handed over through the driver while one drives', async () => {
    const first = practise('old', 'activation', '--wait');
    await until('the driver waits', () => first.said().includes('approve with'));
    expect(drp('old', 'handover', '--to', 'anne', '--note', 'at the gate', '--person', 'otto')).toMatchObject({
      code: 0,
      json: { outcome: 'accepted' },
    });
    expect(drp('old', 'status').json['run']).toMatchObject({ watch: { person: 'anne' } });
  });
});

describe('a run that is interrupted never ends with 0', () => {
  test.each(['SIGTERM', 'SIGHUP', 'SIGINT'] as const)(
    '%s detaches: 130, on record, the run goes on with resume',
    async (signal) => {
      const first = practise('old', 'activation', '--wait');
      await until('the driver waits', () => first.said().includes('approve with'));
      first.child.kill(signal);
      const end = await first.ended;
      expect(end.code).toBe(130);
      expect(end.err).toContain('drp resume --run');
      const { events } = drp('old', 'audit', 'show').json as { events: { type: string }[] };
      expect(events.at(-1)).toMatchObject({ type: 'driver.detached' });
      expect((await practise('old', 'resume').ended).code).toBe(75);
      expect(existsSync(join(folder, 'old', 'journal.sqlite'))).toBe(true);
    },
  );
});
