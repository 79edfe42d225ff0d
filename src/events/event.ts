/** Values that canonical JSON can hold here: no floats, no undefined; instants are ISO UTC strings. */
export type Json = string | boolean | number | null | readonly Json[] | { readonly [key: string]: Json };

/** Who a decision comes from, and how sure that is. Strength rises: os-user < ssh-key < hardware-key (touched) < hardware-key-pin; attested stands aside. */
export interface Identity {
  readonly strength: 'os-user' | 'attested' | 'ssh-key' | 'hardware-key' | 'hardware-key-pin';
  /** Login name of the OS user on the machine of the driver. */
  readonly osUser?: string;
  /** SHA256:… of the key that signed. */
  readonly fingerprint?: string;
  /** Armored SSHSIG signature and the exact text it stands under. */
  readonly signature?: string;
  readonly signed?: string;
  /** Line of allowed_signers (or key of the plan) that matched. */
  readonly allowedBy?: string;
  /** Approved over the phone, the six words of the statement read back: who attests to it, the number called, who listened. */
  readonly attested?: {
    readonly by: string;
    readonly osUser: string;
    readonly number: string;
    readonly witness: string;
  };
}

export interface Driver {
  readonly osUser: string;
  readonly machine: string;
  readonly pid: number;
  readonly bootId: string;
  /** Start time of the process in clock ticks since boot (field 22 of /proc/PID/stat), '' where unknown. */
  readonly startTime: string;
  readonly version: string;
}

/** A driver that did not give its run back, and how sure it is that it is gone. */
export interface DriverEvidence {
  readonly driver: Driver;
  readonly epoch: number;
  /** alive and dead are proven (boot id, pid, start time); unknown: another machine, or one that does not say. */
  readonly liveness: 'alive' | 'dead' | 'unknown';
  /** When it attached, and when it last wrote. */
  readonly sinceAt: string;
  readonly lastAt: string;
}

export interface Situation {
  readonly what: string;
  readonly sinceAt: string;
  readonly lost: readonly string[];
  readonly orderedBy: string;
  readonly orderedHow: string;
}

/** One finding shown at a gate. `choice` is what the decision binds to; `facts` may move without making it stale. */
export interface EvidenceItem {
  readonly id: string;
  readonly title: string;
  readonly severity: 'ok' | 'attention' | 'red';
  readonly lines: readonly string[];
  readonly choice?: Json;
  readonly facts?: Json;
  /** false: no reason overrides this red (host key, identity, unreadable dump, empty or shrunken source, no room). */
  readonly overridable?: boolean;
}

/** What a gate shows, rendered once, stored, and bound by every answer to it. */
export interface Statement {
  readonly format: 'drp-statement@v1';
  readonly run: string;
  readonly site: string;
  readonly procedure: string;
  readonly mode: RunMode;
  readonly planDigest: string;
  readonly gate: string;
  readonly attempt: number;
  readonly title: string;
  readonly evidence: readonly EvidenceItem[];
  /** SHA-256 over the choices and severities of the evidence. */
  readonly evidenceDigest: string;
  /** What cannot be taken back once this is approved. */
  readonly irreversible: readonly string[];
  readonly head: { readonly seq: number; readonly hash: string };
  readonly nonce: string;
  readonly openedAt: string;
  readonly expiresAt: string;
  /** Typed on a terminal to approve. */
  readonly word: string;
  readonly policy: {
    readonly roles: readonly string[];
    readonly approvals: number;
    readonly notTheStarter: boolean;
    readonly strength: string;
    /** An approval over the phone counts, whatever the strength. */
    readonly attested?: true;
    /** An operator may pass it alone. */
    readonly breakGlass?: true;
  };
}

/** What a drill supposes. */
export interface Exercise {
  readonly scenario: string;
  readonly announced: boolean;
}

export type RunMode = 'real' | 'dry-run' | 'drill';

/** A duty a site keeps after the run: fencing, an unsent ticket, a review. */
export interface ObligationDraft {
  readonly kind: 'fencing' | 'ticket' | 'dns' | 'review' | 'cleanup' | 'other';
  readonly text: string;
}

