import type { Clock } from '../base/clock.ts';
import type { DriveEnd, Executor, Update, Waiting } from '../executor/executor.ts';
import { redTitles } from '../gates/policy.ts';
import type { Word, WordAnswer, WordSource } from '../gates/word.ts';
import type { Journal } from '../journal/journal.ts';
import type { Plan } from '../plan/plan.ts';
import { printableLine } from '../views/escape.ts';
import { eventLine } from '../views/event-line.ts';
import { gateText } from '../views/gate-text.ts';
import { instantText } from '../views/instants.ts';
import { stuckSteps, workingSteps } from '../views/run-summary.ts';
import type { Ask } from './ask.ts';
import { forShowing } from './for-showing.ts';
import { onSignals } from './interrupts.ts';
import type { Io } from './io.ts';
import { planOf } from './plan-of.ts';
import { createPromptWords, mergeWords, type PromptWords } from './prompt-words.ts';
import { createScreen, type Screen } from './screen.ts';
import { estimatesOfRun } from './site-history.ts';
import { tell } from './tell.ts';

export interface SessionDeps {
  readonly io: Io;
  readonly executor: Executor;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly ask: Ask;
  readonly osUser: string;
  /** Words of other terminals. */
  readonly spool: WordSource;
}

export interface SessionOptions {
  readonly takeover: boolean;
  /** Why the run is taken from its driver. */
  readonly takeoverReason?: string;
  /** Without a terminal: stay at a gate and listen, instead of parking. */
  readonly wait: boolean;
  /** Launch no step: what was done by hand is attested. */
  readonly onPaper?: boolean;
  /** Answers what waits without asking: from a form that was filled in. */
  readonly answers?: (waiting: Waiting) => Promise<Word | undefined>;
  /** What is typed to go on, where it is not `drp resume`. */
  readonly goOn?: string;
}

/** Everything one session shares: what is shown, what waits, how to leave. */
interface Session extends SessionDeps {
  readonly run: string;
  readonly plan: Plan;
  readonly screen: Screen;
  readonly words: PromptWords;
  readonly leave: AbortController;
  /** Stays at gates although nobody can be asked here: says what waits as it comes. */
  readonly listening: boolean;
  waiting: readonly Waiting[];
  working: number;
  /** Called when what waits has changed: the asker, a question that stands, and words said meanwhile listen side by side. */
  readonly listeners: Set<() => void>;
  /** Withdraws the question that stands, where one does. */
  withdraw: AbortController | undefined;
  /** Statement that a refused answer left on the screen: it need not be read again. */
  shown: string | undefined;
  /** Typed here, and not answered yet. */
  saying: Word | undefined;
  /** The menu of Ctrl-C while it stands: one question at a time. */
  menu: Promise<void>;
}

/** Drives a run to its end, a parking place or a detachment, with a person at the terminal where there is one. */
export async function driveSession(deps: SessionDeps, run: string, options: SessionOptions): Promise<DriveEnd> {
  const { io, clock } = deps;
  // For the screen alone: whatever is decided on is read and checked by the executor.
  const showing = forShowing(deps.journal);
  const earlier = await showing.read(run);
  const session: Session = {
    ...deps,
    run,
    plan: planOf(earlier),
    screen: await createScreen(io, { events: earlier, estimates: await estimatesOfRun(showing, run, earlier) }, () =>
      clock.nowMs(),
    ),
    words: createPromptWords(),
    leave: new AbortController(),
    listening: options.wait,
    waiting: [],
    working: 0,
    listeners: new Set(),
    withdraw: undefined,
    shown: undefined,
    saying: undefined,
    menu: Promise.resolve(),
  };
  const release = onSignals({
    interrupted: () => interrupted(session),
    detach: (reason) => session.leave.abort(new Error(reason)),
  });
  const over = new AbortController();
  const asking = io.interactive ? askLoop(session, over.signal) : Promise.resolve();
  try {
    const end = await deps.executor.drive(run, {
      signal: session.leave.signal,
      words: mergeWords([session.words, deps.spool]),
      takeover: options.takeover,
      ...(options.takeoverReason === undefined ? {} : { takeoverReason: options.takeoverReason }),
      ...(options.onPaper === true ? { onPaper: true } : {}),
      whenOnlyPeople: io.interactive || options.wait ? 'listen' : 'park',
      onUpdate: (update) => noteUpdate(session, update),
      onWaiting: (waiting, working) => {
        noteWaiting(session, waiting, working);
        if (options.answers !== undefined) void answerAll(session, waiting, options.answers);
      },
    });
    return end;
  } finally {
    over.abort();
    session.withdraw?.abort();
    changed(session);
    await asking;
    await session.screen.close();
    release();
  }
}

