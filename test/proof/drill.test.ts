import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import type { Plan, PlannedStep } from '../../src/plan/plan.ts';
import { resolvePlan } from '../../src/plan/resolve.ts';
import { provePlan } from '../../src/proof/prove.ts';
import { parseRunbook } from '../../src/runbook/parse.ts';
import { loadStepKinds } from '../../src/steps/index.ts';

const file = 'gravelines.yaml';
const text = readFileSync(new URL('../../runbooks/gravelines.yaml', import.meta.url), 'utf8');
const kinds = await loadStepKinds();

function planOf(procedure: Plan['procedure']): Plan {
  const { runbook } = parseRunbook(text, { file });
  return resolvePlan(
    runbook!,
    { file, text },
    { procedure, describe: (spec, world) => kinds.get(spec.kind)!.describe(spec as never, world) },
  );
}

const drill = planOf('drill');
const activation = planOf('activation');

/** The plan with its steps changed; undefined: the step is taken out. */
function changed(change: (step: PlannedStep) => PlannedStep | undefined): Plan {
  const phases = Object.fromEntries(
    Object.entries(drill.phases).map(([phase, lanes]) => [
      phase,
      lanes.map((lane) => ({ ...lane, steps: lane.steps.flatMap((step) => change(step) ?? []) })),
    ]),
  );
  return { ...drill, phases };
}

const on =
  (id: string, over: Partial<PlannedStep>) =>
  (step: PlannedStep): PlannedStep =>
    step.id === id ? { ...step, ...over } : step;

const real = (id: string): Partial<PlannedStep> => {
  const found = Object.values(activation.phases)
    .flatMap((lanes) => lanes.flatMap((lane) => lane.steps))
    .find((step) => step.id === id)!;
  const { phase: _, lane: __, ...rest } = found;
  return rest;
};

const lawsOf = (plan: Plan): readonly string[] => provePlan(plan).breaches.map(({ law }) => law);

describe('the laws over a drill', () => {
  test('the shipped drill is safe, also in every order of its lanes', () => {
    expect(provePlan(drill)).toMatchObject({ safe: true, name: 'drill', breaches: [] });
    expect(provePlan(drill, { exhaustive: true }).safe).toBe(true);
  });

  const copied = 'files:gravelines:/tmp/drp-lab/hosts/gravelines/srv/www';
  const root = '/tmp/drp-lab/hosts/gravelines/srv/.drp/drill/gravelines';
  test.each<readonly [string, Plan]>([
    ['a copy goes into the live folder', changed(on('copy-files', { writes: [copied] }))],
    [
      'a copy leaves the folder through its parent',
      changed(on('copy-files', { writes: [`files:gravelines:${root}/../x`] })),
    ],
    [
      'a copy goes beside the folder under a like name',
      changed(on('copy-files', { writes: [`files:gravelines:${root}2`] })),
    ],
    ['a copy goes to production', changed(on('copy-files', { writes: [`files:limburg:${root}/www`] }))],
    [
      'the import goes beside the live database',
      changed(on('import-database', { writes: ['database:gravelines:kyc_drp_<run>'] })),
    ],
    ['the switch takes the live name', changed(on('switch-database', { writes: ['database:gravelines:kyc'] }))],
    ['the clean-up drops the live database', changed(on('drop-recovery', { writes: ['database:gravelines:kyc'] }))],
    [
      'the clean-up removes the base folder',
      changed(on('remove-gravelines', { writes: ['files:gravelines:/tmp/drp-lab/hosts/gravelines/srv'] })),
    ],
    ['the copy is served on the port of the site', changed(on('serve-copy', { writes: ['port:gravelines:8443'] }))],
    ['DNS is really moved', changed(on('dns-to-recovery', real('dns-to-recovery')))],
    ['the recovery site is really opened', changed(on('open-recovery', real('open-recovery')))],
    ['a message is really sent', changed(on('announce-ready', real('announce-ready')))],
    ['production is fenced', changed(on('announce-ready', real('fence-production')))],
    ['a service of the site is written', changed(on('serve-copy', { writes: ['service:recovery'] }))],
    [
      'a real procedure writes into the folder',
      { ...drill, drill: { ...drill.drill!, live: [`files:gravelines:${root}/www`] } },
    ],
    [
      'a real procedure writes a folder around it',
      { ...drill, drill: { ...drill.drill!, live: ['files:gravelines:/tmp'] } },
    ],
    [
      'a database of the site has the name of the drill',
      { ...drill, drill: { ...drill.drill!, live: ['database:gravelines:drill_kyc'] } },
    ],
  ])('%s: caught, with the story that leads to it', (_, plan) => {
    const breach = provePlan(plan).breaches.find(({ law }) => law === 'drill-isolated');
    expect(breach?.story.at(0)).toBe('gate order approved');
  });

  test('what makes something is never without what removes it', () => {
    const { drill: target } = drill;
    expect(target).toBeDefined();
    const forgetful = changed((step) => (step.kind === 'clean-up' && step.id === 'drop-recovery' ? undefined : step));
    // The proof knows what is declared: a clean-up that is not there at all leaves the databases behind.
    expect(lawsOf(forgetful)).toContain('drill-cleaned');
  });

  test('a removal before its gate is caught', () => {
    const { phases } = drill;
    const early: Plan = {
      ...drill,
      phases: { ...phases, serving: phases['clean-up']!, 'clean-up': [] },
    };
    expect(lawsOf(early)).toContain('gate-before-irreversible');
  });
});