/** State value of the machine after an event that moved it: written so that replay can compare. */
export type StateValue = Json;

/** Data of each type of event. Those with `state` move the machine; the others are facts beside it. */
export interface EventData {
  'run.began': {
    readonly format: 1;
    readonly version: string;
    readonly site: string;
    readonly procedure: string;
    readonly mode: RunMode;
    readonly plan: Json;
    readonly planDigest: string;
    /** Stands for what was proven of this plan before it began: verdict, states, by which version. */
    readonly proofDigest?: string;
    readonly machine: Json;
    readonly startedBy: { readonly person: string; readonly identity: Identity };
    readonly situation?: Situation;
    /** Of a drill: what is supposed to have happened, and whether the team was told beforehand. */
    readonly exercise?: Exercise;
    readonly state: StateValue;
  };
  'driver.attached': {
    readonly driver: Driver;
    readonly reason: 'start' | 'resume' | 'takeover' | 'adopt';
    readonly epoch: number;
    /** The driver that held the run until now without giving it back, and what is known of it. */
    readonly before?: DriverEvidence;
    /** Why a person took the run from it. */
    readonly why?: string;
    /** It launches no step: what was done by hand is attested. Holds for all later drivers of the run. */
    readonly onPaper?: true;
  };
  /**
   * A copy of the run goes on in this store. From here on keys are `SEQaLINEAGE.ID`: what the lost end of the original
   * may have started under a plain number can never be taken for something else. `from`: last event of the copy.
   */
  'run.adopted': {
    readonly person: string;
    readonly reason: string;
    readonly identity: Identity;
    readonly from: { readonly seq: number; readonly hash: string };
    readonly lineage: string;
  };
  'driver.detached': { readonly reason: string };
  'claim.taken': { readonly host: string; readonly epoch: number };
  'claim.released': { readonly host: string; readonly epoch: number };
  /** On disk before the effect is let loose. `key` = `SEQ.ID`, seq of the event that wanted it. */
  'effect.started': {
    readonly key: string;
    readonly id: string;
    readonly source: 'step' | 'evidence' | 'stop';
    readonly attempt: number;
    readonly commands: readonly string[];
  };
  /**
   * Jobs of a step that this record did not start lay on its host: an adopted run lacks its end. The effect `key` goes
   * on under `token`; the `others` are older tries and done with.
   */
  'effect.found': {
    readonly key: string;
    readonly step: string;
    readonly host: string;
    readonly token: string;
    readonly others: readonly string[];
  };
  /** Copies of the events up to `upToSeq` lie on these hosts; the others could not be reached in time. */
  'witness.kept': {
    readonly upToSeq: number;
    readonly hosts: readonly string[];
    readonly missed: readonly string[];
  };
  /** The head at event `seq` was handed to an anchor of the runbook, outside the store. */
  'anchor.kept': { readonly where: string; readonly seq: number };
  'step.progressed': {
    readonly step: string;
    readonly key: string;
    readonly doneBytes: number;
    readonly totalBytes: number;
    readonly text: string;
  };
  'step.done': {
    readonly step: string;
    readonly key: string;
    readonly output: Json;
    readonly lines: readonly string[];
    readonly state: StateValue;
  };
  'step.failed': {
    readonly step: string;
    readonly key: string;
    readonly kind: 'failed' | 'in-doubt';
    readonly code: string;
    readonly reason: string;
    readonly hint: string;
    readonly state: StateValue;
  };
  'stop.done': { readonly key: string; readonly step?: string; readonly state: StateValue };
  'stop.failed': { readonly key: string; readonly step?: string; readonly reason: string; readonly state: StateValue };
  'timer.due': { readonly timer: string; readonly state: StateValue };
  'gate.opened': {
    readonly gate: string;
    readonly key: string;
    readonly statement: Statement;
    readonly digest: string;
    readonly state: StateValue;
  };
  'gate.unready': {
    readonly gate: string;
    readonly key: string;
    readonly code: string;
    readonly reason: string;
    readonly hint: string;
    readonly state: StateValue;
  };
  /** One answer; the gate passes with the event that completes its policy (then `passed`). */
  'gate.decided': {
    readonly gate: string;
    readonly attempt: number;
    readonly decision: 'approve' | 'reject';
    readonly person: string;
    readonly reason: string;
    readonly at: string;
    readonly identity: Identity;
    readonly statementDigest: string;
    readonly passed: boolean;
    /** Passed by one person alone, against the policy for ordinary days. */
    readonly breakGlass?: true;
    readonly state: StateValue;
  };
  /** `person`: who asked for it; absent: the evidence changed by itself. */
  'gate.renewed': {
    readonly gate: string;
    readonly reason: string;
    readonly person?: string;
    readonly identity?: Identity;
    readonly state: StateValue;
  };
  'decision.made': {
    readonly verb:
      | 'retry'
      | 'skip'
      | 'mark-done'
      | 'cancel'
      | 'stopped'
      | 'switch-back'
      | 'reopen'
      | 'repeat'
      | 'hold'
      | 'proceed'
      | 'choose';
    /** Step, gate or phase it is about. */
    readonly subject: string;
    readonly person: string;
    readonly reason: string;
    readonly identity: Identity;
    readonly evidence?: string;
    /** For choose: the copy a person took. `evidence` then is what was said: `BACKUP HOST:TIME`. */
    readonly choice?: {
      readonly backup: string;
      readonly host: string;
      readonly path: string;
      readonly takenAt: string;
    };
    readonly state: StateValue;
  };
  'run.aborting': {
    readonly person: string;
    readonly reason: string;
    readonly identity: Identity;
    readonly state: StateValue;
  };
  /** A real run takes the site: the drill stops what runs of it and gives way; its clean-up is owed. */
  'run.preempted': { readonly by: string; readonly reason: string; readonly state: StateValue };
  /** An answer that was not accepted, kept because an auditor asks who tried. */
  'word.refused': {
    readonly verb: string;
    readonly subject: string;
    readonly person: string;
    readonly code: string;
    readonly reason: string;
  };
  /** The lead of the watch passes from one person to another. */
  'watch.handed': {
    /** Who said so. */
    readonly person: string;
    readonly from: string;
    readonly to: string;
    readonly reason: string;
    readonly identity: Identity;
  };
  'note.added': { readonly person: string; readonly text: string; readonly identity?: Identity };
  'obligation.opened': { readonly id: string; readonly kind: string; readonly text: string; readonly step?: string };
  'obligation.settled': {
    readonly id: string;
    readonly person: string;
    readonly reason: string;
    readonly identity: Identity;
  };
  /** What should be better next time: said after the run, owned by somebody, due on a day. */
  'lesson.added': {
    readonly id: string;
    readonly text: string;
    /** Who sees to it: a person of the runbook, or anybody by name. */
    readonly owner: string;
    /** End of the day it is due, UTC. */
    readonly dueAt: string;
    readonly person: string;
    readonly identity: Identity;
  };
  'lesson.closed': {
    readonly id: string;
    readonly person: string;
    readonly reason: string;
    readonly identity: Identity;
  };
  'run.ended': { readonly outcome: 'completed' | 'aborted' | 'switched-back' };
}
export type EventType = keyof EventData;

/** What a writer hands to the journal; the journal adds place and chain. */
export type Draft = {
  [T in EventType]: { readonly type: T; readonly by: string; readonly data: EventData[T] };
}[EventType];

/** One entry of the journal. `hash` = SHA-256 (hex) over the stored line; `prev` is the hash before, 64 zeros for the first. */
export type Event = {
  [T in EventType]: {
    readonly seq: number;
    readonly run: string;
    readonly at: string;
    readonly by: string;
    readonly type: T;
    readonly data: EventData[T];
    readonly prev: string;
    readonly hash: string;
  };
}[EventType];
export type EventOf<T extends EventType> = Extract<Event, { type: T }>;