/** A dry run asks nobody: what its gates would show is printed as they open. */
function noteUpdate(session: Session, update: Update): void {
  const { io, journal, screen, clock } = session;
  const refused = update.kind === 'event' && update.event.type === 'word.refused' ? update.event.data : undefined;
  // The answer to what was just typed here says so already.
  screen.update(update, refused !== undefined && refused.subject === session.saying?.subject ? 'untold' : undefined);
  if (update.kind !== 'event' || update.event.type !== 'gate.opened') return;
  const { statement, digest } = update.event.data;
  if (statement.mode !== 'dry-run' || io.json) return;
  screen.block(gateText(statement, { ...io, nowMs: clock.nowMs(), digest, journal: journal.url }));
}

/** Says what a form holds about what waits; what is refused is told, and waits on. */
async function answerAll(
  session: Session,
  waiting: readonly Waiting[],
  answers: NonNullable<SessionOptions['answers']>,
): Promise<void> {
  for (const one of waiting) {
    const word = await answers(one);
    if (word === undefined) continue;
    const answer = await session.words.say(word);
    if (answer.kind === 'accepted') session.screen.line(answer.text);
    else session.screen.block(`refused: ${printableLine(answer.text)}\n  HINT: ${printableLine(answer.hint)}`);
  }
}

function noteWaiting(session: Session, waiting: readonly Waiting[], working: number): void {
  const { io, screen } = session;
  const before = session.waiting;
  session.waiting = waiting;
  session.working = working;
  screen.waiting(waiting);
  if (!io.interactive && session.listening) {
    const fresh = waiting.filter((one) => !before.some((old) => sameQuestion(old, one)));
    fresh.flatMap((one) => parkedLines(one, session.run)).forEach((line) => screen.line(line));
  }
  changed(session);
}

function changed({ listeners }: Session): void {
  for (const listener of [...listeners]) listener();
}

