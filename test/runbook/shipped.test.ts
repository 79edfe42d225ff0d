import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { parseRunbook } from '../../src/runbook/parse.ts';

const text = readFileSync(new URL('../../runbooks/gravelines.yaml', import.meta.url), 'utf8');

test('what the shipped runbook lets rest while production is fenced works again when users go back to production', () => {
  const { runbook } = parseRunbook(text, { file: 'gravelines.yaml' });
  const phases = JSON.parse(JSON.stringify(runbook?.activation)) as Record<string, unknown>;
  const pausesOf = (phase: unknown): readonly { title: string; undo?: readonly string[] }[] =>
    [phase].flat().flatMap((step) => (step as { pause?: { title: string; undo?: string[] }[] }).pause ?? []);
  const paused = pausesOf(phases['fencing']).map(({ title }) => title);
  expect(paused).toEqual(['backup rotation', 'reminders']);
  expect(pausesOf(phases['switch-back']).flatMap(({ title, undo }) => (undo === undefined ? [] : [title]))).toEqual(
    paused,
  );
});
