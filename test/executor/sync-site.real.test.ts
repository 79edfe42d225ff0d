import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/base/clock.ts';
import type { ExecutorDeps } from '../../src/executor/deps.ts';
import { openSyncRecord, readSyncRecord } from '../../src/executor/sync-record.ts';
import { syncSite } from '../../src/executor/sync-site.ts';
import { currentDriver } from '../../src/journal/driver.ts';
import { createMemoryJournal } from '../../src/journal/memory-journal.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { copyStep } from '../../src/steps/copy/copy-step.ts';
import { createClaims } from '../../src/transports/claims.ts';
import { waitFor } from '../lab/process.ts';
import { plannedStep, specOf, startLabSteps, type LabSteps } from '../steps/lab-steps.ts';
import { done } from '../steps/outcome.ts';

let steps: LabSteps;
let folder: string;
let www: string;
/** The newest tree of all: even days lie on one server, odd days on the other. */
const newestAt = (): { readonly host: 'backup-even' | 'backup-odd'; readonly path: string } => {
  const trees = (['backup-even', 'backup-odd'] as const).flatMap((host) => {
    const found = join(steps.facts.hosts[host].base, 'backups', 'files');
    const days = readdirSync(found).filter((name) => /^\d{4}-\d\d-\d\d$/.test(name));
    return days.map((day) => ({ day, host, path: join(found, day) }));
  });
  const [newest] = trees.sort((one, other) => other.day.localeCompare(one.day));
  if (newest === undefined) throw new Error('the lab has no tree');
  return newest;
};
const newest = (): string => newestAt().path;

beforeAll(async () => {
  steps = await startLabSteps();
  folder = mkdtempSync(join(tmpdir(), 'drp-sync-'));
  www = join(steps.facts.hosts.gravelines.base, 'www');
}, 120_000);
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await steps.end();
}, 60_000);

const copy = specOf('copy', {
  id: 'copy-files',
  from: { backup: 'files', path: 'www' },
  to: { host: 'gravelines', path: 'www' },
});
const plan = (): Plan =>
  ({
    site: 'gravelines',
    procedure: 'activation',
    world: steps.world,
    phases: { restoration: [{ name: 'files', steps: [plannedStep(copy)] }] },
  }) as unknown as Plan;

const sync = async (serving: 'production' | 'recovery' = 'production', signal = new AbortController().signal) => {
  const record = await openSyncRecord(recordFile(), currentDriver('test'));
  const { hosts, jobs } = steps.context('sync');
  const deps = {
    journal: createMemoryJournal(),
    kindsOf: () => Promise.resolve(new Map([['copy', copyStep]])),
    // The connections are the test's own.
    reach: () => ({
      hosts: { ...hosts, closeAll: () => Promise.resolve() },
      jobs,
      claims: createClaims(hosts),
      secret: () => Promise.reject(new Error('no secret is asked for')),
    }),
    providers: {},
    clock: systemClock,
    driver: currentDriver('test'),
  } as unknown as ExecutorDeps;
  const syncing = syncSite(deps, {
    plan: plan(),
    site: { site: 'gravelines', serving, obligations: [] },
    record,
    signal,
    onProgress: () => undefined,
  });
  return await syncing.finally(record.close);
};
const recordFile = (): string => join(folder, 'record.jsonl');
const warm = (): string => join(www, '..', '.www.drp-warm');
const activate = async (id: string) => {
  const context = steps.context(copy.id);
  const { path, host } = newestAt();
  const choices = { 'backup:files': { backup: 'files', host, path, takenAt: '2026-01-01T00:00:00.000Z' } };
  const spec = { ...copy, id };
  const outcome = await copyStep.run(plannedStep(spec), spec, { ...context, facts: { outputs: {}, choices } });
  return done(outcome).lines.join('\n');
};
const differences = (): string =>
  execFileSync('rsync', ['-aHAXnci', '--delete', '--numeric-ids', `${newest()}/www/`, `${www}/`]).toString();

