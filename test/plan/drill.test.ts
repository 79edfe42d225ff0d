import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { stepsOf } from '../../src/plan/phases.ts';
import type { Plan, PlannedStep } from '../../src/plan/plan.ts';
import { resolvePlan } from '../../src/plan/resolve.ts';
import { editRunbook, type Edit, type EditValue } from '../../src/runbook/edit.ts';
import { parseRunbook } from '../../src/runbook/parse.ts';
import { loadStepKinds } from '../../src/steps/index.ts';

const file = 'gravelines.yaml';
const shipped = readFileSync(new URL('../../runbooks/gravelines.yaml', import.meta.url), 'utf8');
const kinds = await loadStepKinds();
const root = '/tmp/drp-lab/hosts/gravelines/srv/.drp/drill/gravelines';

function planOf(procedure: Plan['procedure'], edits: readonly Edit[] = []): Plan {
  const text = editRunbook(shipped, edits);
  const { runbook, problems } = parseRunbook(text, { file });
  if (runbook === undefined) throw new Error(problems.map(({ message }) => message).join('\n'));
  return resolvePlan(
    runbook,
    { file, text },
    { procedure, describe: (spec, world) => kinds.get(spec.kind)!.describe(spec as never, world) },
  );
}

const step = (plan: Plan, id: string): PlannedStep => stepsOf(plan).find((one) => one.id === id)!;

const edit = (path: string, value: EditValue): Edit => ({ path: path.split('.'), value });

describe('the plan of a drill', () => {
  const drill = planOf('drill');
  const activation = planOf('activation');

  test('restores by the steps of the activation, with their ids, lanes, gates and durations', () => {
    const shape = (plan: Plan) =>
      plan.phases['restoration']?.map((lane) => [
        lane.name,
        lane.steps.map(({ id, kind, expectMs }) => [id, kind, expectMs]),
      ]);
    expect(shape(drill)).toEqual(shape(activation));
  });

  test('writes into its own folder, databases and port alone', () => {
    const writes = stepsOf(drill).flatMap((one) => one.writes);
    expect(writes.filter((one) => !one.startsWith(`files:gravelines:${root}`)).sort()).toEqual([
      'database:gravelines:drill_kyc',
      'database:gravelines:drill_kyc',
      'database:gravelines:drill_kyc_drp_<run>',
      'database:gravelines:drill_kyc_drp_<run>',
      'port:gravelines:8444',
    ]);
  });

  test('says what the rest would do, and does none of it', () => {
    const kindsOf = (phases: readonly string[]) =>
      phases.flatMap((phase) =>
        drill.phases[phase]!.flatMap((lane) => lane.steps.map(({ id, kind }) => `${id} ${kind}`)),
      );
    expect(kindsOf(['information', 'switchover', 'confirmation'])).toEqual([
      'announce-ready simulate',
      'open-recovery simulate',
      'dns-to-recovery simulate',
      'confirm-recovery http',
      'announce-served simulate',
      'await-old-answers simulate',
      'restore-ttl simulate',
    ]);
    expect(step(drill, 'confirm-recovery').spec).toMatchObject({ against: 'recovery' });
    expect(drill.world.desks).toEqual({});
    expect(drill.phases['fencing']).toBeUndefined();
  });

  test('is looked at under the real host name, on the port of the copy', () => {
    expect(drill.world.service.recovery).toEqual({ ...activation.world.service.recovery, port: 8444 });
    expect(drill.world.service.url).toBe(activation.world.service.url);
    expect(step(drill, 'verify-page-1').commands).toEqual([
      'GET https://www.kyc.test:8443/files/release.txt from recovery at 127.0.77.20',
    ]);
  });

  test('ends with the removal of everything it makes, behind a gate of its own', () => {
    expect(drill.phases['clean-up']!.flatMap((lane) => lane.steps.map(({ id }) => id))).toEqual([
      'stop-copy',
      'drop-recovery',
      'remove-gravelines',
    ]);
    expect(drill.gates['clean-up']).toMatchObject({ covers: ['stop-copy', 'drop-recovery', 'remove-gravelines'] });
  });

  test('asks who may order the real thing for the order of the exercise', () => {
    const { roles, strength, notTheStarter } = activation.gates['declaration']!;
    expect(drill.gates['order']).toMatchObject({ roles, strength, notTheStarter });
  });

  test('no gate is passed by a word that passes one of a real run', () => {
    const real = new Set(Object.values(activation.gates).map(({ word }) => word));
    const words = Object.values(drill.gates).map(({ id, word }) => [id, word]);
    expect(words.filter(([, word]) => real.has(word!))).toEqual([]);
    expect(Object.fromEntries(words)).toMatchObject({
      order: 'exercise-gravelines',
      import: 'exercise-gravelines',
      'clean-up': 'clean-up',
    });
  });

  test('is the same on every machine, and another with another runbook', () => {
    expect(planOf('drill').digest).toBe(drill.digest);
    expect(planOf('drill', [edit('drill.serve.port', 8445)]).digest).not.toBe(drill.digest);
  });

  test('without a way to serve the copy, what asks over HTTP is simulated', () => {
    const bare = planOf('drill', [{ path: ['drill'], remove: true }]);
    expect(step(bare, 'verify-recovery').kind).toBe('simulate');
    expect(stepsOf(bare).map(({ id }) => id)).not.toContain('stop-copy');
  });

  test('a path of the runbook that is absolute goes inside the folder as well', () => {
    const absolute = planOf('drill', [edit('activation.restoration.files.0.to.path', '/srv/www')]);
    expect(step(absolute, 'copy-files').writes).toContain(`files:gravelines:${root}/absolute/srv/www`);
  });

  test('is refused on a port that something live has', () => {
    expect(() => planOf('drill', [edit('drill.serve.port', 8443)])).toThrow(/the recovery site/);
    expect(() => planOf('drill', [edit('drill.serve.port', 2222)])).toThrow(/SSH/);
    expect(() => planOf('drill', [edit('drill.serve.port', 5432)])).toThrow(/database 'recovery'/);
  });
});
