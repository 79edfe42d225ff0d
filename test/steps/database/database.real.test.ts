import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DrpError } from '../../../src/base/errors.ts';
import { backupItems, lookForBackups } from '../../../src/steps/backups/backup-evidence.ts';
import { surveyBackup } from '../../../src/steps/backups/survey-backup.ts';
import { databaseStep } from '../../../src/steps/database/database-step.ts';
import { plannedStep, specOf, startLabSteps, type LabSteps } from '../lab-steps.ts';
import { done, failure } from '../outcome.ts';

const fetch = specOf('database', { id: 'fetch', do: 'fetch', database: 'recovery', from: { backup: 'users' } });
const bringIn = specOf('database', { id: 'import', do: 'import', database: 'recovery', fetch: 'fetch' });
const swap = specOf('database', { id: 'switch', do: 'switch', database: 'recovery', import: 'import' });
const dump = specOf('database', { id: 'dump', do: 'dump', database: 'recovery' });
const again = specOf('database', { id: 'fetch-back', do: 'fetch', database: 'production', from: { dump: 'dump' } });

let steps: LabSteps;

beforeAll(async () => {
  steps = await startLabSteps();
  const surveys = await surveyBackup(steps.context('survey'), 'users');
  const found = surveys.flatMap(({ answer }) => (answer.kind === 'surveyed' ? answer.candidates : []));
  const [newest] = found.sort((a, b) => (a.takenAt < b.takenAt ? 1 : -1));
  steps.choices['backup:users'] = { ...newest! };
}, 120_000);

afterAll(async () => {
  await steps.end();
}, 60_000);

const orders = (site: 'limburg' | 'gravelines'): Promise<string> =>
  steps.lab.sql(site, 'select count(*), max(created_at) from kyc.orders;');

describe('a dump that must not be imported', () => {
  const chosen = (): { path: string; sha256: string } => steps.choices['backup:users'] as never;
  const spoiled = async (name: string, spoil: (file: string) => void, sha256?: string): Promise<DrpError> => {
    const file = join(steps.facts.hosts.gravelines.base, `${name}.dump`);
    copyFileSync(chosen().path, file);
    spoil(file);
    const digest = sha256 ?? createHash('sha256').update(readFileSync(file)).digest('hex');
    // As if a survey had read the whole one: that says nothing of these bytes.
    const copy = { ...chosen(), host: 'gravelines', path: file, sha256: digest, readSha256: chosen().sha256 };
    const choices = { 'backup:users': copy as never };
    return failure(
      await steps.run(databaseStep, { ...fetch, id: `fetch-${name}` }, { facts: { outputs: {}, choices } }),
    );
  };

  test('is refused when it was cut, even where its checksum was made after the cut', async () => {
    const before = await orders('gravelines');
    const error = await spoiled('cut', (file) => truncateSync(file, statSync(file).size - 5000));
    expect([error.code, error.message]).toEqual(['dump-unfit', expect.stringContaining('cannot be read to its end')]);
    expect(await orders('gravelines')).toBe(before);
  });

  test('is refused when its checksum is not the one of the backup server', async () => {
    const error = await spoiled('other', (file) => writeFileSync(file, 'x', { flag: 'a' }), chosen().sha256);
    expect([error.code, error.message]).toEqual(['dump-unfit', expect.stringContaining('its checksum is')]);
  });

  test('is refused when it is no dump, is empty, or is not there', async () => {
    expect((await spoiled('text', (file) => writeFileSync(file, 'select 1;'))).message).toMatch(
      /no custom-format dump/,
    );
    expect((await spoiled('empty', (file) => truncateSync(file, 0))).message).toMatch(/is empty/);
    expect((await spoiled('gone', (file) => execFileSync('rm', [file]), 'aa')).code).toBe('source-unfit');
  });
});

