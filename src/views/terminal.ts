import { Listr, ListrLogger, ProcessOutput, type ListrTask } from 'listr2';
import { formatDuration } from '../base/duration.ts';
import { printableLine } from './escape.ts';
import { progressText, stepStateText } from './progress-text.ts';
import { recoveryClock } from './recovery-clock.ts';
import { elapsedMs, workingSteps, type RunSummary, type StepSummary } from './run-summary.ts';

/**
 * Draws the running leg on a terminal: one phase at a time, its lanes and steps, redrawn in place. Lines said meanwhile
 * are kept and printed below it once it has ended. It must have ended before anybody is asked anything.
 */
export interface TerminalView {
  /** Shows this state; begins to draw where nothing is drawn. */
  show(summary: RunSummary): void;
  /** A lasting line. */
  line(text: string): void;
  /** Ends drawing and prints the kept lines. Resolves when the terminal is free. */
  end(): Promise<void>;
}

interface Drawn {
  readonly phase: string;
  readonly slots: ReadonlyMap<string, Slot>;
  readonly header: { set?: (title: string) => void };
  readonly ended: Promise<void>;
  /** Ends every row, whatever its state: the drawing is cleared anyway. */
  stop(): void;
}

/** One row: what it shows now, and how to end it. */
interface Slot {
  text: string;
  progress: string;
  paint?: (text: string, progress: string) => void;
  finish(): void;
}

export function createTerminalView(stream: NodeJS.WriteStream, nowMs: () => number): TerminalView {
  let drawn: Drawn | undefined;
  let latest: RunSummary | undefined;
  const kept: string[] = [];
  const timer = setInterval(() => latest !== undefined && drawn !== undefined && paint(drawn, latest, nowMs()), 500);
  timer.unref();
  let ending: Promise<void> = Promise.resolve();
  let endings = 0;
  const stopDrawing = () => {
    const old = drawn;
    drawn = undefined;
    if (old === undefined) return;
    old.stop();
    endings += 1;
    ending = old.ended.then(() => {
      endings -= 1;
      kept.splice(0).forEach((line) => stream.write(`${line}\n`));
    });
  };
  return {
    show: (summary) => {
      latest = summary;
      const steps = legSteps(summary);
      const name = steps[0]?.phase ?? '';
      if (drawn !== undefined && drawn.phase !== name) stopDrawing();
      if (steps.length === 0) return;
      drawn ??= draw(stream, { phase: name, steps, after: ending });
      paint(drawn, summary, nowMs());
    },
    line: (text) => {
      if (drawn === undefined && endings === 0) stream.write(`${text}\n`);
      else kept.push(text);
    },
    end: async () => {
      stopDrawing();
      await ending;
    },
  };
}

/** The steps of the phase that is under way; none where nothing is. */
function legSteps(summary: RunSummary): readonly StepSummary[] {
  const [working] = workingSteps(summary);
  return summary.phases.find((phase) => phase.name === working?.phase)?.steps ?? [];
}

function draw(
  stream: NodeJS.WriteStream,
  leg: { readonly phase: string; readonly steps: readonly StepSummary[]; readonly after: Promise<void> },
): Drawn {
  const stop = new AbortController();
  const header: Drawn['header'] = {};
  const slots = new Map<string, Slot>();
  const lanes = [...new Set(leg.steps.map((step) => step.lane))];
  const rows = (lane: string): ListrTask[] =>
    leg.steps.filter((step) => step.lane === lane).map((step) => row(step, slots, stop.signal));
  const tasks: ListrTask[] =
    lanes.length === 1
      ? rows(lanes[0] ?? '')
      : lanes.map((lane) => ({ title: lane, task: (_, task) => task.newListr(rows(lane)) }));
  const root: ListrTask = {
    title: leg.phase,
    task: (_, task) => {
      header.set = (title) => (task.title = title);
      return task.newListr(tasks, { concurrent: lanes.length > 1 });
    },
  };
  const ended = leg.after.then(async () => {
    // Made only now: it takes the stream as it finds it, and the drawing before must have let go of it.
    if (!stop.signal.aborted) await createListr(stream, root).run();
  });
  return {
    phase: leg.phase,
    slots,
    header,
    ended,
    stop: () => stop.abort(),
  };
}

function createListr(stream: NodeJS.WriteStream, root: ListrTask): Listr {
  return new Listr([root], {
    concurrent: true,
    exitOnError: false,
    // Signals are the session's: it asks before it stops anything.
    registerSignalListeners: false,
    forceTTY: true,
    rendererOptions: {
      clearOutput: true,
      collapseSubtasks: false,
      collapseErrors: false,
      logger: new ListrLogger({ useIcons: true, processOutput: new ProcessOutput(stream, stream) }),
    },
  });
}

function row(step: StepSummary, slots: Map<string, Slot>, stop: AbortSignal): ListrTask {
  let finish: () => void = () => undefined;
  const over = new Promise<void>((resolve) => (finish = resolve));
  // Rows are made when their lane begins, which may be after the drawing was told to stop.
  if (stop.aborted) finish();
  else stop.addEventListener('abort', finish, { once: true });
  const slot: Slot = { text: step.id, progress: '', finish };
  slots.set(step.id, slot);
  return {
    title: printableLine(`${step.id}: ${step.title}`),
    task: async (_, task) => {
      slot.paint = (text, progress) => {
        task.title = text;
        task.output = progress;
      };
      slot.paint(slot.text, slot.progress);
      await over;
    },
  };
}

function paint(drawn: Drawn, summary: RunSummary, nowMs: number): void {
  drawn.header.set?.(
    `${summary.mode === 'drill' ? 'EXERCISE: ' : ''}${drawn.phase} of ${summary.site}  (${recoveryClock(summary, nowMs)?.text ?? formatDuration(elapsedMs(summary, nowMs))})`,
  );
  for (const step of legSteps(summary)) {
    const slot = drawn.slots.get(step.id);
    if (slot === undefined) continue;
    slot.text = printableLine(`${step.id}: ${step.title}, ${stepStateText(step, nowMs)}`);
    slot.progress = step.progress === undefined ? '' : progressText(step.progress, nowMs, step.estimate?.course);
    slot.paint?.(slot.text, slot.progress);
    if (step.state === 'done' || step.state === 'skipped') slot.finish();
  }
}