describe('a sync', () => {
  test('fills a tree beside the one in use and touches nothing else; an activation goes on with it', async () => {
    const inUse = (): string =>
      execFileSync('sh', ['-c', 'cd "$1" && find . -type f -exec sha256sum {} + | sort', 'sh', www]).toString();
    const before = inUse();
    const [first] = await sync();
    expect(first).toMatchObject({ step: 'copy-files', kind: 'done' });
    expect(existsSync(warm())).toBe(true);
    expect(inUse()).toBe(before);
    const [second] = await sync();
    expect(second?.lines.join('\n')).toMatch(/only differences are sent/);
    expect(await activate('activated')).toMatch(/drp sync had kept warm[^]*[01] entries had changed/);
    expect(differences()).toBe('');
    expect(existsSync(warm())).toBe(false);
  });

  test('gives way to an activation in the middle of its work', async () => {
    execFileSync('sh', ['-c', 'head -c 6000000 /dev/urandom >"$1/www/large"', 'sh', newest()]);
    await steps.lab.fault('link-slow', newestAt().host, '200000', '0');
    const syncing = sync();
    while (!existsSync(warm())) await new Promise((resolve) => setTimeout(resolve, 50));
    const activating = activate('preempting');
    expect((await syncing)[0]).toMatchObject({ kind: 'failed' });
    await steps.lab.fault('link-up', newestAt().host);
    await activating;
    expect(differences()).toBe('');
  });

  test('that died is followed by the next: its job is taken up, its end put on record, nothing begun beside it', async () => {
    execFileSync('sh', ['-c', 'head -c 6000000 /dev/urandom >"$1/www/more"', 'sh', newest()]);
    await steps.lab.fault('link-slow', newestAt().host, '800000', '0');
    const leaving = new AbortController();
    const died = sync('production', leaving.signal);
    const jobs = join(steps.facts.hosts.gravelines.home, '.drp', 'jobs');
    const runs = async (): Promise<boolean> => {
      const last = (await readSyncRecord(recordFile())).entries.at(-1);
      return last?.what === 'began' && existsSync(join(jobs, last.token, 'started'));
    };
    await waitFor('the job of the sync', async () => ((await runs()) ? true : undefined), 30_000);
    leaving.abort(new Error('the terminal was closed'));
    await expect(died).rejects.toThrow('the terminal was closed');
    const before = (await readSyncRecord(recordFile())).entries;
    expect(before.at(-1)).toMatchObject({ what: 'began' });
    const following = sync();
    await steps.lab.fault('link-up', newestAt().host);
    const [tree] = await following;
    expect(tree).toMatchObject({
      kind: 'done',
      lines: expect.arrayContaining([expect.stringMatching(/goes on with/)]),
    });
    const { entries } = await readSyncRecord(recordFile());
    const last = before.at(-1) as { token?: string };
    expect(entries.slice(before.length)).toEqual([expect.objectContaining({ what: 'tree', token: last.token })]);
  });

  test('is refused where users are on the recovery side, and where a run has claimed the site', async () => {
    await expect(sync('recovery')).rejects.toMatchObject({ code: 'sync-refused' });
    const claims = createClaims(steps.context('claim').hosts);
    const claim = { site: 'gravelines', run: 'k3f9-2a7m', epoch: 1 };
    await claims.take('gravelines', claim);
    await expect(sync()).rejects.toMatchObject({ code: 'sync-refused' });
    await claims.release('gravelines', claim);
  });

  test('refuses a backup that has shrunk since the last one, and says so on record', async () => {
    await sync();
    execFileSync('sh', [
      '-c',
      'find "$1/www" -type f | head -n 200 | while IFS= read -r f; do rm -- "$f"; done',
      'sh',
      newest(),
    ]);
    const [tree] = await sync();
    expect(tree).toMatchObject({ kind: 'failed', lines: [expect.stringMatching(/has shrunk|no fit copy/)] });
    const { entries } = await readSyncRecord(recordFile());
    expect(entries.at(-1)).toMatchObject({ what: 'tree', kind: 'failed' });
  });
});
