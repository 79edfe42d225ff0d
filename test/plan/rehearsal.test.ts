import { describe, expect, test } from '@jest/globals';
import type { Event } from '../../src/events/event.ts';
import { historyOf } from '../../src/executor/history.ts';
import { rehearsalDebt } from '../../src/executor/owed-rehearsal.ts';
import { stepsOf } from '../../src/plan/phases.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { changeLines, rehearsalHeadline, undoneLines, unwalkedLines } from '../../src/plan/rehearsal-debt.ts';
import { rehearsedDigest, rehearsedPart, restorationChanges, surroundingChanges } from '../../src/plan/rehearsal.ts';
import { alter, changed, step, type Procedure } from '../proof/gravelines.ts';
import { recorded } from '../views/recorded-run.ts';

const plan = changed('activation', () => undefined);
const nowMs = Date.parse('2026-11-28T14:00:00.000Z');

interface RunMade {
  readonly of?: Plan;
  readonly mode?: 'real' | 'drill' | 'dry-run';
  readonly procedure?: string;
  readonly outcome?: 'completed' | 'aborted';
  readonly lost?: readonly string[];
  readonly then?: readonly object[];
}

function run({ of = plan, mode = 'drill', procedure, outcome = 'completed', lost = [], then = [] }: RunMade) {
  const situation = { what: 'x', sinceAt: '', lost, orderedBy: '', orderedHow: '' };
  const data = { mode, plan: of, procedure: procedure ?? mode, version: '0.1.0', site: of.site, situation };
  const drafts = [
    { type: 'run.began', by: 'otto', data },
    ...then,
    { type: 'run.ended', by: 'drp', data: { outcome } },
  ];
  return recorded(drafts as never) as readonly Event[];
}

/** Each step of a plan, done. */
const everyStep = (of: Plan): readonly object[] =>
  stepsOf(of).map(({ id }) => ({
    type: 'step.done',
    by: 'drp',
    data: { step: id, key: `1.${id}`, output: null, lines: [], state: '' },
  }));

describe('the part a drill rehearses', () => {
  test('is the restoration and verification, with the databases, backups and hosts they need, and nothing else', () => {
    const part = rehearsedPart(plan);
    expect(Object.keys(part.steps)).toContain('copy-files');
    expect(Object.keys(part.steps)).toContain('verify-recovery');
    expect(Object.keys(part.steps)).not.toContain('dns-to-recovery');
    expect(Object.keys(part.databases)).toEqual(['recovery']);
    expect(Object.keys(part.backups).sort()).toEqual(['database', 'files']);
    expect(Object.keys(part.hosts)).toEqual(expect.arrayContaining(['gravelines', 'backup-even', 'backup-odd']));
  });

  test('has another digest after any change of it, and the same after a change elsewhere', () => {
    const other = (change: Parameters<typeof changed>[1]) => rehearsedDigest(changed('activation', change));
    const digest = rehearsedDigest(plan);
    expect(other((phases) => alter(phases, 'copy-files', { retries: 5 }))).not.toBe(digest);
    expect(other((_, runbook) => void (runbook.hosts['backup-odd']!.port = 2022))).not.toBe(digest);
    expect(other((_, runbook) => void (runbook.databases['recovery']!.name = 'kyc2'))).not.toBe(digest);
    expect(other((_, runbook) => void (runbook.backups['files']!.everyMs = 1))).not.toBe(digest);
    expect(other((phases) => phases['restoration']!['files']!.reverse())).not.toBe(digest);
    expect(other((phases) => alter(phases, 'dns-to-recovery', { expect: 5 }))).toBe(digest);
    expect(other((_, runbook) => void (runbook.people['otto']!.contact = 'other'))).toBe(digest);
  });

  test('of a drill is what the activation was, whatever targets the drill itself had', () => {
    const isolated = changed('activation', (phases) =>
      alter(phases, 'copy-files', { to: { host: 'gravelines', path: 'drill' } }),
    );
    expect(rehearsedDigest({ ...isolated, rehearses: rehearsedPart(plan) })).toBe(rehearsedDigest(plan));
  });

  test('says what was added, removed, changed and moved since', () => {
    const now = changed('activation', (phases) => {
      alter(phases, 'copy-files', { from: { backup: 'files', path: 'site' } });
      phases['restoration']!['files']!.pop();
      phases['restoration']!['files']!.push(
        step({ id: 'warm', kind: 'command', host: 'gravelines', run: ['true'], verify: ['true'] }),
      );
      phases['restoration']!['database']!.reverse();
    });
    const told = restorationChanges(rehearsedPart(plan), rehearsedPart(now)).map(({ kind, area, name, what }) =>
      `${kind} ${area} ${name} ${what.join('; ')}`.trim(),
    );
    expect(told).toEqual([
      'removed step copy-configuration',
      'changed step copy-files spec.from.path: "www" → "site"',
      'added step warm',
      expect.stringMatching(/^changed order restoration\/database fetch-database > .* → switch-database > /),
    ]);
  });
});

