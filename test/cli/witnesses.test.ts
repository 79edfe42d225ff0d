import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { compareCopy } from '../../src/cli/witnesses.ts';
import { witnessLines, witnessName } from '../../src/executor/witnesses.ts';
import { readExport, renderExport } from '../../src/journal/export.ts';
import type { Plan } from '../../src/plan/plan.ts';

const whole = readExport(readFileSync(new URL('../journals/format-1-activation.jsonl', import.meta.url), 'utf8'));
const { run } = whole.frame;
const cut = (seq: number) => readExport(renderExport(whole.frame, whole.stored.slice(0, seq)));
const lines = whole.stored.map(({ line }) => line);
const textOf = (all: readonly string[]): string => all.map((line) => `${line}\n`).join('');
const plan = (whole.events[0] as unknown as { data: { plan: Plan } }).data.plan;
const withContact: Plan = {
  ...plan,
  world: { ...plan.world, people: { anne: { name: 'Anne', roles: ['authoriser'], contact: plan.title, keys: [] } } },
};

describe('a copy on a host, compared with a record', () => {
  test('agrees as far as it goes, and not with what was rewritten', () => {
    expect(compareCopy(whole, run, textOf(lines.slice(0, 9)))).toEqual({
      good: true,
      text: `${run} agrees up to event 9`,
    });
    const changed = [...lines.slice(0, 4), (lines[4] ?? '').replace('drp', 'xyz')];
    expect(compareCopy(whole, run, textOf(changed))).toMatchObject({
      good: false,
      text: expect.stringContaining('another event 5'),
    });
  });

  test('that goes on where the record ends shows that its end was cut off', () => {
    expect(compareCopy(cut(20), run, textOf(lines))).toMatchObject({
      good: false,
      text: expect.stringContaining('cut off'),
    });
  });

  test('of the original of an adopted run may go on: it is the end this record lacks', () => {
    const adopted = readExport(readFileSync(new URL('../journals/format-1-adopted.jsonl', import.meta.url), 'utf8'));
    const at = adopted.events.findIndex((event) => event.type === 'run.adopted');
    const original = [...adopted.stored.slice(0, at).map(({ line }) => line), '{"at":"lost end"}'];
    expect(compareCopy(adopted, adopted.frame.run, textOf(original))).toMatchObject({
      good: true,
      text: expect.stringContaining(`up to event ${at}`),
    });
  });

  test('half a line at its end counts for nothing', () => {
    expect(compareCopy(whole, run, `${textOf(lines.slice(0, 3))}{"half`).good).toBe(true);
  });
});

describe('what a copy holds', () => {
  test('contacts and mail addresses of desks are in no line; the hash stands for the line, and the comparison still holds', () => {
    const kept = witnessLines(whole.events, lines, withContact);
    expect(textOf(kept)).not.toContain(plan.title);
    expect(kept[0]).toBe(`{"hash":"${whole.events[0]?.hash ?? ''}","withheld":1}`);
    expect(kept.slice(1).some((line, index) => line === lines[index + 1])).toBe(true);
    expect(compareCopy(whole, run, textOf(kept)).good).toBe(true);
    const forged = kept.map((line, index) => (index === 0 ? line.replace(/[0-9a-f]{64}/, 'f'.repeat(64)) : line));
    expect(compareCopy(whole, run, textOf(forged)).good).toBe(false);
  });

  test('an adopted run has a copy of its own', () => {
    expect(witnessName('k3f9-2a7m', '')).toBe('k3f9-2a7m');
    expect(witnessName('k3f9-2a7m', '0f3a9c2b7d51')).toBe('k3f9-2a7m-0f3a9c2b7d51');
  });
});
