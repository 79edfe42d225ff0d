import type { Event } from '../events/event.ts';
import { stepState, type StepState } from './machine-state.ts';

// How steps and gates of a run stand behind each event, from where they stood before and what the machine's state says. Pure.

/** `ahead`: its turn has not come; `left`: the run went another way while it was open. */
export type GateState = 'ahead' | 'gathering' | 'open' | 'unready' | 'rejected' | 'passed' | 'left';

interface Step {
  readonly id: string;
  readonly state: StepState;
}
interface Gate {
  readonly id: string;
  readonly state: GateState;
}

/** Something is being done for it right now. */
export const isWorking = ({ state }: Pick<Step, 'state'>): boolean =>
  state === 'running' || state === 'overdue' || state === 'backoff' || state === 'stopping';

/** It waits for a decision. */
export const isStuck = ({ state }: Pick<Step, 'state'>): boolean =>
  state === 'failed' || state === 'in-doubt' || state === 'stop-failed';

/** Nothing moves until somebody says something. */
export function waitsForPeople(steps: readonly Step[], gates: readonly Gate[]): boolean {
  if (steps.some(isWorking) || gates.some(({ state }) => state === 'gathering')) return false;
  return gates.some(({ state }) => ['open', 'unready', 'rejected'].includes(state)) || steps.some(isStuck);
}

/** `standing`: where the machine's state has it; absent: it has ended with this event, or was left as it stood. */
export function nextStepState(step: Step, standing: string | undefined, event: Event): StepState {
  if (standing !== undefined) return stepState(standing);
  if (event.type === 'step.done' && event.data.step === step.id) return 'done';
  if (event.type === 'decision.made' && event.data.subject === step.id) {
    if (event.data.verb === 'skip') return 'skipped';
    if (event.data.verb === 'mark-done') return 'done';
  }
  const allStopped = event.type === 'stop.done' && event.data.step === undefined;
  const attested = event.type === 'decision.made' && event.data.verb === 'stopped';
  return isWorking(step) && (allStopped || attested) ? 'stopped' : step.state;
}

/** The same of a gate. */
export function nextGateState(gate: Gate, standing: string | undefined, event: Event): GateState {
  switch (standing) {
    case 'gathering':
    case 'open':
    case 'unready':
    case 'rejected':
    case 'passed':
      return standing;
    default:
      if (gate.state === 'passed' || gate.state === 'ahead') return gate.state;
      return event.type === 'gate.decided' && event.data.gate === gate.id && event.data.passed ? 'passed' : 'left';
  }
}
