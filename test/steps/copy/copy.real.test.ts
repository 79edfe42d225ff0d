import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { copyStep } from '../../../src/steps/copy/copy-step.ts';
import { plannedStep, specOf, startLabSteps, type LabSteps } from '../lab-steps.ts';
import { done, failure } from '../outcome.ts';

let steps: LabSteps;
let from: string;
let to: string;

beforeAll(async () => {
  steps = await startLabSteps();
}, 120_000);
afterAll(async () => {
  await steps.end();
}, 60_000);

const spec = (id: string, more: Record<string, unknown> = {}) =>
  specOf('copy', {
    id,
    from: { host: 'backup-odd', path: 'case/tree' },
    to: { host: 'gravelines', path: 'case/tree' },
    ...more,
  });
const isRoot = process.getuid?.() === 0;

/** What rsync itself would still change, by content, modes, owners, times and links; who is not root makes no pipes either. */
const differences = (): string =>
  execFileSync('rsync', [
    '-aHAXnci',
    ...(isRoot ? [] : ['--no-specials', '--info=nonreg0']),
    '--delete',
    '--numeric-ids',
    `${from}/`,
    `${to}/`,
  ]).toString();

beforeEach(() => {
  from = join(steps.facts.hosts['backup-odd'].base, 'case', 'tree');
  to = join(steps.facts.hosts.gravelines.base, 'case', 'tree');
  for (const folder of [from, to]) rmSync(join(folder, '..'), { recursive: true, force: true });
  mkdirSync(join(from, 'deep', 'er'), { recursive: true });
  for (const name of ['a', 'b c', 'new\nline', 'tab\tname', 'back\\slash', '-n', 'é'])
    writeFileSync(join(from, name), name.repeat(100));
  execFileSync('sh', [
    '-c',
    'cd "$1" && ln a deep/hard && ln -s ../nowhere deep/soft && mkfifo pipe && truncate -s 5M sparse && chmod 4751 a && chmod 1777 deep/er && touch -d 2001-02-03 "b c"',
    'sh',
    from,
  ]);
  mkdirSync(to, { recursive: true });
  writeFileSync(join(to, 'mine'), 'what was there');
});

