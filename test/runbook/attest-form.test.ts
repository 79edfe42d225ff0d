import { expect, test } from '@jest/globals';
import { parseAttestForm } from '../../src/runbook/attest-form.ts';

test('a log that was typed in becomes entries in its order, instants in UTC', () => {
  const form = parseAttestForm(
    `drp-attest: 1
situation: { what: fire, since: 2026-11-21T15:03+01:00, orderedBy: anne, orderedHow: called back }
entries:
  - { gate: declaration, at: 2026-11-21T14:20Z, by: anne, reason: form 1 }
  - { step: copy-files, at: 2026-11-21T14:31Z, by: otto, evidence: 312 }
  - { skip: announce-ready, at: 2026-11-21T14:32Z, by: otto, reason: no mail }
`,
    'log.yaml',
  );
  expect(form.situation).toMatchObject({ since: '2026-11-21T14:03:00.000Z', lost: [] });
  expect(form.entries).toEqual([
    { gate: 'declaration', at: '2026-11-21T14:20:00.000Z', by: 'anne', reason: 'form 1' },
    { step: 'copy-files', at: '2026-11-21T14:31:00.000Z', by: 'otto', evidence: '312' },
    { skip: 'announce-ready', at: '2026-11-21T14:32:00.000Z', by: 'otto', reason: 'no mail' },
  ]);
});

test('every mistake is told with its line, before anything is said to a run', () => {
  const wrong = `drp-attest: 1
entries:
  - { step: copy-files, at: yesterday, by: otto, evidence: x }
  - { step: copy-files, at: 2026-11-21T14:31Z, by: otto }
`;
  expect(() => parseAttestForm(wrong, 'log.yaml')).toThrow(/log\.yaml:3: .*; log\.yaml:4: /);
  expect(() => parseAttestForm('entries: []', 'log.yaml')).toThrow(/drp-attest/);
});

test('a text that is no form at all is one mistake in plain words, not one for everything it lacks', () => {
  expect(() => parseAttestForm('a: [\n', 'log.yaml')).toThrow(/^log\.yaml:\d+: not valid YAML[^;]*$/);
  expect(() => parseAttestForm('- 1', 'log.yaml')).toThrow(/^log\.yaml:1: the form: expected object, received array$/);
  expect(() => parseAttestForm('', 'log.yaml')).toThrow(/^log\.yaml:1: drp-attest: expected 1, as a form begins/);
});
