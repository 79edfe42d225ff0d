import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import type { Event } from '../../src/events/event.ts';
import { standingEvidence } from '../../src/executor/standing-evidence.ts';
import type { Plan } from '../../src/plan/plan.ts';

const lines = readFileSync(new URL('../journals/format-1-activation.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n');
const events = lines.slice(1).map((line) => (JSON.parse(line) as { event: Event }).event);
const began = events[0];
const plan = (began?.type === 'run.began' ? began.data.plan : {}) as unknown as Plan;

/** Evidence beside that of the steps, as the gate had it that opened with this statement. */
function standingAt(gate: string): readonly string[] {
  const opened = events.findIndex((event) => event.type === 'gate.opened' && event.data.gate === gate);
  expect(opened).toBeGreaterThan(0);
  return standingEvidence(events.slice(0, opened), plan, []).map(({ id }) => id);
}

test('what fencing saw is told at the first gate behind it, and what it left open at every gate', () => {
  expect(standingAt('restoration')).toEqual(['situation', 'obligations', 'seen:fencing']);
  expect(standingAt('import')).toEqual(['situation', 'obligations']);
});

test('what verification saw is told at the gate that sends users there', () => {
  expect(standingAt('switchover')).toEqual(['situation', 'obligations', 'seen:verification']);
});

test('an order by nobody who may give one is marked at every gate, with who may', () => {
  if (began?.type !== 'run.began' || began.data.situation === undefined) throw new Error('no situation');
  const situationOf = (orderedBy: string) => {
    const data = { ...began.data, situation: { ...began.data.situation!, orderedBy } };
    return standingEvidence([{ ...began, data }], plan, [])[0];
  };
  expect(situationOf('anne')).toMatchObject({ severity: 'ok' });
  expect(situationOf('bob')).toMatchObject({
    severity: 'attention',
    lines: expect.arrayContaining(["who may order: anne; 'bob' is nobody in the runbook"]),
  });
});
