import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { copyStep } from '../../../src/steps/copy/copy-step.ts';
import { probeCopy } from '../../../src/steps/copy/probe-copy.ts';
import type { StepContext } from '../../../src/steps/step-kind.ts';
import { labContext } from '../../lab/lab.ts';
import { listRelays } from '../../lab/relay.ts';
import { plannedStep, specOf, startLabSteps, type LabSteps } from '../lab-steps.ts';
import { done } from '../outcome.ts';

let steps: LabSteps;
let from: string;
let to: string;

const windows = [
  'ahead',
  'gone',
  'hung',
  'delta',
  'mapped',
  'acl',
  'spoilt',
  'boot',
  'aged',
  'stepped',
  'left',
  'other',
] as const;

beforeAll(async () => {
  steps = await startLabSteps();
  for (const name of windows) plant(name);
  // A checksum is kept of what has rested for two seconds.
  await new Promise((resolve) => setTimeout(resolve, 3_100));
}, 120_000);
afterAll(async () => {
  await steps.end();
}, 60_000);

function turnTo(tree: string): void {
  from = join(steps.facts.hosts['backup-odd'].base, 'ways', tree);
  to = join(steps.facts.hosts.gravelines.base, 'ways', tree);
}
function plant(tree: string): void {
  turnTo(tree);
  for (const folder of [from, to, staging(), `${staging()}.ledger`]) rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(from, 'deep', 'er'), { recursive: true });
  mkdirSync(join(to, '..'), { recursive: true });
  writeFileSync(join(from, 'mapped'), 'a'.repeat(8192));
  sh(
    'cd "$1" && for n in $(seq 40); do echo "$n" >"deep/f$n"; done && printf x >"$(printf "new\\nline")" && ln deep/f1 deep/er/hard && ln -s nowhere soft && touch -d 2001-02-03 deep/f2 && chmod 4751 deep/f3',
    from,
  );
}

const copy = async (id: string, more: Record<string, unknown> = {}, changes: Partial<StepContext> = {}) => {
  const path = `ways/${basename(from)}`;
  const spec = specOf('copy', { id, from: { host: 'backup-odd', path }, to: { host: 'gravelines', path }, ...more });
  return done(await steps.run(copyStep, spec, changes));
};
const sh = (text: string, ...args: string[]): string => execFileSync('sh', ['-c', text, 'sh', ...args]).toString();
/** What rsync itself would still change, by content, modes, owners, times, links, ACLs and attributes. */
const differences = (tree = to): string =>
  execFileSync('rsync', ['-aHAXnci', '--delete', '--numeric-ids', `${from}/`, `${tree}/`]).toString();
const staging = (): string => join(to, '..', `.${basename(to)}.drp-ways`);

describe('a fresh tree of many small files', () => {
  beforeEach(() => {
    turnTo('fresh');
    plant('fresh');
    sh('cd "$1" && mkdir many && cd many && seq 2200 | split -l 1 -a 3 - "a b"', from);
  });

  test('comes as one archive and is equal in everything, links and odd names among it', async () => {
    const { lines } = await copy('archive');
    expect(lines.join('\n')).toMatch(/one archive: 22\d\d files/);
    expect(differences()).toBe('');
    expect(statSync(join(to, 'deep', 'f1')).ino).toBe(statSync(join(to, 'deep', 'er', 'hard')).ino);
  });

  test('leaves out what the runbook leaves out', async () => {
    await copy('excluded', { exclude: ['deep/er/', 'f2'] });
    expect([
      existsSync(join(to, 'deep', 'er')),
      existsSync(join(to, 'deep', 'f2')),
      existsSync(join(to, 'deep', 'f3')),
    ]).toEqual([false, false, true]);
  });

  test('with an ACL somewhere goes by rsync, and keeps it', async () => {
    sh('setfacl -m u:1:r "$1/deep/f9" && setfattr -n user.note -v kept "$1/deep/f8"', from);
    const { lines } = await copy('acl');
    expect(lines.join('\n')).toMatch(/ACLs and extended attributes are kept/);
    expect(sh('getfacl -cn "$1/deep/f9"; getfattr --only-values -n user.note "$1/deep/f8"', to)).toMatch(
      /user:1:r--[^]*kept/,
    );
    expect(differences()).toBe('');
  });
});