/** Listens for changes; returns the function that ends it. */
function listen({ listeners }: Session, listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** What stderr says about something that waits, where nobody can be asked: the commands to type elsewhere. */
export function parkedLines(waiting: Waiting, run: string): string[] {
  if (waiting.kind === 'gate') {
    const digest = waiting.statementDigest?.slice(0, 12) ?? '';
    const { statement } = waiting;
    const key = statement === undefined || statement.policy.strength === 'os-user' ? '' : ' --key FILE';
    const { red, fixed } = statement === undefined ? { red: [], fixed: [] } : redTitles(statement);
    const reason = red.length > 0 ? ' --reason TEXT' : '';
    return [
      `gate ${waiting.subject} of run ${run} waits for a person; read it with: drp status --run ${run}`,
      ...(fixed.length > 0
        ? [
            `nobody can approve it while this is RED: ${fixed.join('; ')}`,
            `mend that, then: drp decide renew ${waiting.subject} --run ${run} --reason TEXT`,
            `or leave the run: drp abort --run ${run} --reason TEXT`,
          ]
        : [`approve with: drp approve ${waiting.subject} --run ${run} --statement ${digest}${key}${reason}`]),
    ];
  }
  return [
    `${waiting.subject} needs a decision (${waiting.state})${waiting.reason === undefined ? '' : `: ${waiting.reason}`}`,
    ...(waiting.hint === undefined || waiting.hint === '' ? [] : [`  HINT: ${waiting.hint}`]),
    `decide with: drp decide ${waiting.verbs.join('|')} ${waiting.subject} --run ${run} --reason TEXT`,
  ];
}

/** Asks about one thing at a time for as long as the run is driven. */
async function askLoop(session: Session, over: AbortSignal): Promise<void> {
  while (!over.aborted && !session.leave.signal.aborted) {
    const [next] = session.waiting;
    if (next === undefined) {
      await new Promise<void>((resolve) => {
        const end = listen(session, () => {
          end();
          resolve();
        });
      });
      continue;
    }
    await session.menu;
    if (session.waiting[0] !== next) continue;
    await session.screen.free();
    if (session.working > 0) tell(session.io, besideLine(session));
    await askAbout(session, next);
    session.screen.resume();
  }
}

async function askAbout(session: Session, waiting: Waiting): Promise<void> {
  const withdraw = new AbortController();
  session.withdraw = withdraw;
  const withdrawn = () => {
    if (!session.waiting.some((one) => sameQuestion(one, waiting))) withdraw.abort();
  };
  const end = listen(session, withdrawn);
  withdrawn();
  const { promptFor } = await import('./prompts.ts');
  const prompted = await promptFor(waiting, {
    io: session.io,
    ask: session.ask,
    run: session.run,
    osUser: session.osUser,
    plan: session.plan,
    journal: session.journal.url,
    nowMs: () => session.clock.nowMs(),
    signal: AbortSignal.any([withdraw.signal, session.leave.signal]),
    ...(session.shown === undefined ? {} : { shown: session.shown }),
    switchBackFrom: (step) => {
      const phase = session.screen.summary()?.phases.find((one) => one.steps.some(({ id }) => id === step))?.name;
      return phase === 'switchover' || phase === 'confirmation' ? phase : undefined;
    },
  });
  end();
  session.withdraw = undefined;
  session.shown = undefined;
  switch (prompted.kind) {
    case 'word': {
      const answer = await sayWord(session, prompted.word, waiting);
      if (answer.kind === 'refused' && session.working === 0) session.shown = waiting.statementDigest;
      return;
    }
    case 'later':
      return await leaveMenu(session);
    case 'gone':
      return session.leave.abort(new Error('the terminal is gone'));
    case 'withdrawn':
      tell(session.io, await elsewhereLine(session, waiting));
  }
}

/** Says the word and waits until the record has moved on, so that nothing is asked twice. */
async function sayWord(session: Session, word: Word, waiting?: Waiting): Promise<WordAnswer> {
  let end = (): void => undefined;
  const moved = new Promise<void>((resolve) => {
    end = listen(session, () => {
      if (waiting === undefined || !session.waiting.some((one) => sameQuestion(one, waiting))) resolve();
    });
  });
  try {
    return await saidWord(session, word, moved);
  } finally {
    end();
  }
}

async function saidWord(session: Session, word: Word, moved: Promise<void>): Promise<WordAnswer> {
  session.saying = word;
  const answer = await session.words.say(word).finally(() => (session.saying = undefined));
  const { io } = session;
  if (answer.kind === 'refused') {
    tell(io, `${io.style.bad(`refused: ${answer.text}`)}\n  HINT: ${answer.hint}`);
    return answer;
  }
  tell(io, io.style.good(answer.text));
  // A quorum not yet reached changes nothing that waits: then the question comes back after a moment.
  await Promise.race([moved, session.clock.sleep(1_500)]);
  return answer;
}

/** After 'later' or Ctrl-C. */
async function leaveMenu(session: Session): Promise<void> {
  const { io, run } = session;
  io.stderr.write(
    `  detach      leave; remote work goes on; go on with: drp resume --run ${run}\n` +
      `  stop        stop the remote work that is under way, and stay\n` +
      `  continue    back to the run\n`,
  );
  const answer = await session.ask.choice('Leave the run?', ['detach', 'stop', 'continue'], session.leave.signal);
  if (answer.kind === 'withdrawn') return;
  if (answer.kind !== 'typed' || answer.text === 'detach') {
    session.leave.abort(new Error('detached by the operator'));
    return;
  }
  if (answer.text === 'stop') await stopWork(session);
}

async function stopWork(session: Session): Promise<void> {
  const summary = session.screen.summary();
  const steps = summary === undefined ? [] : workingSteps(summary);
  if (steps.length === 0) session.io.stderr.write('nothing is under way\n');
  for (const step of steps) {
    await sayWord(session, {
      verb: 'decide',
      run: session.run,
      subject: step.id,
      decision: 'cancel',
      reason: 'stopped at the terminal',
      osUser: session.osUser,
      path: 'terminal',
    });
  }
}

/** Ctrl-C while work is drawn. */
async function interrupted(session: Session): Promise<void> {
  if (!session.io.interactive) return session.leave.abort(new Error('interrupted'));
  // A question that stands reads Ctrl-C itself.
  if (session.withdraw !== undefined) return;
  session.menu = session.screen
    .free()
    .then(() => leaveMenu(session))
    .then(() => session.screen.resume());
  await session.menu;
}

/** What goes on beside an open question, in one line. */
function besideLine(session: Session): string {
  const summary = session.screen.summary();
  const steps = summary === undefined ? [] : workingSteps(summary);
  const failed = summary === undefined ? 0 : stuckSteps(summary).length;
  const parts = steps.map((step) => {
    const { progress } = step;
    const share =
      progress === undefined || progress.totalBytes === 0
        ? ''
        : ` ${Math.floor((100 * progress.doneBytes) / progress.totalBytes)} %`;
    return `${step.id}${share}`;
  });
  return `Meanwhile: ${parts.join(', ') || 'evidence is gathered'}${failed === 0 ? '' : `; ${failed} to decide`}`;
}

async function elsewhereLine(session: Session, waiting: Waiting): Promise<string> {
  const events = await session.journal.read(session.run);
  const last = events.findLast(
    (event) =>
      (event.type === 'gate.decided' && event.data.gate === waiting.subject) ||
      (event.type === 'decision.made' && event.data.subject === waiting.subject) ||
      (event.type === 'gate.renewed' && event.data.gate === waiting.subject) ||
      event.type === 'run.aborting',
  );
  return last === undefined
    ? 'The question is withdrawn.'
    : `Already decided: ${eventLine(last)} (${instantText(last.at)})`;
}

function sameQuestion(a: Waiting, b: Waiting): boolean {
  return a.subject === b.subject && a.state === b.state && a.statementDigest === b.statementDigest;
}