describe('a copy', () => {
  test('is equal in content, modes, owners, times, links and odd names, and keeps what it replaces', async () => {
    const { output, lines } = done(await steps.run(copyStep, spec('equal')));
    expect(differences()).toBe('');
    expect(existsSync(join(to, 'pipe'))).toBe(isRoot);
    expect(lines.join('\n').includes('pipes, sockets and devices are not brought')).toBe(!isRoot);
    expect(statSync(join(to, 'a')).ino).toBe(statSync(join(to, 'deep', 'hard')).ino);
    expect(statSync(join(to, 'sparse')).blocks).toBeLessThan(100);
    expect(readFileSync(join((output as { kept: string }).kept, 'mine'), 'utf8')).toBe('what was there');
  });

  test('shows at its gate, by a dry run, what goes out of use with the tree it replaces', async () => {
    for (const name of ['mine too', 'own.conf']) writeFileSync(join(to, name), '');
    const shown = await copyStep.evidence!(
      plannedStep(spec('dry')),
      spec('dry', { exclude: ['own.conf'] }),
      steps.context('dry'),
    );
    const lines = shown.find(({ id }) => id === 'target:dry')?.lines.join('\n');
    expect(lines).toMatch(/dry run of the last pass: 2 entries .* go out of use with what is kept: mine, mine too/);
    expect(existsSync(join(to, 'mine'))).toBe(true);
  });

  test('finds in its final pass what size and time hide, over a tree that was filled before', async () => {
    done(await steps.run(copyStep, spec('pre', { switch: false, staging: 'case' })));
    expect(existsSync(join(to, 'mine'))).toBe(true);
    // Same size and time, other content: rsync's quick look cannot see it.
    const { atime, mtime } = statSync(join(from, 'b c'));
    writeFileSync(join(from, 'b c'), 'B c'.repeat(100));
    utimesSync(join(from, 'b c'), atime, mtime);
    done(await steps.run(copyStep, spec('final', { staging: 'case' })));
    expect(differences()).toBe('');
  });

  test('does not believe what an earlier attempt left: files of the same size and time are read', async () => {
    const left = join(to, '..', '.tree.drp-left');
    execFileSync('cp', ['-a', from, left]);
    const { atime, mtime } = statSync(join(left, 'b c'));
    writeFileSync(join(left, 'b c'), 'B c'.repeat(100));
    utimesSync(join(left, 'b c'), atime, mtime);
    done(await steps.run(copyStep, spec('left')));
    expect(existsSync(left)).toBe(false);
    expect(differences()).toBe('');
  });

  test('carries over what is left out of it and is the target’s own', async () => {
    for (const [folder, text] of [
      [from, 'theirs'],
      [to, 'ours'],
    ] as const) {
      mkdirSync(join(folder, 'deep', 'own'), { recursive: true });
      writeFileSync(join(folder, 'listen.conf'), text);
      writeFileSync(join(folder, 'deep', 'own', 'x'), text);
    }
    const { output } = done(await steps.run(copyStep, spec('own', { exclude: ['listen.conf', 'deep/own/'] })));
    expect([readFileSync(join(to, 'listen.conf'), 'utf8'), readFileSync(join(to, 'deep', 'own', 'x'), 'utf8')]).toEqual(
      ['ours', 'ours'],
    );
    expect((output as { manifest: string }).manifest).toMatch(/^[0-9a-f]{64}$/);
  });

  test('finishes a switch that a crash cut between its two renames', async () => {
    const copy = spec('cut');
    const run = steps.context('x').run.id;
    renameSync(to, `${to}.before-${run}`);
    done(await steps.run(copyStep, copy));
    expect(differences()).toBe('');
    expect(existsSync(`${to}.before-${run}-2`)).toBe(false);
    // And asked once more after the switch, it finds it done and keeps no second copy.
    done(await steps.run(copyStep, copy));
    expect(existsSync(`${to}.before-${run}-2`)).toBe(false);
  });

  test.each([
    ['an empty source', () => execFileSync('find', [from, '-mindepth', '1', '-delete']), /source-unfit.*is empty/],
    ['a source that is not there', () => rmSync(from, { recursive: true }), /source-unfit.*not there/],
    [
      'a target that is a file',
      () => (rmSync(to, { recursive: true }), writeFileSync(to, '')),
      /target-unfit.*no folder/,
    ],
  ] as const)('refuses %s and overwrites nothing', async (_what, spoil, words) => {
    spoil();
    const error = failure(await steps.run(copyStep, spec('bad')));
    expect(`${error.code}: ${error.message}`).toMatch(words);
    expect(existsSync(`${to}.before-${steps.context('x').run.id}`)).toBe(false);
  });

  test('refuses a source that has shrunk since the gate saw it', async () => {
    const choices = { 'source:shrunk': { files: 100, bytes: 10 } };
    const error = failure(await steps.run(copyStep, spec('shrunk'), { facts: { outputs: {}, choices } }));
    expect([error.code, error.message]).toEqual(['source-unfit', expect.stringContaining('has shrunk')]);
    expect(readFileSync(join(to, 'mine'), 'utf8')).toBe('what was there');
  });

  test('refuses a source whose host is another machine than the plan says', async () => {
    const world = structuredClone(steps.world) as { hosts: Record<string, { identity: { text: string } }> };
    world.hosts['backup-odd']!.identity.text = 'somebody else';
    const error = failure(await steps.run(copyStep, spec('swapped'), { world: world as never }));
    expect(error.message).toMatch(/another machine answers/);
  });

  test('never shows half a tree under a name in use, and a retry after a killed rsync sends the rest', async () => {
    execFileSync('sh', [
      '-c',
      'for n in 1 2 3 4 5 6 7 8; do head -c 3000000 /dev/urandom >"$1/big$n"; done',
      'sh',
      from,
    ]);
    await steps.lab.fault('link-slow', 'backup-odd', '4000000');
    const staging = join(to, '..', '.tree.drp-killed');
    const killed = steps.run(copyStep, spec('killed'));
    while (!existsSync(join(staging, 'big3'))) await new Promise((resolve) => setTimeout(resolve, 50));
    expect(existsSync(join(to, 'mine'))).toBe(true);
    // The job's own rsync: found by its staging folder in /proc, ended by its id.
    const pids = execFileSync('sh', [
      '-c',
      'exec 2>/dev/null; for p in /proc/[0-9]*; do case $(tr "\\0" " " 2>/dev/null <$p/cmdline) in "rsync "*"$1"*) echo ${p#/proc/};; esac; done',
      'sh',
      staging,
    ])
      .toString()
      .trim()
      .split('\n');
    for (const pid of pids) {
      try {
        process.kill(Number(pid), 'SIGKILL');
      } catch {
        // It went with its parent.
      }
    }
    const first = await killed;
    await steps.lab.fault('link-up', 'backup-odd');
    expect(readFileSync(join(to, first.kind === 'done' ? 'a' : 'mine'), 'utf8')).not.toBe('');
    done(await steps.run(copyStep, spec('killed')));
    expect(differences()).toBe('');
  });

  test('is followed to the same end by a second driver, and started once', async () => {
    const copy = spec('resumed');
    const context = steps.context(copy.id);
    const [first, second] = await Promise.all([
      copyStep.run(plannedStep(copy), copy, context),
      copyStep.run(plannedStep(copy), copy, context),
    ]);
    expect(done(second).output).toEqual(done(first).output);
    expect(await copyStep.probe(plannedStep(copy), copy, context)).toBe('finished');
    expect(existsSync(`${to}.before-${context.run.id}-2`)).toBe(false);
  });

  test('is stopped with all it started, and says that it was', async () => {
    execFileSync('sh', ['-c', 'head -c 8000000 /dev/urandom >"$1/big"', 'sh', from]);
    await steps.lab.fault('link-slow', 'backup-odd', '500000');
    const copy = spec('stopped');
    const context = steps.context(copy.id);
    const running = copyStep.run(plannedStep(copy), copy, context);
    while (!existsSync(join(to, '..', '.tree.drp-stopped'))) await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await copyStep.stop!(plannedStep(copy), copy, context)).toEqual([]);
    await steps.lab.fault('link-up', 'backup-odd');
    expect(failure(await running).message).toMatch(/it was stopped/);
    expect(readFileSync(join(to, 'mine'), 'utf8')).toBe('what was there');
  });
});
