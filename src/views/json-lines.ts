import type { Event } from '../events/event.ts';
import type { StepProgress } from './run-summary.ts';

/**
 * One JSON object a line, for programs that look on. Events are given as they are stored, but for the plan and the
 * machine in the first one: they are large, and `drp audit export` has them.
 */
export interface JsonLines {
  event(event: Event): void;
  progress(step: string, progress: StepProgress): void;
  contact(step: string, state: 'lost' | 'back', reason: string): void;
  /** The evidence of a gate is looked at again before an approval counts. */
  looking(gate: string): void;
  waiting(
    subjects: readonly {
      readonly kind: string;
      readonly subject: string;
      readonly verbs: readonly string[];
      readonly statementDigest?: string;
    }[],
  ): void;
}

export function createJsonLines(write: (line: string) => void): JsonLines {
  const put = (value: object) => write(JSON.stringify(value));
  return {
    event: (event) => put({ kind: 'event', event: event.type === 'run.began' ? withoutPlan(event) : event }),
    progress: (step, { doneBytes, totalBytes, text, at }) =>
      put({ kind: 'progress', step, doneBytes, totalBytes, text, at }),
    contact: (step, state, reason) => put({ kind: 'contact', step, state, reason }),
    looking: (gate) => put({ kind: 'looking', gate }),
    waiting: (subjects) =>
      put({
        kind: 'waiting',
        waiting: subjects.map(({ kind, subject, verbs, statementDigest }) => ({
          kind,
          subject,
          verbs,
          statementDigest,
        })),
      }),
  };
}

function withoutPlan(event: Extract<Event, { type: 'run.began' }>): object {
  const { plan: _plan, machine: _machine, ...data } = event.data;
  return { ...event, data };
}
