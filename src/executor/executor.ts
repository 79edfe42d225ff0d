import type { Event, Exercise, Identity, RunMode, Situation, Statement } from '../events/event.ts';
import type { Word, WordAnswer, WordSource } from '../gates/word.ts';
import type { StoredLine } from '../journal/journal.ts';
import type { Plan } from '../plan/plan.ts';
import type { Progress } from '../steps/step-kind.ts';

/** What a run is begun with; all of it goes into `run.began`. */
export interface BeginRequest {
  readonly plan: Plan;
  readonly mode: RunMode;
  readonly starter: { readonly person: string; readonly identity: Identity };
  readonly situation?: Situation;
  /** Of a drill. */
  readonly exercise?: Exercise;
}

/** Something a screen may want to show; the journal is the truth, this is the quick way to it. */
export type Update =
  | { readonly kind: 'event'; readonly event: Event }
  | { readonly kind: 'progress'; readonly step: string; readonly progress: Progress }
  /** Contact with a host is lost or back; remote jobs go on meanwhile. */
  | { readonly kind: 'contact'; readonly step: string; readonly state: 'lost' | 'back'; readonly reason: string }
  /** The evidence of a gate is looked at again before an approval counts. */
  | { readonly kind: 'looking'; readonly gate: string }
  | { readonly kind: 'word'; readonly word: Word; readonly answer: WordAnswer };

/** A gate or a failed step that waits for a person. */
export interface Waiting {
  readonly kind: 'gate' | 'attention';
  /** Gate id, step id, or phase. */
  readonly subject: string;
  /** Machine state it waits in: open, rejected, failed, in-doubt, stop-failed, unready … */
  readonly state: string;
  /** Verbs accepted now: approve, reject, retry, skip, mark-done … */
  readonly verbs: readonly string[];
  readonly statement?: Statement;
  readonly statementDigest?: string;
  /** For attention: what went wrong, in words, and the hint. */
  readonly reason?: string;
  readonly hint?: string;
}

export type { WordSource } from '../gates/word.ts';

/** Takes the run from a driver that lives, or cannot be proven gone. */
export interface Takeover {
  readonly takeover?: boolean;
  /** Why; goes into the record. */
  readonly takeoverReason?: string;
}

/** A copy of a run that goes on in this store. */
export interface AdoptRequest {
  readonly run: string;
  readonly stored: readonly StoredLine[];
  /** `decide adopt` of the person who wants it: judged like every deciding word. */
  readonly word: Word;
}

/** How a run is driven, and how the driver hears of people. */
export interface DriveOptions {
  /** Aborted: detach (remote jobs go on, the run stays as it is). */
  readonly signal: AbortSignal;
  readonly words: WordSource;
  readonly onUpdate: (update: Update) => void;
  /**
   * Called whenever what waits for a person has changed, with all of it (empty: nothing waits); `working` is the number
   * of effects under way. The terminal prompts here; its words come back through `words`.
   */
  readonly onWaiting: (waiting: readonly Waiting[], working: number) => void;
  /** What to do when nothing is under way and only people can go on: return parked, or stay and listen. */
  readonly whenOnlyPeople: 'park' | 'listen';
  /** Launch no step: what was done by hand is attested, step after step. */
  readonly onPaper?: boolean;
}

/** Why a driver stopped. The run itself is over only where it `ended`; otherwise `drive` goes on with it. */
export type DriveEnd =
  | { readonly kind: 'ended'; readonly outcome: 'completed' | 'aborted' | 'switched-back' }
  | { readonly kind: 'parked'; readonly waiting: readonly Waiting[] }
  /** `preempted`: a drill that gave way to a real run. */
  | { readonly kind: 'detached'; readonly reason: string; readonly preempted?: true };

/** Journal first, then effect: the only place that both journals and acts. Made by `createExecutor(deps)`. */
export interface Executor {
  /** Proves the plan, claims the site, writes `run.began`; nothing else is done. Throws site-claimed, plan-unsafe. Resolves with the run's id. */
  begin(request: BeginRequest): Promise<string>;
  /**
   * Continues a run from a copy of its record, in this store; nothing is done to the world. The chain is checked; who may is
   * decided by the policy of the run. Throws journal-broken, run-exists, run-ended, site-claimed, word-refused.
   */
  adopt(request: AdoptRequest): Promise<string>;
  /** Goes on with a run from wherever its journal says it is; a first start and a resume are the same code. */
  drive(run: string, options: DriveOptions & Takeover): Promise<DriveEnd>;
  /** Reads what waits for a person, from the journal alone; no lease, no network. */
  waiting(run: string): Promise<readonly Waiting[]>;
}