const relayed = async (): Promise<number> =>
  (await listRelays(labContext({ dir: steps.facts.dir, net: steps.facts.net }))).find(
    ({ relay }) => relay.name === 'ssh-backup-odd',
  )?.bytes ?? 0;

describe('large files into a fresh tree', () => {
  beforeEach(() => {
    turnTo('large');
    plant('large');
    sh(
      // No sample of it compresses, however slow a busy machine makes the line.
      'cd "$1" && rm mapped && for n in 1 2 3 4; do head -c 65536 /dev/urandom >random$n; done; mkdir video && head -c 70000000 /dev/urandom >"video/ big  one" && ln "video/ big  one" again',
      from,
    );
  });

  test('come straight from the line, with their owners, times and further names', async () => {
    sh('chmod 4751 "$1/again" && touch -d "2001-02-03 04:05:06.789" "$1/again" "$1/video"', from);
    const { lines } = await copy('straight');
    expect(lines.join('\n')).toMatch(/1 file of 64 MiB and more straight from the line/);
    expect(differences()).toBe('');
    expect(statSync(join(to, 'again')).ino).toBe(statSync(join(to, 'video', ' big  one')).ino);
  });
});

describe('the line', () => {
  test('is used no more than the runbook allows at this hour', async () => {
    turnTo('limited');
    plant('limited');
    sh('head -c 6000000 /dev/urandom >"$1/big"', from);
    const began = performance.now();
    const { lines, output } = await copy('limited', { bandwidth: '2MB/s' });
    expect(performance.now() - began).toBeGreaterThan(2_000);
    expect((output as { took: { fillMs: number } }).took.fillMs).toBeGreaterThan(2_000);
    expect(lines.join('\n')).not.toMatch(/one archive|streams/);
    expect(differences()).toBe('');
  });

  test('is sent less where it is slow and a sample of the tree compresses', async () => {
    turnTo('zstd');
    plant('zstd');
    sh('seq 9999999 >"$1/numbers" && test "$(wc -c <"$1/numbers")" -gt 70000000', from);
    await steps.lab.fault('link-slow', 'backup-odd', '20000000');
    const before = await relayed();
    try {
      const { lines } = await copy('zstd');
      expect(lines.join('\n')).toMatch(/compressed by zstd: the line carries \d+ MB\/s, and a sample shrank to \d+ %/);
    } finally {
      await steps.lab.fault('link-up', 'backup-odd');
    }
    expect((await relayed()) - before).toBeLessThan(45_000_000);
    expect(differences()).toBe('');
  });
});

/** Keeps a shared mapping of a file and writes the letter of each line to its first byte. */
const mapped = `
import mmap, sys
with open(sys.argv[1], 'r+b') as file:
    page = mmap.mmap(file.fileno(), 0)
    for line in sys.stdin:
        page[0:1] = line[0].encode()
        print('written', flush=True)
`;

