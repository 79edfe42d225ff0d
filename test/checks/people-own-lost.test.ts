import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import type { Finding, PastRehearsal } from '../../src/checks/check.ts';
import { deskPlace } from '../../src/checks/desk-probes.ts';
import { compareSize, planDrift } from '../../src/checks/drift-probes.ts';
import { desksLeft, drpLeft, sideLeft, timeNeeded } from '../../src/checks/lost-probes.ts';
import { journalFinding, ownPlace, partsOnlyIn } from '../../src/checks/own-probes.ts';
import { gatesOfPlan } from '../../src/checks/people-probes.ts';
import { canonicalJson } from '../../src/events/canonical.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { resolvePlan } from '../../src/plan/resolve.ts';
import { editRunbook, type Edit, type EditValue } from '../../src/runbook/edit.ts';
import { parseRunbook } from '../../src/runbook/parse.ts';
import type { Runbook } from '../../src/runbook/schema/runbook.ts';
import { describeFixture } from '../plan/describe-fixture.ts';

const file = 'gravelines.yaml';
const shipped = readFileSync(new URL('../../runbooks/gravelines.yaml', import.meta.url), 'utf8');
const set = (path: string, value: EditValue): Edit => ({ path: path.split('.'), value });
const runbookOf = (...edits: readonly Edit[]): { readonly runbook: Runbook; readonly text: string } => {
  const text = editRunbook(shipped, edits);
  const { runbook, problems } = parseRunbook(text, { file });
  if (runbook === undefined) throw new Error(problems.map(({ message }) => message).join('\n'));
  return { runbook, text };
};
const plans = new Map<string, Plan>();
const activationOf = (...edits: readonly Edit[]): Plan => {
  const { runbook, text } = runbookOf(...edits);
  const known = plans.get(text);
  if (known !== undefined) return known;
  const plan = resolvePlan(runbook, { file, text }, { procedure: 'activation', describe: describeFixture });
  plans.set(text, plan);
  return plan;
};
const at = '2026-11-21T12:00:00.000Z';
const brief = (findings: readonly Finding[]): readonly string[] =>
  findings.filter(({ status }) => status !== 'ok').map(({ subject, status }) => `${subject} ${status}`);

describe('who could pass the gates', () => {
  // Keys as the runbook has them, without a file of signers that lies on no machine here.
  const plan = (...edits: readonly Edit[]) => activationOf({ path: ['allowedSigners'], remove: true }, ...edits);

  test('one person for a gate of one is pointed at, nobody has failed', () => {
    expect(brief(gatesOfPlan(plan(), at, []))).toEqual(['activation declaration warn', 'activation unserved warn']);
    const today = plan();
    const unserved = { ...today.gates['unserved']!, strength: 'hardware-key' as const };
    expect(brief(gatesOfPlan({ ...today, gates: { ...today.gates, unserved } }, at, []))).toEqual([
      'activation declaration warn',
      'activation unserved fail',
    ]);
  });

  test('people of a lost place are not counted', () => {
    const gates = gatesOfPlan(plan(), at, ['anne']);
    expect(gates.find(({ subject }) => subject === 'activation declaration')).toMatchObject({
      status: 'fail',
      found: 'nobody can pass it without anne',
    });
  });
});

describe('a desk with production', () => {
  const place = (...edits: readonly Edit[]): Finding => {
    const { runbook } = runbookOf(...edits);
    return deskPlace(runbook, 'tickets', [activationOf(...edits)]);
  };
  const here = set('desks.tickets.datacentre', 'limburg');

  test('is pointed at while others hear the same, and has failed where nobody else does', () => {
    expect(place().status).toBe('ok');
    expect(place(here).status).toBe('warn');
    expect(place(here, set('desks.mail.datacentre', 'limburg')).status).toBe('fail');
  });

  test('is pointed at where nobody said where it stands', () => {
    expect(place({ path: ['desks', 'tickets', 'datacentre'], remove: true }).status).toBe('warn');
  });
});

