import type { Event } from '../events/event.ts';
import type { Course } from '../plan/timings.ts';
import { printableLine } from './escape.ts';
import { eventLine } from './event-line.ts';
import { instantText } from './instants.ts';
import { wrap } from './layout.ts';
import { progressText } from './progress-text.ts';
import { workingSteps, type RunSummary, type StepProgress } from './run-summary.ts';

/** How often a step that moves says so on plain lines, ms. */
const progressEveryMs = 15_000;

/** Timestamped lines, one a happening: for pipes, files, log collectors, and for the scroll-back of a terminal. */
export interface PlainView {
  /** `summary` is asked for only where the event alone does not say it. */
  event(event: Event, summary: () => RunSummary | undefined): void;
  progress(step: string, progress: StepProgress, course?: Course): void;
  line(text: string): void;
}

/** `wrapped`: for a terminal, whose own way to break a long line is in the middle of a word. */
export function createPlainView(
  write: (line: string) => void,
  nowMs: () => number,
  { width = 100, wrapped = false }: { readonly width?: number; readonly wrapped?: boolean } = {},
): PlainView {
  const saidMs = new Map<string, number>();
  const overdue = new Set<string>();
  const say = (at: string, text: string) => {
    const when = instantText(at);
    // A column is left for the second space behind the instant: breaking makes one of them.
    const [first = '', ...rest] = wrapped ? wrap(`${when} ${text}`, width - 1, '    ') : [`${when} ${text}`];
    [`${when}  ${first.slice(when.length + 1)}`, ...rest].forEach((line) => write(line));
  };
  const now = () => new Date(nowMs()).toISOString();
  let copies = '';
  let mode: RunSummary['mode'] | undefined;
  // A dry run has started and done nothing: each step says on lines of their own what was read and what would be run.
  const rehearsed = (event: Event): boolean => {
    if (event.type === 'effect.started') return event.data.source === 'step';
    if (event.type !== 'step.done') return false;
    const { step, lines } = event.data;
    say(event.at, `step ${printableLine(step)}: rehearsed, nothing changed; its output is invented`);
    for (const line of lines) wrap(`    ${printableLine(line)}`, width, '  ').forEach(write);
    return true;
  };
  const sayOverdue = (at: string, summary: RunSummary | undefined): void => {
    const late = summary === undefined ? [] : workingSteps(summary).filter(({ state }) => state === 'overdue');
    for (const { id } of late.filter((step) => !overdue.has(step.id))) {
      overdue.add(id);
      say(at, `step ${id} is OVERDUE; it goes on`);
    }
  };
  return {
    event: (event, summary) => {
      mode ??= summary()?.mode;
      if (mode === 'dry-run' && rehearsed(event)) return;
      if (event.type === 'timer.due') return sayOverdue(event.at, summary());
      if (event.type === 'step.progressed') return;
      const text = eventLine(event);
      // Steps that start together leave their copies at the same hosts: said once.
      if (event.type === 'witness.kept' && text === copies) return;
      if (event.type === 'witness.kept') copies = text;
      say(event.at, text);
    },
    progress: (step, progress, course) => {
      const last = saidMs.get(step);
      saidMs.set(step, last ?? nowMs());
      if (last === undefined || nowMs() - last < progressEveryMs) return;
      saidMs.set(step, nowMs());
      say(now(), `step ${step}: ${progressText(progress, nowMs(), course)}`);
    },
    line: (text) => say(now(), printableLine(text)),
  };
}
