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
  let mayDraw = true;
  const terminal = io.interactive && !io.json ? await openTerminal(io, nowMs) : undefined;
  // While somebody is asked, lines wait: they would stand in the middle of what is being typed.
  const held: string[] = [];
  const say = (line: string) => {
    if (terminal === undefined) io.stderr.write(`${line}\n`);
    else if (mayDraw) terminal.line(line);
    else held.push(line);
  };
  // Said at once, even below a question: whoever waits for it must see why.
  const urgent = (line: string) => (mayDraw ? plain.line(line) : void io.stderr.write(`\n${line}\n`));
  const plain = createPlainView(say, nowMs, { width: io.width, wrapped: terminal !== undefined });
  const json = io.json ? createJsonLines((line) => io.stdout.write(`${line}\n`)) : undefined;
  const drawing = createDrawing(() => {
    const summary = seen.now();
    if (summary !== undefined) terminal?.show(summary);
  }, nowMs);
  const show = () => {
    if (terminal !== undefined && mayDraw) drawing.soon();
  };
  const heardProgress = (step: string, progress: Progress) => {
    const next = seen.progress(step, progress);
    if (json !== undefined) json.progress(step, next);
    else if (terminal === undefined) plain.progress(step, next, earlier.estimates?.get(step)?.course);
  };
  const heardEvent = (event: Event, told: 'untold' | undefined) => {
    seen.event(event);
    // Whoever reads the lines of JSON is not who sits here.
    if (json !== undefined) json.event(event);
    else if (told !== 'untold') plain.event(event, seen.now);
  };
  return {
    update: (update, told) => {
      if (update.kind === 'event') heardEvent(update.event, told);
      else if (update.kind === 'progress') heardProgress(update.step, update.progress);
      else if (update.kind === 'looking') {
        if (json !== undefined) json.looking(update.gate);
        else urgent(`gate ${update.gate}: looking at the evidence again before the approval counts …`);
      } else if (update.kind === 'contact') {
        if (json !== undefined) json.contact(update.step, update.state, update.reason);
        else plain.line(contactLine(update));
      }
      show();
    },
    waiting: (waiting) => json?.waiting(waiting),
    line: (text) => (json === undefined ? plain.line(text) : void io.stderr.write(`${text}\n`)),
    block: (text) => text.trimEnd().split('\n').forEach(say),
    free: async () => {
      mayDraw = false;
      drawing.hold();
      await terminal?.end();
    },
    resume: () => {
      mayDraw = true;
      held.splice(0).forEach(say);
      show();
    },
    close: async () => {
      drawing.hold();
      mayDraw = true;
      held.splice(0).forEach(say);
      await terminal?.end();
    },
    summary: seen.now,
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
  return createTerminalView(io.stderr, nowMs);
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
