import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { resolvePlan } from '../../src/plan/resolve.ts';
import { describedSchema } from '../../src/runbook/generate/json-schema.ts';
import { referencePage } from '../../src/runbook/generate/reference-page.ts';
import { parseRunbook } from '../../src/runbook/parse.ts';
import { describeFixture } from '../plan/describe-fixture.ts';

const file = 'runbooks/reference.yaml';
const text = readFileSync(new URL('../../runbooks/reference.yaml', import.meta.url), 'utf8');

describe('the reference runbook', () => {
  test('is a runbook: it is read without problem or warning, and both procedures can be planned', () => {
    const { runbook, problems, warnings } = parseRunbook(text, { file });
    expect([...problems, ...warnings]).toEqual([]);
    for (const procedure of ['activation', 'return'] as const) {
      expect(resolvePlan(runbook!, { file, text }, { procedure, describe: describeFixture }).procedure).toBe(procedure);
    }
  });

  test('explains every key of the schema', () => {
    expect(describedSchema(text).undescribed).toEqual([]);
  });

  test('a key it no longer explains is named', () => {
    const without = text.replaceAll(/ +# Refuse a source with less than this share .*\n/g, '');
    expect(describedSchema(without).undescribed).toEqual([expect.stringMatching(/\.shrinkLimit$/)]);
  });

  test('gives editors a schema in which defaults read as people write them', () => {
    const { schema } = describedSchema(text);
    const gates = schema.properties?.['gates']?.additionalProperties;
    expect(gates).toMatchObject({ properties: { expires: { default: '1h' }, approvals: { default: 1 } } });
  });

  test('makes a page that has every kind of step', () => {
    const page = referencePage(describedSchema(text).schema);
    for (const kind of [
      'copy',
      'salvage',
      'maintenance',
      'fence',
      'ticket',
      'dns',
      'http',
      'command',
      'manual',
      'gate',
    ]) {
      expect(page).toContain(`### \`kind: ${kind}\``);
    }
    expect(page).toContain('### `kind: database`, `do: import`');
  });
});
