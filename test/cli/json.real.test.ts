import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { verbLines } from '../../src/cli/overview.ts';
import { openJournal } from '../../src/journal/open.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const verbs = verbLines.flatMap(([, lines]) => lines.map(([verb]) => verb));
let folder = '';
const journalUrl = () => `sqlite:${join(folder, 'journal', 'journal.sqlite')}`;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'drp-json-'));
  writeFileSync(join(folder, 'broken.yaml'), 'format: 1\nsite: broken\nhosts: [nonsense\n');
  await (await openJournal(journalUrl(), { make: true })).close();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function drp(...args: readonly string[]) {
  const env = {
    ...process.env,
    DRP_RUNBOOKS: folder,
    DRP_JOURNAL: journalUrl(),
  };
  const { status, stdout } = spawnSync(join(root, 'bin/drp'), [...args, '--json'], {
    cwd: folder,
    env,
    encoding: 'utf8',
    input: '',
    timeout: 60_000,
  });
  const lines = stdout.split('\n').filter((line) => line !== '');
  return { status, lines, last: JSON.parse(lines.at(-1) ?? 'null') as Record<string, unknown> };
}

const failing = { error: { code: expect.any(String), message: expect.any(String), hint: expect.any(String) } };

test.each(verbs)(
  'drp %s --json with an option it does not have: one object, which says so, and exit code 2',
  (verb) => {
    const { status, lines, last } = drp(...verb.split(' ').slice(0, 1), '--no-such-option');
    expect(lines).toHaveLength(1);
    expect(last).toMatchObject({ ...failing, exitCode: 2 });
    expect(status).toBe(2);
  },
);

test.each([
  ['a runbook that is not there', ['plan', '--site', 'nowhere'], 2],
  ['a runbook with mistakes', ['plan', '--site', 'broken'], 2],
  ['facts nobody can be asked for', ['activate', '--site', 'broken'], 2],
  ['a run that is not there', ['status', '--run', 'zzzz-zzzz'], 2],
  ['a site with neither a runbook nor a run', ['status', '--site', 'gravelinse'], 2],
  ['a gate that is not open', ['approve', 'switchover'], 2],
  ['an obligation nobody has', ['obligation', 'settle', 'none', '--reason', 'x'], 2],
  ['a choice without its copy', ['decide', 'choose', 'restoration', '--reason', 'x'], 2],
  ['a record that is not there', ['audit', 'verify', '--run', 'zzzz-zzzz'], 2],
  ['a verb that is not there', ['frobnicate'], 2],
])('%s: one object with code, message and hint', (_, args, exitCode) => {
  const { status, lines, last } = drp(...args);
  expect(lines).toHaveLength(1);
  expect(last).toMatchObject({ ...failing, exitCode });
  expect(status).toBe(exitCode);
});

test.each([[['runs']], [['status']], [['obligation', 'list']], [['--version']]])(
  'drp %j --json on an empty journal: one object and exit code 0',
  (args) => {
    const { status, lines, last } = drp(...args);
    expect(lines).toHaveLength(1);
    expect(last).not.toHaveProperty('error');
    expect(status).toBe(0);
  },
);

test.each([
  ['a runbook that is not there', 'nowhere'],
  ['a runbook with mistakes', 'broken'],
])('to monitoring %s is UNKNOWN, in words on stdout, and 3', (_, site) => {
  const { status, stdout, stderr } = spawnSync(join(root, 'bin/drp'), ['check', '--site', site, '--format', 'nagios'], {
    cwd: folder,
    env: { ...process.env, DRP_RUNBOOKS: folder },
    encoding: 'utf8',
    input: '',
    timeout: 60_000,
  });
  expect(stdout).toMatch(new RegExp(`^DRP ${site} UNKNOWN: .*runbook`));
  expect([status, stderr]).toEqual([3, '']);
});