describe('a restoration of a database', () => {
  test('fetches, imports beside the live one, and switches names: the replaced one is kept, closed', async () => {
    const before = await orders('gravelines');
    expect(done(await steps.run(databaseStep, fetch)).output).toMatchObject({
      checksum: 'matched',
      host: 'gravelines',
    });
    const imported = done(await steps.run(databaseStep, bringIn)).output as {
      database: string;
      rows: Record<string, number>;
      newest: string;
    };
    expect(imported.rows['kyc.orders']).toBeGreaterThan(0);
    expect(await orders('gravelines')).toBe(before);
    const switched = done(await steps.run(databaseStep, swap)).output as { aside: string };
    const [rows] = (await orders('gravelines')).split('|');
    expect(Number(rows)).toBe(imported.rows['kyc.orders']);
    const aside = await steps.lab.sql(
      'gravelines',
      `select datallowconn from pg_database where datname = '${switched.aside}';`,
    );
    expect(aside.trim()).toBe('f');
    expect(await databaseStep.verify!(plannedStep(swap), swap, steps.context('switch'))).toHaveLength(1);
  });

  test('is not read a second time where the survey of the gate has read these very bytes to their end', async () => {
    const context = steps.context('gate');
    const [item] = backupItems('users', await lookForBackups(context), context);
    expect(item?.lines).toContain('read to its end there, its checksum is the one beside it');
    const choice = item?.choice as { readonly host: string; readonly sha256: string; readonly readSha256: string };
    expect(choice.readSha256).toBe(choice.sha256);
    const facts = { outputs: {}, choices: { 'backup:users': choice } };
    const { lines } = done(await steps.run(databaseStep, { ...fetch, id: 'fetch-read' }, { facts }));
    expect(lines.join('\n')).toMatch(
      new RegExp(`read to its end on ${choice.host}: .* its checksum is the one written beside it`),
    );
  });

  test('switches once: asked again, it finds its work done', async () => {
    const aside = await steps.lab.sql('gravelines', "select count(*) from pg_database where datname like 'kyc%';");
    done(await steps.run(databaseStep, swap));
    expect(await steps.lab.sql('gravelines', "select count(*) from pg_database where datname like 'kyc%';")).toBe(
      aside,
    );
  });

  test('keeps what a first import of the run had made live, when a second one replaces it', async () => {
    const { database } = done(await steps.run(databaseStep, bringIn)).output as { database: string };
    const { aside } = done(await steps.run(databaseStep, swap)).output as { aside: string };
    expect([database.startsWith('kyc_drp_'), aside]).toEqual([true, expect.stringMatching(/^kyc_before_.*_2$/)]);
  });

  test('that finds its dump damaged refuses it, and a retry fetches the same one again and says so', async () => {
    const fetched = steps.outputs['fetch'] as { path: string; sha256: string };
    for (const [damage, fault] of [
      [() => truncateSync(fetched.path, 0), 'its checksum has changed'],
      [() => rmSync(fetched.path), 'it is not there any more'],
    ] as const) {
      damage();
      const refused = failure(await steps.run(databaseStep, bringIn));
      expect([refused.code, refused.message]).toEqual([
        'dump-unfit',
        expect.stringContaining('a retry fetches it again'),
      ]);
      const retried = done(await steps.run(databaseStep, bringIn, { attempt: 2 }));
      expect(retried.lines[0]).toContain(fault);
      expect(createHash('sha256').update(readFileSync(fetched.path)).digest('hex')).toBe(fetched.sha256);
    }
  });

  test('whose dump is damaged where it came from, too, goes no further', async () => {
    const fetched = steps.outputs['fetch'] as { path: string; from: { host: string; path: string } };
    const spoiledFrom = join(steps.facts.hosts.gravelines.base, 'spoiled.dump');
    copyFileSync(fetched.path, spoiledFrom);
    truncateSync(spoiledFrom, 100);
    truncateSync(fetched.path, 0);
    const outputs = {
      ...steps.outputs,
      fetch: { ...fetched, from: { host: 'gravelines', path: spoiledFrom } },
    } as never;
    const facts = { outputs, choices: steps.choices };
    const refused = failure(await steps.run(databaseStep, bringIn, { attempt: 2, facts }));
    expect([refused.code, refused.message]).toEqual(['dump-unfit', expect.stringMatching(/nor is .*spoiled.dump/)]);
    done(await steps.run(databaseStep, bringIn, { attempt: 3 }));
  });

  test('is not begun where a role of the dump is missing, and names it', async () => {
    await steps.lab.sql('limburg', 'create role kyc_guest; grant usage on schema kyc to kyc_guest;');
    const taken = done(await steps.run(databaseStep, { ...dump, id: 'dump-guest', database: 'production' })).output as {
      path: string;
      sha256: string;
    };
    const before = await orders('gravelines');
    const file = join(steps.facts.hosts.gravelines.base, 'guest.dump');
    copyFileSync(taken.path, file);
    const outputs = { fetch: { path: file, sha256: taken.sha256, takenAt: '2026-01-01T00:00:00.000Z' } };
    const error = failure(await steps.run(databaseStep, bringIn, { facts: { outputs, choices: {} } }));
    expect([error.code, error.message]).toEqual(['import-refused', expect.stringContaining('kyc_guest')]);
    expect(await orders('gravelines')).toBe(before);
    await steps.lab.sql('limburg', 'revoke usage on schema kyc from kyc_guest; drop role kyc_guest;');
  });

  test('is dumped back with rows counted in the snapshot of the dump, and the import compares them', async () => {
    const dumped = done(await steps.run(databaseStep, dump)).output as { rows: Record<string, number>; sha256: string };
    const outcome = done(await steps.run(databaseStep, again));
    const fetched = outcome.output;
    // Users wait for it: what was read whole beside its database is not read again, its checksum is compared.
    expect(outcome.lines.join('\n')).toMatch(
      /read to its end on gravelines: .* its checksum is the one written beside it/,
    );
    expect(fetched).toMatchObject({ sha256: dumped.sha256, counted: { rows: dumped.rows } });
    const back = specOf('database', { id: 'import-back', do: 'import', database: 'production', fetch: 'fetch-back' });
    const imported = done(await steps.run(databaseStep, back));
    expect(imported.output).toMatchObject({ compared: true, rows: dumped.rows, strange: [] });
    expect(imported.lines.join('\n')).toMatch(/contents of [1-9]\d* rows, one in a hundred: equal/);
  });

  test('is dumped without compression, and every row compared, where the runbook asks for it; other contents are told', async () => {
    const world = structuredClone(steps.world);
    Object.assign(world.databases['recovery']!, { contents: 'all', compression: 'none' });
    const all = { ...dump, id: 'dump-all' };
    const dumped = done(await steps.run(databaseStep, all, { world })).output as Record<string, unknown>;
    expect(dumped['bytes']).toBeGreaterThan(Number((steps.outputs['dump'] as { bytes: number }).bytes));
    expect(dumped['databaseBytes']).toBeGreaterThan(0);
    const contents = dumped['contents'] as { sums: Record<string, string> };
    expect(Object.keys(contents.sums)).toEqual(Object.keys(dumped['rows'] as object));
    const fetchAll = { id: 'fetch-all', do: 'fetch', database: 'production', from: { dump: 'dump-all' } };
    const fetched = done(await steps.run(databaseStep, specOf('database', fetchAll))).output;
    const sums = { ...contents.sums, 'kyc.users': '1 2' };
    const counted = { ...(fetched as { counted: object }).counted, contents: { read: 'all', sums } };
    const outputs = { 'fetch-all': { ...(fetched as object), counted } as never };
    const back = specOf('database', { id: 'import-all', do: 'import', database: 'production', fetch: 'fetch-all' });
    const imported = done(await steps.run(databaseStep, back, { facts: { outputs, choices: {} } }));
    expect(imported.output).toMatchObject({ strange: ['kyc.users'] });
    const context = steps.context('gate', { facts: { outputs: { 'import-all': imported.output }, choices: {} } });
    const [item] = await databaseStep.evidence!(plannedStep(back), back, context);
    expect(item).toMatchObject({ severity: 'attention' });
    expect(item!.lines.join('\n')).toMatch(/contents differ .* in kyc\.users/);
  });

  test('fails where the rows are not those of the snapshot', async () => {
    const outputs = {
      ...steps.outputs,
      'fetch-back': { ...(steps.outputs['fetch-back'] as object), counted: { rows: { 'kyc.orders': 1 } } },
    };
    const back = specOf('database', { id: 'import-wrong', do: 'import', database: 'production', fetch: 'fetch-back' });
    expect(failure(await steps.run(databaseStep, back, { facts: { outputs, choices: {} } })).code).toBe(
      'postcondition-failed',
    );
  });

  test('stops at the first error of the import, unless the runbook calls it harmless: then it is counted', async () => {
    await steps.lab.sql('limburg', 'create table kyc.by_admin (id int); grant select on kyc.by_admin to kyc_owner;');
    done(await steps.run(databaseStep, { ...dump, id: 'dump-admin', database: 'production' }));
    const back = specOf('database', { id: 'import-admin', do: 'import', database: 'production', fetch: 'dump-admin' });
    const error = failure(await steps.run(databaseStep, back));
    expect([error.code, error.message]).toEqual(['import-failed', expect.stringContaining('role "postgres"')]);
    const left = await steps.lab.sql(
      'limburg',
      "select count(*) from pg_database where datname like 'kyc!_drp!_%' escape '!';",
    );
    expect(left.trim()).toBe('0');
    const world = structuredClone(steps.world) as { databases: Record<string, { benign: string[] }> };
    world.databases['production']!.benign = ['must be member of role "postgres"', 'never seen'];
    const outcome = done(await steps.run(databaseStep, back, { world: world as never }));
    expect(outcome.output).toMatchObject({ messages: [] });
    expect((outcome.output as { benign: { count: number }[] }).benign.map(({ count }) => count)).toEqual([
      expect.any(Number),
      0,
    ]);
    expect((outcome.output as { benign: { count: number }[] }).benign[0]?.count).toBeGreaterThan(0);
  });

  test('shows no password in the command lines and folders of its jobs', async () => {
    const password = readFileSync(steps.facts.databases.gravelines.passwordFile, 'utf8').trim();
    const found = execFileSync('sh', [
      '-c',
      'grep -rlF -- "$1" "$2" || true',
      'sh',
      password,
      join(steps.facts.hosts.gravelines.home, '.drp'),
    ]);
    expect(found.toString()).toBe('');
  });
});
