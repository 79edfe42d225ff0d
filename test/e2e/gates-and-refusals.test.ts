import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { hasTerminal, openTerminal, type Terminal } from '../cli/terminal.ts';
import type { Ended } from '../demo/drp.ts';
import { noFullDisk } from '../lab/disk.ts';
import { sql } from '../lab/postgres.ts';
import { waitFor } from '../lab/process.ts';
import { drive, openStage, program, root, type Driver, type Stage } from './stage.ts';
import { treeLines } from './trees.ts';

const activate = [
  ...['activate', '--site', 'gravelines', '--what', 'major failure', '--since', 'now', '--lost', 'none'],
  ...['--ordered-by', 'anne', '--ordered-how', 'ticket and call'],
];
let stage: Stage;
let driver: Driver | undefined;
/** Faults to take back after a test, with their arguments. */
const undoing: [name: string, ...args: string[]][] = [];

/** What a restoration overwrites: the tree, the configuration, the databases; one line where they are the same. */
async function target(): Promise<{ readonly files: string; readonly databases: string }> {
  const { base } = stage.lab.facts.hosts.gravelines;
  const there = readdirSync(base).filter((name) => name === 'www' || name === 'config');
  const databases = await sql(
    stage.context,
    { site: 'gravelines', database: 'postgres' },
    'SELECT datname FROM pg_database ORDER BY 1',
  );
  const files = createHash('sha256')
    .update(there.flatMap((name) => [name, ...treeLines(join(base, name))]).join('\n'))
    .digest('hex');
  return { files, databases };
}

/** Ends the run that stands, with the signature of the authoriser where nobody would serve. */
async function abort(): Promise<void> {
  const { anne } = stage.lab.facts.people;
  const { run } = await stage.status();
  const ended = await stage.drp(
    'abort',
    '--run',
    run,
    '--reason',
    'the trial is over',
    '--person',
    'anne',
    '--key',
    anne.keyFile,
  );
  if (ended.exitCode !== 0) throw new Error(ended.stderr);
}

beforeAll(async () => {
  stage = await openStage({ tickets: false });
}, 120_000);

afterAll(async () => {
  await stage.end();
});