describe('the frozen window', () => {
  const last = { staging: 'ways' };
  const living = { ...last, switch: false };

  test('finds a connection open and the source listed; the connection is closed behind it', async () => {
    turnTo('ahead');
    await copy('pre-ahead', living);
    const left = readFileSync(join(`${staging()}.ledger`, 'way'), 'utf8').trim();
    expect(statSync(join(left, 'link')).isSocket()).toBe(true);
    writeFileSync(join(from, 'deep', 'f7'), 'longer\n');
    await copy('last-ahead', last);
    const mine = sh('ls -d "$1"/.drp/jobs/*.last-ahead', steps.facts.hosts.gravelines.home).trim();
    expect(sh('readlink -f "$1/way"', mine).trim()).toBe(left);
    expect(sh('cat "$1/ahead/code"', mine).trim()).toBe('0');
    // It was taken up by the job: moved to where the job works.
    expect(existsSync(join(mine, 'ahead', 'list'))).toBe(false);
    expect(existsSync(join(left, 'link'))).toBe(false);
    expect(differences()).toBe('');
  });

  test('does without the connection and the list that a restart took away', async () => {
    turnTo('gone');
    await copy('pre-gone', living);
    writeFileSync(join(`${staging()}.ledger`, 'way'), '/nowhere\n');
    writeFileSync(join(from, 'deep', 'f7'), 'longer\n');
    const { lines } = await copy('last-gone', last);
    expect(lines.join('\n')).toMatch(/had changed since checksums were kept/);
    expect(differences()).toBe('');
  });

  test('does not take a connection that was left open on another way to the source: another port, login or key', async () => {
    turnTo('other');
    await copy('pre-other', living);
    const left = readFileSync(join(`${staging()}.ledger`, 'way'), 'utf8').trim();
    const { sshConfig = '' } = steps.facts.hosts.gravelines;
    const other = join(steps.facts.dir, 'another-way');
    writeFileSync(other, `${readFileSync(sshConfig, 'utf8')}\nHost *\n  IdentityFile /nowhere\n`);
    const odd = steps.world.hosts['backup-odd']!;
    const hosts = { ...steps.world.hosts, 'backup-odd': { ...odd, peers: { sshConfig: other, alias: 'backup-odd' } } };
    const { lines } = await copy('last-other', last, { world: { ...steps.world, hosts } });
    expect(lines.join('\n')).not.toMatch(/had changed since checksums/);
    const mine = sh('ls -d "$1"/.drp/jobs/*.last-other', steps.facts.hosts.gravelines.home).trim();
    expect(sh('readlink -f "$1/way"', mine).trim()).not.toBe(left);
    expect(differences()).toBe('');
    sh('cd "$1" && ssh -O exit -o ControlPath=link drp-source 2>&1', left);
  });

  test('a connection left open is closed when its run is left, and a copy that comes all the same does without it', async () => {
    turnTo('left');
    await copy('pre-left', living);
    const left = readFileSync(join(`${staging()}.ledger`, 'way'), 'utf8').trim();
    expect(statSync(join(left, 'link')).isSocket()).toBe(true);
    const path = `ways/${basename(from)}`;
    const spec = specOf('copy', {
      id: 'pre-left',
      from: { host: 'backup-odd', path },
      to: { host: 'gravelines', path },
      ...living,
    });
    await copyStep.leave?.(spec, steps.context('leave.pre-left'));
    // It answers that it will go, and goes.
    while (existsSync(join(left, 'link'))) await new Promise((resolve) => setTimeout(resolve, 20));
    await copyStep.leave?.(spec, steps.context('leave.pre-left'));
    await copy('last-left', last);
    expect(differences()).toBe('');
  });

  test('does not wait for a connection left open that answers no more', async () => {
    turnTo('hung');
    await copy('pre-hung', living);
    const left = readFileSync(join(`${staging()}.ledger`, 'way'), 'utf8').trim();
    const master = Number(
      sh('for p in /proc/[0-9]*; do [ "$(readlink "$p/cwd")" != "$1" ] || echo "${p#/proc/}"; done', left).trim(),
    );
    process.kill(master, 'SIGSTOP');
    try {
      const began = performance.now();
      await copy('last-hung', last);
      expect(performance.now() - began).toBeLessThan(20_000);
      expect(differences()).toBe('');
    } finally {
      process.kill(master, 'SIGKILL');
    }
  });

  test('sends and reads only what changed since checksums were kept', async () => {
    turnTo('delta');
    const first = await copy('pre', living);
    expect(first.output).toMatchObject({ switched: false, keptChecksums: expect.any(Number) });
    expect((first.output as { keptChecksums: number }).keptChecksums).toBeGreaterThan(40);
    // New, other, gone, a folder that became a file, a link more, a mode, and an edit that keeps size and time.
    const { atime, mtime } = statSync(join(from, 'deep', 'f7'));
    writeFileSync(join(from, 'deep', 'f7'), '8\n');
    utimesSync(join(from, 'deep', 'f7'), atime, mtime);
    sh(
      'cd "$1" && rm deep/f4 && echo new >deep/new && mkdir gone && rm -r deep/er && echo file >deep/er && ln deep/f5 deep/f5b && chmod 600 deep/f6 && mv deep/f10 moved',
      from,
    );
    const { lines } = await copy('last', last);
    expect(lines.join('\n')).toMatch(/1\d entries had changed since checksums were kept, [34] were gone/);
    expect(differences()).toBe('');
    expect(existsSync(`${staging()}.ledger`)).toBe(false);
  });

  test('a page of a mapped file that was written again is read again, though nothing but a mapping touched it', async () => {
    turnTo('mapped');
    const writer = spawn('/usr/bin/python3', ['-c', mapped, join(from, 'mapped')], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const write = async (letter: string) => {
      writer.stdin.write(`${letter}\n`);
      await once(writer.stdout, 'data');
    };
    try {
      await write('b');
      await new Promise((resolve) => setTimeout(resolve, 3_100));
      await copy('pre-mapped', living);
      await write('c');
      await copy('last-mapped', last);
      expect(readFileSync(join(to, 'mapped'), 'utf8')[0]).toBe('c');
    } finally {
      writer.stdin.end();
      await once(writer, 'close');
    }
  });

  test('a list of the source that its probe began more than a minute ago is read again', async () => {
    turnTo('aged');
    await copy('pre-aged', living);
    const path = `ways/${basename(from)}`;
    const source = { host: 'backup-odd', path };
    const spec = specOf('copy', { id: 'last-aged', from: source, to: { host: 'gravelines', path }, ...last });
    const context = steps.context('last-aged');
    await probeCopy(spec, context);
    const ahead = join(steps.facts.hosts.gravelines.home, '.drp', 'jobs', context.token, 'ahead');
    while (!existsSync(join(ahead, 'code'))) await new Promise((resolve) => setTimeout(resolve, 20));
    const [began = '', lister = ''] = readFileSync(join(ahead, 'began'), 'utf8').split(' ');
    writeFileSync(join(ahead, 'began'), `${String(Number(began) - 61)} ${lister}`);
    // New, gone, and an edit that keeps size and time: all of it after that list.
    sh(
      'cd "$1" && touch -r deep/f7 kept && echo 8 >deep/f7 && touch -r kept deep/f7 && rm kept deep/f4 && echo new >deep/new',
      from,
    );
    done(await copyStep.run(plannedStep(spec), spec, context));
    expect(existsSync(join(ahead, 'list'))).toBe(true);
    expect(readFileSync(join(to, 'deep', 'f7'), 'utf8')).toBe('8\n');
    expect(differences()).toBe('');
  });

  test('an edit that kept size and time is found also where the clock had been set back before it', async () => {
    turnTo('stepped');
    await copy('pre-stepped', living);
    sh('cd "$1" && touch -r deep/f7 kept && echo 8 >deep/f7 && touch -r kept deep/f7 && rm kept', from);
    // As if the clock had been an hour ahead when the checksums were read: the change is then the older of the two.
    const kept = join(`${staging()}.ledger`, 'source');
    const list = readFileSync(kept, 'utf8');
    const [before = '', , seconds = ''] = /^([^]*\/f7\t(\S+ ){5})(\d+)/.exec(list)?.slice(1) ?? [];
    expect(seconds).not.toBe('');
    writeFileSync(kept, `${before}${String(Number(seconds) + 3_600)}${list.slice(before.length + seconds.length)}`);
    const { lines } = await copy('last-stepped', last);
    expect(lines.join('\n')).toMatch(/had changed since checksums were kept/);
    expect(readFileSync(join(to, 'deep', 'f7'), 'utf8')).toBe('8\n');
    expect(differences()).toBe('');
  });

  test('an ACL set in the window is kept, though none was found before it', async () => {
    turnTo('acl');
    await copy('pre-acl', living);
    sh('setfacl -m u:1:r "$1/deep/f9"', from);
    await copy('last-acl', last);
    expect(sh('getfacl -cn "$1/deep/f9"', to)).toMatch(/user:1:r--/);
    expect(differences()).toBe('');
  });

  test('a hidden tree that was tampered with is not believed', async () => {
    turnTo('spoilt');
    await copy('pre-spoilt', living);
    const spoilt = join(staging(), 'deep', 'f11');
    const { atime, mtime } = statSync(spoilt);
    writeFileSync(spoilt, 'xx\n');
    utimesSync(spoilt, atime, mtime);
    await copy('last-spoilt', last);
    expect(differences()).toBe('');
  });

  test('checksums of another boot, or of another source, are not taken up', async () => {
    turnTo('boot');
    await copy('pre-boot', living);
    const kept = join(`${staging()}.ledger`, 'tree.source');
    writeFileSync(kept, readFileSync(kept, 'utf8').replace(/^tree \S+/, 'tree 00000000-0000-0000-0000-000000000000'));
    const { lines } = await copy('last-boot', last);
    expect(lines.join('\n')).not.toMatch(/had changed since checksums/);
    expect(differences()).toBe('');
  });
});
