import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { accessFindings } from '../../../src/checks/host/access.ts';
import { checkScript } from '../../../src/checks/host/check-script.ts';
import { factsCommand, parseFacts } from '../../../src/checks/host/facts.ts';
import { isRoot, run } from '../../lab/process.ts';
import { needs } from './clean-host.ts';

// What the check says of a right, against sudo itself: the command is really run. A mount namespace has other sudoers.

jest.setTimeout(60_000);

const user = 'nobody';
const commands = [
  'true',
  'id',
  'id -u',
  'cat /etc/hostname',
  'cat /etc/os-release',
  'env',
  '-u backup cat /etc/hostname',
];

let folder: string;
let able = isRoot() && existsSync('/usr/bin/sudo') && existsSync('/etc/sudoers');

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'drp-sudo-'));
  const tried = await withSudoers('', 'true').catch(() => undefined);
  able = able && tried !== undefined;
  if (!able) console.warn('SKIPPED: rights of sudo need root, sudo and mount namespaces to be tried on the real one');
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Runs a line of shell as an ordinary user where sudo has these rules. */
async function withSudoers(rules: string, line: string, ...args: readonly string[]): Promise<string> {
  const file = join(mkdtempSync(join(folder, 'rules-')), 'sudoers');
  writeFileSync(file, `root ALL=(ALL:ALL) ALL\n${rules}\n`, { mode: 0o440 });
  const as = `exec setpriv --reuid=${user} --regid=nogroup --clear-groups env HOME=/nonexistent sh -c "$@"`;
  const inside = `mount --bind '${file}' /etc/sudoers && ${as}`;
  return (await run(['unshare', '-m', 'sh', '-c', inside, 'sh', line, ...args])).stdout;
}

/** Which of the commands sudo really runs without a password. */
async function truth(rules: string): Promise<readonly string[]> {
  const tries = commands.map((command) => `sudo -n ${command} >/dev/null 2>&1 && echo '${command}'`).join('; ');
  return (await withSudoers(rules, `${tries}; true`)).split('\n').filter((line) => line !== '');
}

/** `STATUS` the check gives each command. */
async function said(rules: string): Promise<ReadonlyMap<string, string>> {
  const asked = { ...needs, user, sudo: commands.map((command) => command.split(' ')) };
  const plain = { ...asked, users: [], services: [], folders: [], peers: [], programs: [] };
  const { args, mark } = factsCommand(plain);
  const stdout = await withSudoers(rules, checkScript('facts.sh'), 'drp', ...args);
  const facts = parseFacts(stdout, mark, { askedAtMs: 0, answeredAtMs: 0 });
  return new Map(
    accessFindings(facts, plain).flatMap(({ probe, subject, status }) =>
      probe === 'host.sudo' ? [[subject.slice(subject.indexOf(':') + 1), status]] : [],
    ),
  );
}

describe('a right that the check calls there is one that sudo grants without a password, and the other way round', () => {
  test.each([
    ['no rule at all', ''],
    ['everything', 'nobody ALL=(ALL) NOPASSWD: ALL'],
    ['everything, for a password', 'nobody ALL=(ALL) ALL'],
    ['one command, with any arguments', 'nobody ALL=(root) NOPASSWD: /usr/bin/id'],
    ['one command, with none', 'nobody ALL=(root) NOPASSWD: /usr/bin/id ""'],
    ['a path of old, where /bin is /usr/bin', 'nobody ALL=(root) NOPASSWD: /bin/true'],
    ['a password for the rest of the line', 'nobody ALL=(root) NOPASSWD: /usr/bin/id, PASSWD: /usr/bin/true'],
    [
      'a later rule that asks for a password again',
      'nobody ALL=(ALL) NOPASSWD: ALL\nnobody ALL=(root) PASSWD: /usr/bin/id',
    ],
    [
      'a rule for another user than root',
      'nobody ALL=(ALL) ALL\nnobody ALL=(backup) NOPASSWD: /usr/bin/cat\nnobody ALL=NOPASSWD: /usr/bin/true',
    ],
    ['another user alone', 'nobody ALL=(backup) NOPASSWD: ALL'],
    ['everybody but root', 'nobody ALL=(ALL, !root) NOPASSWD: ALL'],
    ['a wildcard in the arguments', 'nobody ALL=(root) NOPASSWD: /usr/bin/cat /etc/host*, /usr/bin/id -[a-u]'],
    ['a wildcard in the path, and a class turned round', 'nobody ALL=(root) NOPASSWD: /usr/bin/t*, /usr/bin/i[!d]'],
    ['a folder', 'nobody ALL=(root) NOPASSWD: /usr/bin/'],
    ['a regular expression', 'nobody ALL=(root) NOPASSWD: /usr/bin/cat ^/etc/(hostname|hosts)$'],
    ['all but one', 'nobody ALL=(root) NOPASSWD: ALL, !/usr/bin/id'],
    ['an alias', 'Cmnd_Alias READ = /usr/bin/cat, /usr/bin/id\nnobody ALL=(root) NOPASSWD: READ'],
    ['a group', '%nogroup ALL=(root) NOPASSWD: /usr/bin/true'],
    ['nobody is asked for a password', 'Defaults:nobody !authenticate\nnobody ALL=(root) /usr/bin/cat'],
    [
      'one command needs no password by a default of its own',
      'Defaults!/usr/bin/id !authenticate\nnobody ALL=(root) ALL\nnobody ALL=(root) NOPASSWD: /usr/bin/true',
    ],
    [
      'more tags and options before the command',
      'nobody ALL=(root) NOPASSWD: SETENV: NOEXEC: /usr/bin/true, CWD=/tmp /usr/bin/id',
    ],
    [
      'a rule longer than a line of a terminal',
      `nobody ALL=(root) NOPASSWD: ${Array.from({ length: 30 }, (_, at) => `/usr/bin/other-${String(at)}`).join(', ')}, /usr/bin/id`,
    ],
  ])('%s', async (_, rules) => {
    if (!able) return;
    const [granted, judged] = await Promise.all([truth(rules), said(rules)]);
    const expected = commands.map((command) => [command, granted.includes(command) ? 'ok' : 'fail']);
    expect([...judged]).toEqual(expected);
  });
});
