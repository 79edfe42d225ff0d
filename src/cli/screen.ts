import { assertNever } from '../base/errors.ts';
import type { Event } from '../events/event.ts';
import type { Update, Waiting } from '../executor/executor.ts';
import { nextProgress } from '../plan/copy-progress.ts';
import type { Estimates } from '../plan/estimates.ts';
import { createJsonLines } from '../views/json-lines.ts';
import { createPlainView } from '../views/plain.ts';
import { runSummary, type RunSummary, type StepProgress } from '../views/run-summary.ts';
import type { TerminalView } from '../views/terminal.ts';
import type { Io } from './io.ts';

/** Where a run is shown while it is driven: drawn on a terminal, plain lines on stderr, or JSON lines on stdout. */
export interface Screen {
  /** `untold`: counts, and needs no line of its own: whoever sits here has been told. */
  update(update: Update, told?: 'untold'): void;
  waiting(waiting: readonly Waiting[]): void;
  /** A line of the session's own, not of the record. */
  line(text: string): void;
  /** Several lines as they are, without a time before them. */
  block(text: string): void;
  /** Stops drawing until `resume`, so that somebody can be asked. Resolves when the terminal is free. */
  free(): Promise<void>;
  resume(): void;
  /** Ends drawing for good; everything said has been printed when it resolves. */
  close(): Promise<void>;
  /** The run as far as it is known here. */
  summary(): RunSummary | undefined;
}

/** What is known of the run when its screen opens. */
interface Earlier {
  readonly events: readonly Event[];
  readonly estimates?: Estimates;
}

/** Nobody reads quicker, ms. */
const drawEveryMs = 100;

export async function createScreen(io: Io, earlier: Earlier, nowMs: () => number): Promise<Screen> {
  const seen = createSeen(earlier, nowMs);
  const terminal = io.interactive && !io.json ? await openTerminal(io, nowMs) : undefined;
  const paper = createPaper(io, terminal);
  const draw = () => {
    const summary = terminal === undefined ? undefined : seen.now();
    if (summary !== undefined) terminal?.show(summary);
  };
  const drawing = createDrawing(draw, nowMs);
  const endDrawing = async () => {
    drawing.hold();
    // What was still to be drawn: its last frame may stay on the screen.
    if (!paper.isHeld()) draw();
    paper.hold();
    await terminal?.end();
  };
  const show = () => {
    if (terminal !== undefined && !paper.isHeld()) drawing.soon();
  };
  const lines = io.json
    ? linesForPrograms(io)
    : linesForPeople(io, paper, { drawn: terminal !== undefined, earlier, seen, nowMs });
  const hear = (update: Update, told: 'untold' | undefined): void => {
    switch (update.kind) {
      case 'event':
        seen.event(update.event);
        return lines.event(update.event, told);
      case 'progress':
        return lines.progress(update.step, seen.progress(update.step, update.progress));
      case 'looking':
        return lines.looking(update.gate);
      case 'contact':
        return lines.contact(update);
      case 'word':
        return;
      default:
        return assertNever(update);
    }
  };
  return {
    update: (update, told) => {
      hear(update, told);
      show();
    },
    waiting: lines.waiting,
    line: lines.line,
    block: (text) => text.trimEnd().split('\n').forEach(paper.say),
    free: endDrawing,
    resume: () => {
      paper.release();
      show();
    },
    close: async () => {
      drawing.hold();
      paper.release();
      await terminal?.end();
    },
    summary: seen.now,
  };
}

/** What is said of a run, happening by happening. */
interface Lines {
  event(event: Event, told: 'untold' | undefined): void;
  progress(step: string, progress: StepProgress): void;
  looking(gate: string): void;
  contact(update: Extract<Update, { kind: 'contact' }>): void;
  waiting(waiting: readonly Waiting[]): void;
  line(text: string): void;
}

/** Lines of JSON on stdout. Whoever reads them is not who sits here: they are told everything. */
function linesForPrograms(io: Io): Lines {
  const json = createJsonLines((line) => io.stdout.write(`${line}\n`));
  return {
    event: (event) => json.event(event),
    progress: (step, progress) => json.progress(step, progress),
    looking: (gate) => json.looking(gate),
    contact: ({ step, state, reason }) => json.contact(step, state, reason),
    waiting: (waiting) => json.waiting(waiting),
    line: (text) => void io.stderr.write(`${text}\n`),
  };
}

