import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { verbLines } from '../../src/cli/overview.ts';
import { canonicalJson } from '../../src/events/canonical.ts';
import { sha256Hex } from '../../src/events/digest.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const verbs = verbLines.flatMap(([, lines]) => lines.map(([name]) => name));
let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'drp-cli-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function drp(...args: string[]): { readonly code: number; readonly out: string; readonly err: string } {
  const env = { ...process.env, XDG_STATE_HOME: folder, XDG_CONFIG_HOME: folder, DRP_JOURNAL: '', DRP_RUNBOOKS: '' };
  const { DRP_JOURNAL: _journal, DRP_RUNBOOKS: _runbooks, ...clean } = env;
  const ran = spawnSync(join(root, 'bin/drp'), args, { cwd: folder, env: clean, encoding: 'utf8', input: '' });
  return { code: ran.status ?? -1, out: ran.stdout, err: ran.stderr };
}

describe('help', () => {
  test('names every verb, and a verb that is named exists', () => {
    const { out, code } = drp('--help');
    expect(code).toBe(0);
    for (const verb of verbs) {
      expect(out).toMatch(new RegExp(`^  ${verb} `, 'm'));
      expect(existsSync(join(root, 'src/cli/verbs', `${verb}.ts`))).toBe(true);
    }
  });

  test.each(verbs)('drp %s --help has examples', (verb) => {
    const { out, code, err } = drp(verb, '--help');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(new RegExp(`^Usage: drp ${verb}`));
    const sub = /^ {2}(\w+) .*\[options\]/m.exec(out)?.[1];
    expect(sub === undefined ? out : drp(verb, sub, '--help').out).toContain('Examples\n  $ drp');
  });

  test('drp help VERB says what drp VERB --help says', () => {
    expect(drp('help', 'plan')).toEqual(drp('plan', '--help'));
  });
});

describe('what surrounds a command', () => {
  const bin = join(root, 'bin/drp');

  test('a folder that was removed under it is said, without a stack trace', () => {
    const gone = `d=$(mktemp -d) && cd "$d" && rmdir "$d" && exec "$0" "$@"`;
    for (const [more, said] of [
      [[], /^drp: the folder this was typed in is not there any more\nHINT: .* cd\.\n$/m],
      [['--json'], /"code":"folder-gone"/],
    ] as const) {
      const ran = spawnSync('sh', ['-c', gone, bin, 'runs', ...more], { encoding: 'utf8' });
      expect(ran.status).toBe(2);
      expect(ran.stdout + ran.stderr).toMatch(said);
      expect(ran.stderr).not.toContain('    at ');
    }
  });

  test('an empty variable is one that is not set', () => {
    const empty = { DRP_JOURNAL: '', DRP_RUNBOOKS: '', HOME: '', XDG_CONFIG_HOME: '', XDG_STATE_HOME: folder };
    const ran = (...args: readonly string[]) => {
      const env = { ...process.env, ...empty };
      return spawnSync(bin, [...args, '--json'], { cwd: folder, env, encoding: 'utf8' });
    };
    // Else the folder this is typed in would be the one of the runbooks.
    expect(ran('plan', '--site', 'gravelines').status).toBe(0);
    expect(JSON.parse(ran('status').stdout)).toMatchObject({ journal: `sqlite:${folder}/drp/journal.sqlite` });
  });
});

