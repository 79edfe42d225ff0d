import { figures, Listr, ListrLogger, ProcessOutput, Spinner, type ListrTask } from 'listr2';
import { formatDuration } from '../base/duration.ts';
import { assertNever } from '../base/errors.ts';
import { printableLine } from './escape.ts';
import { progressText, stepStateText } from './progress-text.ts';
import { recoveryClock } from './recovery-clock.ts';
import { elapsedMs, workingSteps, type RunSummary, type StepSummary } from './run-summary.ts';
import type { Style } from './style.ts';

/**
 * Draws the running leg on a terminal: one phase at a time, its lanes and steps, redrawn in place. Lines said meanwhile
 * are kept and printed below it once it has ended. It must have ended before anybody is asked anything. Its last frame may
 * stay on the screen, so marks are of the steps and never of the drawing: a row that is not drawn on is not ticked.
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
  readonly header: Row;
  readonly lanes: ReadonlyMap<string, Row>;
  readonly steps: ReadonlyMap<string, Row>;
  readonly ended: Promise<void>;
  /** Ends the drawing as it stands. */
  stop(): void;
}

/** One row as it is shown now; `paint` is there once it is drawn. */
interface Row {
  text: string;
  progress: string;
  paint?: (row: Row) => void;
}

/** How often marks of work turn and times go on, ms. */
const turnEveryMs = 250;

export function createTerminalView(stream: NodeJS.WriteStream, nowMs: () => number, style: Style): TerminalView {
  let drawn: Drawn | undefined;
  let latest: RunSummary | undefined;
  const kept: string[] = [];
  const spinner = new Spinner();
  const repaint = () => {
    if (latest !== undefined && drawn !== undefined)
      paint(drawn, latest, { nowMs: nowMs(), working: spinner.fetch(), style });
  };
  const timer = setInterval(() => {
    spinner.spin();
    repaint();
  }, turnEveryMs);
  timer.unref();
  let ending: Promise<void> = Promise.resolve();
  let endings = 0;
  const stopDrawing = () => {
    const old = drawn;
    drawn = undefined;
    if (old === undefined) return;
    if (latest !== undefined) paint(old, latest, { nowMs: nowMs(), working: spinner.fetch(), style });
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
      repaint();
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
  const stopped = new Promise<void>((resolve) => {
    stop.signal.addEventListener('abort', () => resolve(), { once: true });
  });
  const header = emptyRow();
  const lanes = new Map(leg.steps.map((step) => [step.lane, emptyRow()]));
  const steps = new Map(leg.steps.map((step) => [step.id, emptyRow()]));
  const tasksOf = (lane: string): ListrTask[] =>
    leg.steps.filter((step) => step.lane === lane).map((step) => drawnRow(steps.get(step.id), () => stopped));
  const tasks = [...lanes].flatMap(([lane, row]) =>
    lanes.size === 1 ? tasksOf(lane) : [drawnRow(row, (task) => task.newListr(tasksOf(lane), together))],
  );
  const root = drawnRow(header, (task) => task.newListr(tasks, together));
  const ended = leg.after.then(async () => {
    // Made only now: it takes the stream as it finds it, and the drawing before must have let go of it.
    if (!stop.signal.aborted) await createListr(stream, root).run();
  });
  return { phase: leg.phase, header, lanes, steps, ended, stop: () => stop.abort() };
}

/** Every row is drawn from the beginning, the waiting ones too. */
const together = { concurrent: true } as const;

function emptyRow(): Row {
  return { text: '', progress: '' };
}

function drawnRow(row: Row = emptyRow(), content: (task: Parameters<ListrTask['task']>[1]) => unknown): ListrTask {
  return {
    title: row.text === '' ? ' ' : row.text,
    task: (_, task) => {
      row.paint = ({ text, progress }) => {
        // Each of them draws anew, also what has not changed.
        if (text !== '' && task.title !== text) task.title = text;
        if ((task.output ?? '') !== progress) task.output = progress;
      };
      row.paint(row);
      return content(task) as ReturnType<ListrTask['task']>;
    },
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
      // Its marks tell how far the drawing is, and turn on rows that only wait: ours stand in the rows' texts.
      lazy: true,
      icon: { PENDING: '', COMPLETED: '', WAITING: '' },
      logger: new ListrLogger({ useIcons: true, processOutput: new ProcessOutput(stream, stream) }),
    },
  });
}

/** How it is painted now. */
interface Brush {
  readonly nowMs: number;
  /** Mark of a step that works, as it stands now. */
  readonly working: string;
  readonly style: Style;
}

/** Paints the drawn phase, also where the run has gone on to another. */
function paint(drawn: Drawn, summary: RunSummary, brush: Brush): void {
  const { nowMs, style } = brush;
  const steps = summary.phases.find(({ name }) => name === drawn.phase)?.steps ?? [];
  const clock = recoveryClock(summary, nowMs)?.text ?? formatDuration(elapsedMs(summary, nowMs));
  const exercise = summary.mode === 'drill' ? 'EXERCISE: ' : '';
  const pointer = style.attention(figures.pointer);
  repaintRow(drawn.header, `${pointer} ${exercise}${drawn.phase} of ${summary.site}  (${clock})`);
  for (const [lane, row] of drawn.lanes) {
    const isDone = steps.filter((step) => step.lane === lane).every(isReallyDone);
    repaintRow(row, `${isDone ? style.good(figures.tick) : pointer} ${lane}`);
  }
  for (const step of steps) {
    const isOver = step.state === 'done' || step.state === 'skipped';
    const progress =
      step.progress === undefined || isOver ? '' : progressText(step.progress, nowMs, step.estimate?.course);
    const text = printableLine(`${step.id}: ${step.title}, ${stepStateText(step, nowMs)}`);
    repaintRow(drawn.steps.get(step.id), `${stepMark(step, brush)} ${text}`, progress);
  }
}

function repaintRow(row: Row | undefined, text: string, progress = ''): void {
  if (row === undefined) return;
  row.text = text;
  row.progress = progress;
  row.paint?.(row);
}

/** A tick for what is done and nothing else; the mark of work for what works, and not for what waits. */
function stepMark(step: StepSummary, { working, style }: Brush): string {
  switch (step.state) {
    case 'running':
    case 'overdue':
    case 'stopping':
      return style.attention(working);
    case 'pending':
    case 'backoff':
      return style.dim(figures.squareSmallFilled);
    case 'done':
      return isReallyDone(step) ? style.good(figures.tick) : style.attention(figures.arrowDown);
    case 'skipped':
      return style.attention(figures.arrowDown);
    case 'in-doubt':
      return style.attention(figures.warning);
    case 'failed':
    case 'stopped':
    case 'stop-failed':
      return style.bad(figures.cross);
    default:
      return assertNever(step.state);
  }
}

/** What an exercise only simulates is not. */
function isReallyDone(step: StepSummary): boolean {
  return step.state === 'done' && step.kind !== 'simulate';
}
