import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fenceStep } from '../../src/steps/fence/fence-step.ts';
import { maintenanceStep } from '../../src/steps/maintenance/maintenance-step.ts';
import { salvageStep } from '../../src/steps/salvage/salvage-step.ts';
import { plannedStep, specOf, startLabSteps, type LabSteps } from './lab-steps.ts';
import { done } from './outcome.ts';

let steps: LabSteps;
beforeAll(async () => {
  steps = await startLabSteps();
}, 120_000);
afterAll(async () => {
  await steps.end();
}, 60_000);

const fence = (more: Record<string, unknown> = {}) =>
  specOf('fence', { id: 'fence', side: 'production', ways: [{ way: 'database', database: 'production' }], ...more });
const mayConnect = (): Promise<string> =>
  steps.lab.sql(
    'limburg',
    "select rolcanlogin and has_database_privilege(rolname, 'kyc', 'CONNECT') from pg_roles where rolname = 'kyc_app';",
  );

describe('maintenance', () => {
  test.each(['production', 'recovery'])('of %s is seen from outside, both ways, and may be repeated', async (side) => {
    for (const [state, seen] of [
      ['on', 'maintenance'],
      ['on', 'maintenance'],
      ['off', 'serves'],
      ['off', 'serves'],
    ]) {
      const spec = specOf('maintenance', { id: 'm', side, state, flag: 'flags/maintenance' });
      expect(done(await steps.run(maintenanceStep, spec)).output).toMatchObject({ side, state, seen });
    }
  });

  test('that changes nothing users see is not done, whatever its command says', async () => {
    const spec = specOf('maintenance', { id: 'm', side: 'recovery', state: 'on', on: ['true'] });
    const outcome = await steps.run(maintenanceStep, spec);
    expect(outcome).toMatchObject({ kind: 'failed', error: { code: 'postcondition-failed' } });
  });
});

describe('a fence', () => {
  test('by the database bars the application and nobody else, and is lifted without a trace', async () => {
    expect((await mayConnect()).trim()).toBe('t');
    const outcome = done(await steps.run(fenceStep, fence()));
    expect([outcome.output, outcome.obligations]).toMatchObject([{ fenced: true }, []]);
    expect((await mayConnect()).trim()).toBe('f');
    done(
      await steps.run(
        fenceStep,
        { ...fence(), do: 'lift' },
        { facts: { outputs: { fence: outcome.output }, choices: {} } },
      ),
    );
    expect((await mayConnect()).trim()).toBe('t');
    const open = await steps.lab.sql('limburg', "select has_database_privilege('public', 'kyc', 'CONNECT');");
    expect(open.trim()).toBe('t');
  });

  test('believes the check of a way, not its command', async () => {
    const way = { way: 'command', host: 'backup-odd', run: ['true'], check: ['false'] };
    const outcome = done(await steps.run(fenceStep, fence({ ways: [way] })));
    expect(outcome.output).toMatchObject({ fenced: false });
    expect(outcome.obligations).toEqual([
      { kind: 'fencing', text: expect.stringMatching(/^production could not be fenced: split writes possible/) },
    ]);
  });
});

describe('a salvage', () => {
  const spec = specOf('salvage', {
    id: 'salvage',
    host: 'limburg',
    database: 'production',
    files: 'www',
    quarantine: 'quarantine',
  });

  test('sets aside and counts the rows that only this side has', async () => {
    const newest = await steps.lab.sql(
      'limburg',
      `select to_char(max(created_at) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') from kyc.orders;`,
    );
    await steps.lab.sql(
      'limburg',
      "insert into kyc.orders (user_id, amount_cents, created_at) select 1, 5, clock_timestamp() + n * interval '1 second' from generate_series(1, 3) as n;",
    );
    const imported = { database: 'kyc_drp_old', takenAt: newest.trim(), newestBy: { 'kyc.orders': newest.trim() } };
    const activation = { run: 'old', beganAt: newest.trim(), outputs: { imported }, choices: {} };
    const { output } = done(await steps.run(salvageStep, spec, { facts: { outputs: {}, choices: {}, activation } }));
    expect(output).toMatchObject({ orphans: { 'kyc.orders': 3 }, empty: false, database: 'present' });
    const { quarantine, dump } = output as { quarantine: string; dump: string };
    expect([existsSync(dump), existsSync(join(quarantine, 'files'))]).toEqual([true, true]);
    expect(readFileSync(`${dump}.sha256`, 'utf8')).toContain((output as { sha256: string }).sha256);
    const [item] = (await salvageStep.evidence!(plannedStep(spec), spec, steps.context('e')))!;
    expect([item?.severity, item?.lines.join('\n')]).toEqual(['attention', expect.stringContaining('kyc.orders 3')]);
  });

  test('says so of a new, empty machine', async () => {
    const world = structuredClone(steps.world) as { databases: Record<string, { name: string }> };
    world.databases['production']!.name = 'no_such_database';
    const empty = { ...spec, files: 'nothing/here' };
    const { output } = done(await steps.run(salvageStep, empty, { world: world as never }));
    expect(output).toMatchObject({ empty: true, database: 'absent', files: 'absent' });
  });
});

describe('a lost production', () => {
  test('ends each step within its deadlines, with what is owed', async () => {
    await steps.lab.fault('site-down', 'limburg');
    const startedMs = Date.now();
    const outcome = done(await steps.run(fenceStep, fence()));
    expect(outcome.obligations?.map(({ kind }) => kind)).toEqual(['fencing']);
    const spec = specOf('maintenance', {
      id: 'm',
      side: 'production',
      state: 'on',
      flag: 'flags/maintenance',
      ifUnreachable: 'oblige',
    });
    expect(done(await steps.run(maintenanceStep, spec)).obligations).toHaveLength(1);
    expect(Date.now() - startedMs).toBeLessThan(60_000);
    await steps.lab.fault('site-up', 'limburg');
  });
});