describe('wrong usage ends with 2 and says where to look', () => {
  test.each([
    ['a verb that does not exist', ['activat'], "there is no verb 'activat'; did you mean 'activate'?", 'drp --help'],
    ['an option that does not exist', ['runs', '--nope'], "unknown option '--nope'", 'drp runs --help'],
    ['a missing option', ['plan'], "required option '--site <name>' not specified", 'drp plan --help'],
    [
      'a missing argument',
      ['decide', 'retry', '--reason', 'x'],
      "missing required argument 'subject'",
      'drp decide --help',
    ],
    ['a second word that does not exist', ['lesson', 'ad'], "unknown command 'ad'", 'drp lesson --help'],
    [
      'an option missing after a second word',
      ['lesson', 'add', 'x'],
      "'--owner <name>' not specified",
      'lesson add --help',
    ],
    ['a missing second word', ['audit'], 'audit needs a second word', 'drp audit --help'],
    [
      'an instant without a zone',
      ['attest', 'copy-files', '--done-at', 'yesterday', '--by', 'otto', '--evidence', 'seen'],
      "--done-at (an instant with its zone, found 'yesterday')",
      'drp attest --help',
    ],
    [
      'an anchor that is none, which is no broken record',
      ['audit', 'verify', join(root, 'test/journals/format-1-activation.jsonl'), '--anchor', 'nope'],
      "'nope' is no anchor: expected RUN SEQ:HEAD12",
      'drp audit verify --help',
    ],
    [
      'a site whose name is a path',
      ['init', '--site', '../gravelines', '--answers', '/dev/null'],
      "--site '../gravelines': expected a name of lower-case letters",
      'drp init --help',
    ],
    ['a site without a runbook', ['plan', '--site', 'nowhere'], "no runbook for site 'nowhere'", 'drp init'],
  ])('%s', (...[, args, message, hint]) => {
    const { code, err, out } = drp(...args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/^drp: .*\n(.*\n)*HINT: /);
    expect(err).toContain(message);
    expect(err).toContain(hint);
    const json = drp(...args, '--json');
    expect(json.code).toBe(2);
    expect(JSON.parse(json.out.trim().split('\n').at(-1)!)).toMatchObject({
      exitCode: 2,
      error: { message: expect.stringContaining(message) },
    });
  });

  test('every problem of a runbook is listed with its place', () => {
    writeFileSync(join(folder, 'broken.yaml'), 'format: 1\nsite: broken\nnope: 1\n');
    const { code, err } = drp('plan', '--site', 'broken', '--runbooks', folder);
    expect(code).toBe(2);
    expect(err).toMatch(/broken\.yaml:3:1: /);
  });
});

test('the shipped runbook plans, in both directions and as a drill, without a network', () => {
  const { code, out } = drp('plan', '--site', 'gravelines', '--json');
  expect(code).toBe(0);
  const { plans } = JSON.parse(out) as { plans: { procedure: string; digest: string }[] };
  expect(plans.map((plan) => plan.procedure)).toEqual(['activation', 'return', 'drill']);
});

test('a record of syncs is checked by its site or as a file, against heads kept elsewhere; no option is left unheard', () => {
  const file = join(folder, 'drp', 'sync', 'gravelines.jsonl');
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const entry = { at: '2026-11-21T01:00:00.000Z', reason: 'users are there', what: 'refused' };
  const line = canonicalJson({ entry, prev: '0'.repeat(64), seq: 1 });
  writeFileSync(file, `${line}\n`);
  const head = sha256Hex(line).slice(0, 12);
  const verify = (...args: readonly string[]) => drp('audit', 'verify', ...args);
  expect(verify('--sync', '--site', 'gravelines', '--anchor', head)).toMatchObject({
    code: 0,
    out: `verified: ${file}, 1 entry, head ${head}\n  heads kept elsewhere vouch for it up to entry 1\n`,
  });
  expect(verify(file).out).toContain('not proved: that nothing was cut off its end');
  expect(verify(file, '--anchor', 'f'.repeat(12))).toMatchObject({ code: 5 });
  writeFileSync(file, `${line.replace('users', 'Users')}\n\n`);
  expect(verify(file)).toMatchObject({
    code: 5,
    out: expect.stringMatching(/^BROKEN: .* up to entry 1 of 2\n {2}entry 2: /),
  });
  expect(verify('--sync')).toMatchObject({ code: 2 });
  for (const more of [['--witness'], ['--run', 'k3f9-2a7m'], ['--allowed-signers', file]])
    expect(verify('--sync', '--site', 'gravelines', ...more)).toMatchObject({ code: 2 });
});

