import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemClock, waitFor } from '../../src/base/clock.ts';
import type { Event } from '../../src/events/event.ts';
import type { RunSummary } from '../../src/views/run-summary.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
let folder = '';
let driver: ChildProcess | undefined;

/** A run that stands at a failed step of its fencing, then at one of its restoration; it is driven by whoever runs this test. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'drp-attest-'));
  const env = { ...process.env, PRACTICE_STEP_MS: '20', PRACTICE_FAILS: 'fence-production,close-recovery' };
  driver = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', 'test/cli/practice-run.ts', folder, 'activation', '--wait'],
    { cwd: root, stdio: 'ignore', env },
  );
  await passed('declaration');
}, 60_000);
afterAll(() => {
  driver?.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
});

function drp(...args: readonly string[]) {
  const env = { ...process.env, DRP_JOURNAL: `sqlite:${join(folder, 'journal.sqlite')}`, NO_COLOR: '1' };
  const ran = spawnSync(join(root, 'bin/drp'), args, { cwd: folder, env, encoding: 'utf8', input: '' });
  return { code: ran.status, out: ran.stdout, all: ran.stdout + ran.stderr };
}

function summary(): RunSummary | undefined {
  const { code, out } = drp('status', '--json');
  return code === 0 ? ((JSON.parse(out) as { run: RunSummary | null }).run ?? undefined) : undefined;
}

async function until(what: (run: RunSummary) => boolean): Promise<void> {
  const seen = await waitFor(
    () => {
      const run = summary();
      return Promise.resolve(run === undefined || !what(run) ? undefined : true);
    },
    { everyMs: 200, timeoutMs: 30_000, clock: systemClock, signal: new AbortController().signal },
  );
  expect(seen).toMatchObject({ kind: 'met' });
}

async function passed(gate: string): Promise<void> {
  await until((run) => run.gates.some(({ id, state }) => id === gate && state === 'open'));
  const digest = summary()!.gates.find(({ id }) => id === gate)!.digest!;
  expect(drp('approve', gate, '--statement', digest, '--reason', 'in practice')).toMatchObject({ code: 0 });
}

const failed = (step: string) => (run: RunSummary) =>
  run.phases.some(({ steps }) => steps.some(({ id, state }) => id === step && state === 'failed'));
const at = '2024-11-21T15:31+01:00';

describe('drp attest', () => {
  test('says what is missing before anything is said to a run', () => {
    const { code, all } = drp('attest', 'fence-production', '--by', 'otto');
    expect(code).toBe(2);
    expect(all).toContain('missing: --done-at (an instant with its zone), --evidence or --file');
    expect(drp('attest', 'fence-production', '--done-at', 'just now', '--by', 'otto', '--evidence', 'x').code).toBe(2);
  });

  test('brings a step done by hand into the record: when, by whom, and what shows it', async () => {
    await until(failed('fence-production'));
    writeFileSync(join(folder, 'photo.jpg'), 'a photograph');
    const said = drp('attest', 'fence-production', '--done-at', at, '--by', 'vera', '--file', 'photo.jpg');
    expect(said).toMatchObject({
      code: 0,
      out: expect.stringContaining('fence-production: mark-done, by otto') as unknown as string,
    });
    const { events } = JSON.parse(drp('audit', 'show', '--json').out) as { events: readonly Event[] };
    const decided = events.find((event) => event.type === 'decision.made');
    expect(decided).toMatchObject({ data: { verb: 'mark-done', subject: 'fence-production', person: 'otto' } });
    expect(decided?.type === 'decision.made' ? decided.data.evidence : '').toMatch(
      /^done by hand at 2024-11-21T14:31:00\.000Z by vera: file photo\.jpg, sha256 [0-9a-f]{64}\nseen$/,
    );
  });

  test('a form is said entry by entry, and stops at the first that is refused', async () => {
    await until(failed('close-recovery'));
    const entry = (step: string) => `  - { step: ${step}, at: ${at}, by: vera, evidence: seen }\n`;
    writeFileSync(
      join(folder, 'log.yaml'),
      `drp-attest: 1\nentries:\n${entry('close-recovery')}${entry('copy-files')}`,
    );
    const run = summary()!.run;
    const said = drp('attest', '--run', run, '--form', 'log.yaml', '--json');
    expect(said.code).toBe(3);
    const { answers } = JSON.parse(said.out.trim().split('\n').at(-1)!) as { answers: readonly object[] };
    // Its restoration has not even begun: nobody attests what the run does not ask about.
    expect(answers).toMatchObject([
      { subject: 'close-recovery', outcome: 'accepted' },
      { subject: 'copy-files', outcome: 'refused', error: { code: 'word-not-now' } },
    ]);
  });
});
