import { describe, expect, test } from '@jest/globals';
import { runSummaries } from '../../src/views/run-summaries.ts';
import { runsText } from '../../src/views/runs-text.ts';
import { eventfulRun, settledElsewhere } from './report/eventful-run.ts';

describe('the runs of a journal together', () => {
  const events = eventfulRun();
  const nowMs = Date.parse('2026-11-22T12:00:00.000Z');
  const ids = ['k3f9-2a7m.review.import.2.anne', 'k3f9-2a7m.review.switchover.1.otto'];
  const owed = (runs: Parameters<typeof runSummaries>[0]) =>
    /k3f9-2a7m .*aborted(.*)/.exec(runsText(runSummaries(runs), nowMs))?.[1];

  test('what another run settled is no longer counted as owed', () => {
    expect(owed([events])).toBe(', 2 owed');
    expect(owed([events, settledElsewhere(ids[0]!)])).toBe(', 1 owed');
    expect(owed([events, ...ids.map((id, at) => settledElsewhere(id, `run-${at}`))])).toBe('');
  });

  test('what a run settled itself keeps the name of who did it', () => {
    const [summary] = runSummaries([events, settledElsewhere('k3f9-2a7m.fence')]);
    expect(summary?.obligations.find(({ id }) => id === 'k3f9-2a7m.fence')?.settled?.reason).toBe('power is off');
  });
});