test('an empty journal has no runs, nothing owed and no status to show', () => {
  expect(drp('runs').out).toBe('no runs yet\n');
  expect(drp('obligation', 'list').out).toBe('nothing is owed\n');
  expect(drp('status').code).toBe(0);
  expect(drp('resume')).toMatchObject({ code: 2 });
});

describe('drp status where no journal was ever made', () => {
  const env = () => ({ ...process.env, XDG_CONFIG_HOME: folder, DRP_RUNBOOKS: '', DRP_JOURNAL: '' });
  const status = (given: Readonly<Record<string, string>>, ...args: readonly string[]) => {
    const clean = Object.fromEntries(Object.entries({ ...env(), ...given }).filter(([, value]) => value !== ''));
    return spawnSync(join(root, 'bin/drp'), ['status', ...args], { cwd: folder, env: clean, encoding: 'utf8' });
  };
  const missing = () => `sqlite:${join(folder, 'none', 'journal.sqlite')}`;

  test('says what a site with a runbook owes to rehearsal, and what to type next', () => {
    const ran = status({ DRP_JOURNAL: missing() }, '--site', 'gravelines');
    expect({ code: ran.status, err: ran.stderr }).toEqual({ code: 0, err: '' });
    expect(ran.stdout).toContain('NEEDS DRILL: no drill of this plan ever passed');
    expect(ran.stdout).toMatch(/^ {2}drp drill --site gravelines /m);
    expect(ran.stdout).toContain('If a run is under way, it is recorded elsewhere');
    expect(existsSync(join(folder, 'none'))).toBe(false);
  });

  test('without a site names those that have a runbook, and takes the only one', () => {
    expect(status({ DRP_JOURNAL: missing() }).stdout).toMatch(/^ {2}drp status --site reference /m);
    const own = mkdtempSync(join(folder, 'own-'));
    expect(status({ DRP_JOURNAL: missing(), DRP_RUNBOOKS: own }).stdout).toMatch(/^ {2}drp init --site SITE /m);
    copyFileSync(join(root, 'runbooks/gravelines.yaml'), join(own, 'gravelines.yaml'));
    expect(status({ DRP_JOURNAL: missing(), DRP_RUNBOOKS: own }).stdout).toMatch(/^ {2}drp drill --site gravelines /m);
  });

  test('says of a runbook that is not valid that nothing can be begun with it, not only what to begin', () => {
    const own = mkdtempSync(join(folder, 'own-'));
    writeFileSync(join(own, 'broken.yaml'), 'site: [');
    const { stdout } = status({ DRP_JOURNAL: missing(), DRP_RUNBOOKS: own });
    expect(stdout.replace(/\s+/g, ' ')).toMatch(/ATTENTION: runbook \S+broken\.yaml has \d+ problem\(s\): nothing/);
    expect(stdout).toMatch(/^ {2}drp plan --site broken /m);
    expect(stdout).not.toContain('drp activate');
  });

  test('a journal named in the command itself must be there: a slip of the finger hides no run', () => {
    expect(status({}, '--site', 'gravelines', '--journal', missing()).status).toBe(2);
    expect(status({ DRP_JOURNAL: missing() }, '--run', 'aaaa-bbbb').status).toBe(2);
  });
});

test('activate without a terminal names what must be said, and begins nothing', () => {
  const { code, err } = drp('activate', '--site', 'gravelines', '--what', 'fire');
  expect(code).toBe(2);
  expect(err).toMatch(/HINT: /);
  expect(drp('runs').out).toBe('no runs yet\n');
});

test('a disk that is full under the output is said in one line, and the exit code is no success', () => {
  const { status, stderr } = spawnSync('sh', ['-c', '"$0" --help > /dev/full', join(root, 'bin/drp')], {
    encoding: 'utf8',
  });
  expect(stderr).toMatch(/^drp: what was to be shown could not be written: ENOSPC.*\nHINT: .*\n$/);
  expect(status).toBe(1);
});
