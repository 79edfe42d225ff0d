import type { Event } from '../events/event.ts';
import type { StepPace } from '../plan/estimates.ts';
import { printableLine } from './escape.ts';
import { eventLine } from './event-line.ts';
import { instantText } from './instants.ts';
import { progressText } from './progress-text.ts';
import { workingSteps, type RunSummary, type StepProgress } from './run-summary.ts';

/** How often a step that moves says so on plain lines, ms. */
const progressEveryMs = 15_000;

/** Timestamped lines, one a happening: for pipes, files, log collectors, and for the scroll-back of a terminal. */
export interface PlainView {
  event(event: Event, summary: RunSummary): void;
  progress(step: string, progress: StepProgress, pace?: StepPace): void;
  line(text: string): void;
}

export function createPlainView(write: (line: string) => void, nowMs: () => number): PlainView {
  const saidMs = new Map<string, number>();
  const overdue = new Set<string>();
  const say = (at: string, text: string) => write(`${instantText(at)}  ${text}`);
  const now = () => new Date(nowMs()).toISOString();
  return {
    event: (event, summary) => {
      if (event.type === 'timer.due') {
        for (const step of workingSteps(summary)) {
          if (step.state !== 'overdue' || overdue.has(step.id)) continue;
          overdue.add(step.id);
          say(event.at, `step ${step.id} is OVERDUE; it goes on`);
        }
        return;
      }
      if (event.type !== 'step.progressed') say(event.at, eventLine(event));
    },
    progress: (step, progress, pace) => {
      const last = saidMs.get(step);
      saidMs.set(step, last ?? nowMs());
      if (last === undefined || nowMs() - last < progressEveryMs) return;
      saidMs.set(step, nowMs());
      say(now(), `step ${step}: ${progressText(progress, nowMs(), pace)}`);
    },
    line: (text) => say(now(), printableLine(text)),
  };
}