describe('drp itself', () => {
  const here = set('own.datacentre', 'limburg');
  const copies = (...places: readonly string[]): Edit =>
    set(
      'own.copies',
      places.flatMap((datacentre) => ['program', 'runbook', 'journal', 'keys'].map((what) => ({ what, datacentre }))),
    );

  test('with production needs a copy of each part elsewhere', () => {
    expect(ownPlace(runbookOf().runbook).status).toBe('ok');
    expect(ownPlace(runbookOf(here).runbook)).toMatchObject({ status: 'fail' });
    expect(ownPlace(runbookOf(here, copies('roubaix')).runbook).status).toBe('ok');
    expect(partsOnlyIn(runbookOf(here, copies('limburg')).runbook, ['limburg'])).toHaveLength(4);
  });

  test('nobody knows where, is pointed at; what a loss takes of it is then not known', () => {
    const nowhere: Edit = { path: ['own'], remove: true };
    expect(ownPlace(runbookOf(nowhere).runbook).status).toBe('warn');
    expect(drpLeft(runbookOf(nowhere).runbook, ['limburg']).status).toBe('unknown');
  });

  test('a copy on a host counts for the place of that host', () => {
    const copy = set('own.copies', [{ what: 'runbook', host: 'gravelines', path: 'drp/x.yaml' }]);
    expect(partsOnlyIn(runbookOf(here, copy).runbook, ['limburg'])).toEqual(['program', 'journal', 'keys']);
    expect(partsOnlyIn(runbookOf(here, copy).runbook, ['limburg', 'gravelines'])).toHaveLength(4);
  });
});

describe('the journal', () => {
  test('that cannot be read is red; none yet is no finding', () => {
    expect(journalFinding(undefined).status).toBe('skipped');
    expect(journalFinding({}).status).toBe('ok');
    expect(journalFinding({ trouble: 'journal x is damaged' })).toMatchObject({
      status: 'fail',
      found: 'journal x is damaged',
    });
  });
});

describe('without a datacentre', () => {
  const { runbook } = runbookOf();

  test('the side users go to is told, or that there is none', () => {
    expect(sideLeft(runbook, ['limburg'])).toMatchObject({
      status: 'ok',
      found: 'users go to gravelines in gravelines',
    });
    expect(sideLeft(runbook, ['limburg', 'gravelines'])).toMatchObject({
      status: 'fail',
      found: 'both sides are gone: limburg, gravelines',
    });
    expect(sideLeft(runbook, ['gravelines'])).toMatchObject({
      status: 'warn',
      found: 'production stays, in limburg, and there is nowhere to recover to',
    });
    expect(sideLeft(runbook, ['roubaix']).status).toBe('ok');
  });

  test('the time is that of the critical path, against what was promised', () => {
    const { rtoMs } = runbook.objectives;
    expect(timeNeeded(runbook, ['limburg'], [activationOf()])).toMatchObject([
      { status: 'ok' },
      { probe: 'lost.steps' },
    ]);
    const promised = { ...runbook, objectives: { ...runbook.objectives, rtoMs: rtoMs / 4 } };
    expect(timeNeeded(promised, ['limburg'], [activationOf()])[0]?.status).toBe('fail');
    expect(timeNeeded(promised, ['gravelines'], [activationOf()])).toEqual([]);
  });

  test('messages that nobody would get are red', () => {
    expect(desksLeft(runbook, ['limburg'], [activationOf()]).status).toBe('ok');
    expect(desksLeft(runbook, ['roubaix'], [activationOf()])).toMatchObject({
      status: 'fail',
      found: expect.stringContaining('announce-ready'),
    });
  });
});

describe('drift since the last rehearsal', () => {
  const rehearsed: PastRehearsal = { run: 'K7', at, kind: 'drill', plan: activationOf() };

  test('is none for a change of people, and names what the restoration does otherwise', () => {
    expect(planDrift(rehearsed, activationOf(set('people.otto.contact', '+33'))).status).toBe('ok');
    expect(planDrift(rehearsed, activationOf(set('hosts.gravelines.address', '192.0.2.20')))).toMatchObject({
      status: 'warn',
      found: expect.stringContaining('host gravelines changed'),
    });
  });

  test('is none where the record has the same in another order of keys', () => {
    const sorted = JSON.parse(canonicalJson(rehearsed.plan)) as PastRehearsal['plan'];
    expect(planDrift({ ...rehearsed, plan: sorted }, activationOf()).status).toBe('ok');
  });

  test('of the size shows from a quarter more on', () => {
    const last = { run: 'K7', at, backup: 'files', host: 'store', bytes: 1000, files: 1 };
    expect(compareSize('files', { bytes: 1250, files: 1 }, last).status).toBe('ok');
    expect(compareSize('files', { bytes: 1260, files: 1 }, last).status).toBe('warn');
    expect(compareSize('files', { bytes: 10, files: 1 }, last).status).toBe('ok');
  });
});
