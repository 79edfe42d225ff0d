import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { planDuration } from '../../src/plan/critical-path.ts';
import { phasesInOrder, stepsOf } from '../../src/plan/phases.ts';
import { planDigest, resolvePlan } from '../../src/plan/resolve.ts';
import { parseRunbook } from '../../src/runbook/parse.ts';
import { describeFixture } from './describe-fixture.ts';

const file = 'runbooks/gravelines.yaml';
const text = readFileSync(new URL('../../runbooks/gravelines.yaml', import.meta.url), 'utf8');
const { runbook } = parseRunbook(text, { file });
const plan = (procedure: 'activation' | 'return' = 'activation') =>
  resolvePlan(runbook!, { file, text }, { procedure, describe: describeFixture });

describe('a plan', () => {
  test('walks the phases of an activation in the order of the procedure', () => {
    expect(phasesInOrder(plan())).toEqual([
      'fencing',
      'restoration',
      'verification',
      'information',
      'switchover',
      'confirmation',
      'switch-back',
    ]);
  });

  test('freezes both sides of the recovery before anything of the return is overwritten or taken over', () => {
    const ids = stepsOf(plan('return')).map((step) => step.id);
    const inOrder = [
      'freeze-production-site',
      'salvage-production',
      'freeze-recovery-site',
      'copy-files-back',
      'dump-recovery',
      'dns-to-production',
    ];
    expect(ids.filter((id) => inOrder.includes(id))).toEqual(inOrder);
  });

  test('lists the gates of the procedure and those inside lanes, each with who may pass and what it covers', () => {
    const { gates } = plan();
    expect(Object.keys(gates).sort()).toEqual([
      'accept-import',
      'declaration',
      'import',
      'restoration',
      'switch-back',
      'switchover',
      'unserved',
    ]);
    expect(gates['declaration']).toMatchObject({
      roles: ['authoriser'],
      notTheStarter: true,
      strength: 'ssh-key',
      covers: ['fence-production', 'close-recovery'],
    });
    expect(gates['restoration']?.covers).toEqual([
      'copy-files',
      'copy-configuration',
      'fetch-database',
      'import-database',
      'switch-database',
    ]);
    expect(gates['switchover']?.covers).toEqual([
      'open-recovery',
      'dns-to-recovery',
      'verify-recovery',
      'fence-production',
      'close-recovery',
    ]);
    expect(gates['import']).toMatchObject({
      covers: ['fetch-database'],
      title: 'import this dump into the recovery database',
    });
  });

  test('asks for the datacentre users will be sent to', () => {
    const words = (procedure: 'activation' | 'return') =>
      Object.fromEntries(Object.entries(plan(procedure).gates).map(([id, gate]) => [id, gate.word]));
    expect(words('activation')).toMatchObject({
      declaration: 'gravelines',
      switchover: 'gravelines',
      'switch-back': 'limburg',
      unserved: 'nobody',
    });
    expect(words('return')).toMatchObject({
      authorisation: 'limburg',
      switchover: 'limburg',
      'switch-back': 'gravelines',
      import: 'limburg',
    });
  });

  test('keeps a gate of a lane at its place among the steps', () => {
    const lane = plan().phases['restoration']?.find(({ name }) => name === 'database');
    expect(lane?.steps.map((step) => [step.kind, step.id])).toEqual([
      ['database', 'fetch-database'],
      ['gate', 'import'],
      ['database', 'import-database'],
      ['gate', 'accept-import'],
      ['database', 'switch-database'],
    ]);
  });

  test('has one digest for one text and procedure, and another for any change', () => {
    expect(plan().digest).toBe(plan().digest);
    expect(plan().digest).toMatch(/^[0-9a-f]{64}$/);
    expect(plan('return').digest).not.toBe(plan().digest);
    const commented = resolvePlan(
      runbook!,
      { file, text: `${text}# one more comment\n` },
      { procedure: 'activation', describe: describeFixture },
    );
    expect(commented.digest).not.toBe(plan().digest);
    expect(planDigest(plan())).toBe(plan().digest);
  });

  test('is pure JSON that reads back to the same digest', () => {
    const stored = JSON.parse(JSON.stringify(plan())) as ReturnType<typeof plan>;
    expect(stored).toEqual(plan());
    expect(planDigest(stored)).toBe(plan().digest);
  });

  test('cannot be changed once it is resolved', () => {
    expect(() => {
      (plan().world.hosts['gravelines'] as { address: string }).address = '192.0.2.1';
    }).toThrow(TypeError);
  });

  test('says how long it should take, along its longest lanes', () => {
    const duration = planDuration(plan());
    expect(duration.phases.find(({ phase }) => phase === 'restoration')).toMatchObject({
      expectMs: 155 * 60_000,
      critical: 'files',
    });
    expect(duration.criticalPath.slice(0, 4)).toEqual([
      'fence-production',
      'close-recovery',
      'copy-files',
      'copy-configuration',
    ]);
    expect(duration.criticalPath).not.toContain('close-recovery-again');
    // The database comes while files are copied: 20, 40 and 1 minutes that nobody waits for.
    expect(duration.sequentialMs - duration.expectMs).toBe(61 * 60_000);
    expect(duration.unknown).toEqual([]);
  });

  test('the drill of an activation has its restoration, step by step', () => {
    const drill = resolvePlan(runbook!, { file, text }, { procedure: 'drill', describe: describeFixture });
    const restoration = (of: typeof drill) =>
      of.phases['restoration']?.map(({ name, steps }) => [name, steps.map(({ id }) => id)]);
    expect(restoration(drill)).toEqual(restoration(plan()));
  });
});