describe('what a plan owes to rehearsal', () => {
  test('a plan that was never drilled needs a drill; a dry run, an aborted drill and a real run are none', () => {
    const runs = [
      run({ mode: 'dry-run' }),
      run({ outcome: 'aborted' }),
      run({ mode: 'real', procedure: 'activation' }),
    ];
    const debt = rehearsalDebt(plan, runs);
    expect(debt.standing).toBe('never');
    expect(rehearsalHeadline(debt, nowMs)).toBe('NEEDS DRILL: no drill of this plan ever passed');
  });

  test('a passed drill counts its days, and nothing more while the restoration is the same', () => {
    const debt = rehearsalDebt(plan, [run({ then: everyStep(plan) })]);
    expect(debt).toMatchObject({ standing: 'rehearsed', changes: [], surroundings: [] });
    expect(rehearsalHeadline(debt, nowMs)).toBe(
      'last passed drill 6 days ago (2026-11-21, run k3f9-2a7m); the restoration is the one that was drilled',
    );
  });

  test('a changed restoration needs a drill again, changed people and keys are told', () => {
    const then = changed('activation', (phases, runbook) => {
      alter(phases, 'copy-files', { retries: 9 });
      runbook.people['vera']!.keys.push('ssh-ed25519 AAAA');
      delete runbook.people['anne'];
    });
    const debt = rehearsalDebt(plan, [run({}), run({ of: then })]);
    expect(debt.standing).toBe('needs-drill');
    expect(changeLines(debt)).toEqual([
      'since the drill, changed: step copy-files: spec.retries: 9 → 2',
      'beside the restoration, added: person anne',
      expect.stringMatching(/^beside the restoration, changed: person vera: keys: /),
      expect.stringMatching(/^beside the restoration, changed: runbook text of the runbook: sha256 /),
    ]);
    expect(surroundingChanges(plan, plan)).toEqual([]);
  });

  test('branches are those of the machine; what a drill or a real run walked is no longer told', () => {
    const none = rehearsalDebt(plan, []);
    expect(none.unwalked.length).toBe(none.branches);
    const key = none.unwalked.map(({ verb, subject }) => `${verb} ${subject}`);
    expect(key).toEqual(
      expect.arrayContaining([
        'reject restoration',
        'retry copy-files',
        'failed copy-files',
        'in-doubt import-database',
        'abort aborting-unserved',
        'switch-back confirmation',
        'hold switch-back',
        'reopen unserved',
        'lost limburg',
        'lost roubaix',
      ]),
    );
    expect(key).not.toContain('lost gravelines');
    const walked = rehearsalDebt(plan, [
      run({
        lost: ['limburg'],
        then: [
          { type: 'gate.decided', by: 'otto', data: { gate: 'restoration', decision: 'reject', state: '' } },
          { type: 'step.failed', by: 'drp', data: { step: 'copy-files', kind: 'failed', state: '' } },
          { type: 'decision.made', by: 'otto', data: { verb: 'retry', subject: 'copy-files', state: '' } },
          { type: 'run.aborting', by: 'otto', data: { state: { 'aborting-unserved': 'x' } } },
        ],
      }),
    ]);
    const gone = key.filter((one) => !walked.unwalked.some(({ verb, subject }) => `${verb} ${subject}` === one));
    expect(gone.sort()).toEqual([
      'abort aborting-unserved',
      'failed copy-files',
      'lost limburg',
      'reject restoration',
      'retry copy-files',
    ]);
    expect(unwalkedLines(walked)[0]).toMatch(/^never walked by a drill or a run: \d+ of \d+ branches$/);
    expect(unwalkedLines(walked).length).toBeLessThan(15);
    expect(unwalkedLines(none)).toEqual([`beside the straight way nothing was ever walked: ${none.branches} branches`]);
  });

  test('what drills only speak of is named, until a real run has done it', () => {
    const drill = changed('activation', () => undefined, 'drill');
    const walk = (of: Plan, mode: 'drill' | 'real') =>
      run({
        of,
        mode,
        procedure: of.procedure,
        then: everyStep(of),
      });
    const drilled = rehearsalDebt(plan, [walk(drill, 'drill')]);
    const names = drilled.undone.map((one) => one.step);
    expect(names).toEqual(expect.arrayContaining(['fence-production', 'open-recovery', 'dns-to-recovery']));
    expect(names).not.toContain('copy-files');
    expect(names).not.toContain('verify-recovery');
    expect(undoneLines(drilled)[0]).toMatch(/^never really done, drills only speak of it: fence-production, /);
    expect(rehearsalHeadline(drilled, nowMs)).toMatch(/the restoration is the one that was drilled$/);

    const done = rehearsalDebt(plan, [walk(drill, 'drill'), walk(plan, 'real')]);
    expect(undoneLines(done)).toEqual([]);
  });

  test('a command of the restoration, which a drill does not run, is told beside "it was drilled"', () => {
    const change = (phases: Procedure) => {
      phases['restoration']!['files']!.push(
        step({
          kind: 'command',
          id: 'build-index',
          host: 'gravelines',
          run: ['true'],
          verify: ['true'],
          idempotent: true,
        }),
      );
    };
    const of = changed('activation', change);
    const drill = changed('activation', change, 'drill');
    const debt = rehearsalDebt(of, [run({ of: drill, procedure: 'drill' })]);
    expect(debt.undone).toContainEqual({ step: 'build-index', phase: 'restoration' });
    expect(rehearsalHeadline(debt, nowMs)).toMatch(/but for what drills only speak of: .*build-index/);
  });

  test('a return has steps of its own: it is not measured by activations, and owes no drill', () => {
    const history = historyOf(
      changed('return', () => undefined),
      [run({})],
    );
    expect(history).toEqual({ timings: [] });
  });
});
