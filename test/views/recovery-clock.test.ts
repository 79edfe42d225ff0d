import { describe, expect, test } from '@jest/globals';
import { recoveryClock } from '../../src/views/recovery-clock.ts';
import { runSummary } from '../../src/views/run-summary.ts';
import { interruptedActivation } from './recorded-run.ts';

describe('the clock of the recovery objective', () => {
  test('begins with the disaster, not with the run, and tells by how much it is over', () => {
    const summary = runSummary(interruptedActivation())!;
    const began = Date.parse(summary.beganAt);
    expect(recoveryClock(summary, began)).toEqual({ text: '10 min 00 s of RTO 4 h 00 min', overMs: 0 });
    const late = began + summary.rtoMs;
    expect(recoveryClock(summary, late)?.overMs).toBe(600_000);
    expect(recoveryClock({ ...summary, outcome: 'completed' }, late)).toBeUndefined();
    expect(recoveryClock({ ...summary, procedure: 'return' }, late)).toBeUndefined();
  });
});