describe('bad news stops an activation before anything is overwritten', () => {
  let before = { files: '', databases: '' };
  beforeEach(async () => {
    before = await target();
  });
  afterEach(async () => {
    for (const undo of undoing.splice(0)) await stage.lab.fault(...undo);
    await Promise.all([abort(), driver?.ended]);
    expect(await target()).toEqual(before);
  }, 60_000);

  /** What a gate says is wrong. */
  async function redEvidence(gate = 'restoration'): Promise<string> {
    const { gates } = await stage.status();
    const statement = gates.find(({ id }) => id === gate)!.statement!;
    return statement.evidence.flatMap(({ severity, lines }) => (severity === 'red' ? lines : [])).join('\n');
  }

  /** Answers the gate as it stands, and gives what drp says. */
  async function approve(...more: readonly string[]): Promise<Ended> {
    const { gates, run } = await stage.status();
    const digest = gates.find(({ id }) => id === 'restoration')!.digest!.slice(0, 12);
    return await stage.drp('approve', 'restoration', '--run', run, '--statement', digest, ...more);
  }

  /** Nobody may wave through a recovery host that is not itself, whatever the reason. */
  async function refusedAtDeclaration(): Promise<void> {
    const { gates, run } = await stage.status();
    const digest = gates.find(({ id }) => id === 'declaration')!.digest!.slice(0, 12);
    const signed = ['--person', 'anne', '--key', stage.lab.facts.people.anne.keyFile];
    const asked = [
      'approve',
      'declaration',
      '--run',
      run,
      '--statement',
      digest,
      ...signed,
      '--reason',
      'all the same',
    ];
    const refused = await stage.drp(...asked);
    expect(refused.exitCode).toBe(3);
    expect(refused.stderr).toMatch(/cannot be overridden/);
  }

  const untilRestoration = { answers: (gate: string) => gate !== 'restoration' };

  test('a host that shows another key: both keys are named, and what to do', async () => {
    undoing.push(['host-key-back', 'gravelines']);
    await stage.lab.fault('host-key', 'gravelines');
    driver = drive(stage, activate, { answers: () => false });
    await driver.line(/gate declaration of run/);
    expect(await redEvidence('declaration')).toMatch(
      /shows host key SHA256:.*, pinned is SHA256:.*\nNothing was sent to it/,
    );
    await refusedAtDeclaration();
  }, 60_000);

  test('a machine that is not the one meant: both markers are named, and what to do', async () => {
    undoing.push(['identity-back', 'gravelines']);
    await stage.lab.fault('identity', 'gravelines');
    driver = drive(stage, activate, { answers: () => false });
    await driver.line(/gate declaration of run/);
    expect(await redEvidence('declaration')).toMatch(
      /decommissioned.*the runbook expects 'gravelines recovery.*\nNothing/,
    );
    await refusedAtDeclaration();
  }, 60_000);

  test.each([
    ['a dump that ends early, with a fitting checksum', 'dump-truncated', 'dumps-back'],
    ['a dump with wrong bytes in its middle, with a fitting checksum', 'dump-corrupt', 'dumps-back'],
    ['an empty source folder', 'files-empty', 'files-back'],
  ])(
    '%s is left out: red, and taking an older copy needs a reason',
    async (...row) => {
      const [, fault, undo] = row;
      undoing.push([undo]);
      await stage.lab.fault(fault);
      driver = drive(stage, activate, untilRestoration);
      await driver.line(/approve restoration .*--reason TEXT/);
      expect(await redEvidence()).toMatch(
        /left out: backup-(odd|even):.*newer than the chosen one: it (has shrunk|cannot be read|is damaged|does not match)/,
      );
      const unreasoned = await approve();
      expect(unreasoned.exitCode).toBe(2);
      expect(unreasoned.stderr).toMatch(/HINT: .*--reason TEXT/);
    },
    60_000,
  );

  (noFullDisk() === undefined ? test : test.skip)(
    'too little room on the target: nobody may wave it through',
    async () => {
      undoing.push(['disk-free', 'gravelines']);
      await stage.lab.fault('disk-full', 'gravelines', '300000');
      driver = drive(stage, activate, untilRestoration);
      await driver.line(/gate restoration of run/);
      expect(await redEvidence()).toMatch(/room: .* needed, .* free/);
      const refused = await approve('--reason', 'go on all the same');
      expect(refused.exitCode).toBe(3);
      expect(refused.stderr).toMatch(/cannot be overridden[\s\S]*HINT: Mend it/);
    },
    60_000,
  );
});

(hasTerminal ? describe : describe.skip)('a gate at a real terminal (needs tmux)', () => {
  const question = "To approve, type 'gravelines'";
  let terminal: Terminal | undefined;
  const open = (command: string): Terminal => (terminal = openTerminal(command, { cwd: root, env: stage.env }));
  const decided = async (): Promise<readonly string[]> =>
    (await stage.events((await stage.status()).run)).flatMap((event) =>
      event.type === 'gate.decided' ? [event.data.gate] : [],
    );

  afterEach(async () => {
    await terminal?.end();
    await abort();
  });

  test('Enter, y, a paste, type-ahead and a pipe never pass it; the exact word does', async () => {
    driver = drive(stage, activate, { answers: (gate) => gate === 'declaration' });
    await driver.line(/gate restoration of run/);
    driver.child.kill('SIGINT');
    await driver.ended;
    const { run } = await stage.status();

    const piped = open(`${program} resume --run ${run} 2>&1 | tee ${stage.lab.facts.dir}/seen`);
    piped.type('gravelines');
    piped.keys('Enter');
    await piped.shows(/ended with \d+/);
    expect(await decided()).toEqual(['declaration']);
    await piped.end();

    const on = open(`${program} resume --run ${run}`);
    // Before the question stands.
    on.type('gravelines');
    on.keys('Enter');
    await on.shows(question);
    for (const [text, answer] of [
      ['', "nothing done: ''"],
      ['y', "nothing done: 'y'"],
      ['Gravelines', "nothing done: 'Gravelines'"],
    ] as const) {
      if (text !== '') on.type(text);
      on.keys('Enter');
      await on.shows(answer);
    }
    on.paste('gravelines');
    on.keys('Enter');
    await on.shows('pasted text is not taken');
    expect(await decided()).toEqual(['declaration']);
    on.type('gravelines');
    on.keys('Enter');
    await waitFor('the gate to pass', async () => ((await decided()).includes('restoration') ? true : undefined));
  }, 90_000);
});
