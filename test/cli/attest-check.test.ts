import { expect, test } from '@jest/globals';
import { checkForm, checkStep, future } from '../../src/cli/attest-check.ts';
import { parseAttestForm } from '../../src/runbook/attest-form.ts';
import { changed } from '../proof/gravelines.ts';

const plan = changed('activation', () => undefined);
const nowMs = Date.parse('2026-11-22T03:00Z');
const check = (text: string): void => checkForm(parseAttestForm(`drp-attest: 1\n${text}`, 'log.yaml'), plan, nowMs);

test('a form of what the plan has passes: steps, what was left out, gates', () => {
  check(`
situation: { what: fire, since: 2026-11-22T01:00Z, lost: [limburg], orderedBy: anne, orderedHow: by phone }
entries:
  - { gate: declaration, at: 2026-11-22T01:20Z, by: anne, reason: form 1 }
  - { step: copy-files, at: 2026-11-22T02:31Z, by: otto, evidence: seen }
  - { skip: announce-ready, at: 2026-11-22T02:40Z, by: otto, reason: the desk is down }`);
});

test('an entry nobody waits for is refused before anything begins, with the name that was meant', () => {
  expect(() =>
    check(`
entries:
  - { step: copy-file, at: 2026-11-22T02:31Z, by: otto, evidence: seen }
  - { gate: restauration, at: 2026-11-22T02:31Z, by: otto, reason: seen }
  - { skip: declaration, at: 2026-11-22T02:31Z, by: otto, reason: seen }`),
  ).toThrow(
    "there is no step 'copy-file'; did you mean 'copy-files'?; there is no gate 'restauration'; did you mean 'restoration'?; there is no step 'declaration'",
  );
});

test('a datacentre the runbook does not have, and a time that has not come, are refused', () => {
  expect(() =>
    check(`
situation: { what: fire, since: 2027-11-22T01:00Z, lost: [limbourg], orderedBy: anne, orderedHow: by phone }
entries:
  - { step: copy-files, at: 2026-11-22T13:31Z, by: otto, evidence: seen }`),
  ).toThrow(
    /no datacentre 'limbourg'; did you mean 'limburg'\?; situation: 2027-.* has not come yet .*; step copy-files: 2026-11-22T13:31:00.000Z has not come yet/,
  );
  // A wrist watch may be a few minutes ahead.
  expect(future('x', '2026-11-22T03:04Z', nowMs)).toEqual([]);
});

test('a form that says the site it recovers to is lost is refused', () => {
  expect(() =>
    check(
      'situation: { what: fire, since: 2026-11-22T01:00Z, lost: [gravelines], orderedBy: anne, orderedHow: by phone }',
    ),
  ).toThrow("'gravelines' is where users would be sent");
});

test('a step that is attested alone must be one of the plan, and no gate', () => {
  expect(() => checkStep(plan, 'copy-files')).not.toThrow();
  expect(() => checkStep(plan, 'copyfiles')).toThrow("there is no step 'copyfiles'; did you mean 'copy-files'?");
  expect(() => checkStep(plan, 'declaration')).toThrow("there is no step 'declaration'");
});
