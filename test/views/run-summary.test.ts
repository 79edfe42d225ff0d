import { describe, expect, test } from '@jest/globals';
import type { Event } from '../../src/events/event.ts';
import { runSummary, stepsOf, stuckSteps, workingSteps } from '../../src/views/run-summary.ts';
import { interruptedActivation } from './recorded-run.ts';

const events = interruptedActivation();

describe('the summary of a run', () => {
  test('is nothing without a beginning', () => {
    expect(runSummary([])).toBeUndefined();
    expect(runSummary(events.slice(1))).toBeUndefined();
  });

  test('is the same for the same events, and every prefix of a record has one', () => {
    expect(runSummary(events)).toEqual(runSummary(interruptedActivation()));
    events.forEach((_, at) => expect(runSummary(events.slice(0, at + 1))?.head.seq).toBe(at + 1));
  });

  test('takes the state of each step and gate from what the machine wrote', () => {
    const summary = runSummary(events);
    const states = Object.fromEntries(stepsOf(summary!).map((step) => [step.id, step.state]));
    expect(states).toMatchObject({ 'copy-files': 'failed', 'fetch-database': 'done', 'import-database': 'pending' });
    const gates = Object.fromEntries(summary!.gates.map((gate) => [gate.id, gate.state]));
    expect(gates).toMatchObject({ declaration: 'passed', import: 'open', switchover: 'ahead' });
    expect(stuckSteps(summary!).map((step) => step.reason)).toEqual(['no room left on gravelines']);
    expect(summary!.at).toBe('restoration');
  });

  test('tells a step that runs from one that failed', () => {
    const before = runSummary(events.slice(0, 9))!;
    expect(workingSteps(before).map((step) => step.id)).toEqual(['copy-files']);
    expect(workingSteps(runSummary(events)!)).toEqual([]);
  });

  test('keeps phases in the order of the procedure, whatever the order of keys in the stored plan', () => {
    const [first, ...rest] = events;
    const { plan } = first!.data as unknown as { plan: { phases: object } };
    const phases = Object.fromEntries(Object.entries(plan.phases).sort(([a], [b]) => a.localeCompare(b)));
    const sorted = [{ ...first!, data: { ...first!.data, plan: { ...plan, phases } } } as never, ...rest];
    expect(
      runSummary(sorted)!
        .phases.map((phase) => phase.name)
        .slice(0, 3),
    ).toEqual(['fencing', 'restoration', 'verification']);
  });

  test('counts the time only people could go on apart from working time', () => {
    expect(runSummary(events.slice(0, 4))!.waitedMs).toBe(61_000);
    // While the copy ran beside the open gate nobody was waited for.
    expect(runSummary(events)!.waitedMs).toBe(61_000);
    expect(runSummary(events)!.waitingSinceAt).toBe(events[10]!.at);
  });

  test('a run that was called off shows what worked as stopped and an open gate as not passed, never as running or passed', () => {
    const [drafts, at] = [events.slice(0, 10), events[9]!.at];
    const left = (type: string, data: object): Event =>
      ({ ...events[9]!, seq: drafts.length + 1, at, type, data: { key: '12.aborting', ...data } }) as unknown as Event;
    const aborting = left('run.aborting', { person: 'otto', reason: 'false alarm', state: 'aborting' });
    const stopped = left('stop.done', { state: 'aborted' });
    const meanwhile = runSummary([...drafts, aborting])!;
    expect(workingSteps(meanwhile).map((step) => step.id)).toEqual(['copy-files']);
    const summary = runSummary([...drafts, aborting, stopped])!;
    expect(workingSteps(summary)).toEqual([]);
    expect(stepsOf(summary).find((step) => step.id === 'copy-files')!.state).toBe('stopped');
    expect(stepsOf(summary).find((step) => step.id === 'fetch-database')!.state).toBe('done');
    expect(summary.gates.find((gate) => gate.id === 'import')!.state).toBe('left');
    expect(summary.gates.find((gate) => gate.id === 'declaration')!.state).toBe('passed');
  });

  test('finds the losses that were shown and the duties that are open', () => {
    const summary = runSummary(events)!;
    expect(summary.losses).toEqual({ filesMs: 111_600_000, databaseMs: 6_000_000, skewMs: 105_600_000 });
    expect(summary.obligations).toMatchObject([{ id: 'k3f9-2a7m.fence', site: 'gravelines' }]);
  });
});