/** `drawn`: a terminal shows progress and what waits by itself. */
function linesForPeople(
  io: Io,
  paper: Paper,
  of: {
    readonly drawn: boolean;
    readonly earlier: Earlier;
    readonly seen: Pick<ReturnType<typeof createSeen>, 'now'>;
    readonly nowMs: () => number;
  },
): Lines {
  const { drawn, earlier, seen, nowMs } = of;
  const plain = createPlainView(paper.say, nowMs, { width: io.width, wrapped: drawn });
  return {
    event: (event, told) => {
      if (told !== 'untold') plain.event(event, seen.now);
    },
    progress: (step, progress) => {
      if (!drawn) plain.progress(step, progress, earlier.estimates?.get(step)?.course);
    },
    looking: (gate) => {
      const line = `gate ${gate}: looking at the evidence again before the approval counts …`;
      // Said at once, even below a question: whoever waits for it must see why.
      if (paper.isHeld()) io.stderr.write(`\n${line}\n`);
      else plain.line(line);
    },
    contact: (update) => plain.line(contactLine(update)),
    waiting: () => undefined,
    line: (text) => plain.line(text),
  };
}

/** Where lines for people go. While somebody is asked, they wait: they would stand in the middle of what is being typed. */
interface Paper {
  say(line: string): void;
  isHeld(): boolean;
  hold(): void;
  /** What has waited is said now. */
  release(): void;
}

function createPaper(io: Io, terminal: TerminalView | undefined): Paper {
  const waiting: string[] = [];
  let isHeld = false;
  const say = (line: string): void => {
    if (terminal === undefined) io.stderr.write(`${line}\n`);
    else if (isHeld) waiting.push(line);
    else terminal.line(line);
  };
  return {
    say,
    isHeld: () => isHeld,
    hold: () => {
      isHeld = true;
    },
    release: () => {
      isHeld = false;
      waiting.splice(0).forEach(say);
    },
  };
}

/** What has been heard of the run. Its summary is made when somebody looks: a run of many steps has far more events than looks. */
function createSeen(earlier: Earlier, nowMs: () => number) {
  const events = [...earlier.events];
  const live = new Map<string, StepProgress>();
  let made: { readonly upTo: number; readonly summary: RunSummary | undefined } | undefined;
  return {
    event: (event: Event): void => {
      events.push(event);
      if (event.type === 'effect.started' || event.type === 'step.done' || event.type === 'step.failed') {
        live.delete(event.type === 'effect.started' ? event.data.id : event.data.step);
      }
    },
    progress: (step: string, progress: Progress): StepProgress => {
      const next = heard(live.get(step), progress, nowMs());
      live.set(step, next);
      return next;
    },
    now: (): RunSummary | undefined => {
      if (made?.upTo !== events.length) made = { upTo: events.length, summary: runSummary(events, earlier.estimates) };
      return made.summary === undefined ? undefined : withLive(made.summary, live);
    },
  };
}

/** Draws at once, and again at most ten times a second however much happens. */
function createDrawing(
  draw: () => void,
  nowMs: () => number,
): {
  soon(): void;
  /** What was to be drawn is not drawn any more. */
  hold(): void;
} {
  let drawnMs = -Infinity;
  let later: NodeJS.Timeout | undefined;
  const now = () => {
    later = undefined;
    drawnMs = nowMs();
    draw();
  };
  return {
    soon: () => {
      const waitMs = drawnMs + drawEveryMs - nowMs();
      if (later === undefined && waitMs <= 0) now();
      else later ??= setTimeout(now, Math.max(1, Math.min(waitMs, drawEveryMs))).unref();
    },
    hold: () => {
      clearTimeout(later);
      later = undefined;
      drawnMs = -Infinity;
    },
  };
}

function contactLine({ step, state, reason }: Extract<Update, { kind: 'contact' }>): string {
  return `step ${step}: contact ${state}${reason === '' ? '' : `, ${reason}`}`;
}

type Progress = Extract<Update, { kind: 'progress' }>['progress'];

/** Progress as it is drawn: rates count from what was heard first of this attempt. */
function heard(before: StepProgress | undefined, progress: Progress, nowMs: number): StepProgress {
  const at = progress.lastOutputAt === '' ? new Date(nowMs).toISOString() : progress.lastOutputAt;
  return { ...nextProgress(before, progress, at), text: progress.text };
}

/** Loaded only where something is drawn. */
async function openTerminal(io: Io, nowMs: () => number): Promise<TerminalView> {
  const { createTerminalView } = await import('../views/terminal.ts');
  return createTerminalView(io.stderr, nowMs, io.style);
}

/** What the record does not hold yet: progress as it comes in. */
function withLive(summary: RunSummary, live: ReadonlyMap<string, StepProgress>): RunSummary {
  if (live.size === 0) return summary;
  return {
    ...summary,
    phases: summary.phases.map((phase) => ({
      ...phase,
      steps: phase.steps.map((step) => {
        const progress = live.get(step.id);
        return progress === undefined ? step : { ...step, progress };
      }),
    })),
  };
}
