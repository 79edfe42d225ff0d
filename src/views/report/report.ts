import type { Identity, RunMode, Situation } from '../../events/event.ts';

/** What a run's report says: plain data, all of it from the run's events. Milliseconds are whole; instants ISO UTC. */
export interface Report {
  readonly format: 'drp-report@v1';
  readonly run: string;
  readonly site: string;
  readonly title: string;
  readonly service: { readonly name: string; readonly url: string };
  readonly procedure: string;
  readonly mode: RunMode;
  /** Real, drill or dry run, in words nobody can mistake. */
  readonly nature: { readonly label: string; readonly text: string };
  readonly outcome: 'completed' | 'aborted' | 'switched-back' | 'under way';
  /** What a manager reads in a minute. */
  readonly verdict: readonly string[];
  readonly beganAt: string;
  readonly endedAt?: string;
  readonly situation?: Situation;
  readonly plan: {
    readonly digest: string;
    readonly file: string;
    readonly sha256: string;
    readonly proofDigest?: string;
    readonly version: string;
  };
  readonly objectives: readonly Objective[];
  readonly time: TimeUse;
  readonly outages: readonly Outage[];
  readonly timeline: Timeline;
  readonly steps: readonly ReportStep[];
  /** Steps of the plan whose turn never came. */
  readonly notWalked: readonly string[];
  readonly gates: readonly ReportGate[];
  readonly restored: Restored;
  /** Everything that did not simply go as planned, each once. */
  readonly exceptions: readonly Exception[];
  readonly obligations: readonly ReportObligation[];
  readonly lessons: readonly Lesson[];
  readonly notes: readonly {
    readonly seq: number;
    readonly at: string;
    readonly person: string;
    readonly text: string;
  }[];
  readonly people: readonly ReportPerson[];
  readonly drivers: readonly DriverSession[];
  readonly standards: readonly StandardRow[];
  readonly record: RecordFacts;
}

/** `not measured`: the record does not say; `how` says why. */
export interface Objective {
  readonly id: 'rto' | 'files-loss' | 'database-loss' | 'skew';
  readonly name: string;
  readonly objectiveMs: number;
  readonly achievedMs?: number;
  readonly verdict: 'met' | 'missed' | 'not measured' | 'does not apply';
  readonly how: string;
  readonly events: readonly number[];
}

export interface TimeUse {
  /** From the first event to the end of the run, or to its last event. */
  readonly elapsedMs: number;
  /** Of it: only people could go on. */
  readonly waitedMs: number;
  readonly workedMs: number;
  /** Steps worked beside each other: so much longer they would have taken one after another. */
  readonly overlappedMs: number;
  /** Of the elapsed time: no drp drove the run. */
  readonly unattendedMs: number;
  /** What the plan expected the work to take, people's time left out. */
  readonly plannedMs: number;
  readonly criticalPath: readonly string[];
}

/** A time in which users were not served. Without `toAt` the record knows no end. */
export interface Outage {
  readonly run: string;
  readonly kind: 'unplanned' | 'planned';
  readonly fromAt: string;
  readonly toAt?: string;
  /** The end is a green probe through the new DNS, not a guess. */
  readonly proven: boolean;
  readonly how: string;
  readonly events: readonly number[];
}

export type BarKind = 'work' | 'waiting' | 'trouble' | 'evidence' | 'unattended';
export interface Bar {
  readonly kind: BarKind;
  readonly fromAt: string;
  readonly toAt: string;
  readonly seq: number;
}
export interface TimelineRow {
  readonly id: string;
  readonly kind: 'step' | 'gate' | 'driver';
  readonly phase: string;
  readonly lane: string;
  readonly bars: readonly Bar[];
  /** Drawn beside the bars, from where they begin. */
  readonly plannedMs?: number;
}
export interface Timeline {
  readonly fromAt: string;
  readonly toAt: string;
  readonly rows: readonly TimelineRow[];
}

export interface ReportStep {
  readonly id: string;
  readonly title: string;
  readonly kind: string;
  readonly phase: string;
  readonly lane: string;
  readonly hosts: readonly string[];
  readonly state: string;
  readonly startedAt: string;
  readonly endedAt?: string;
  readonly attempts: number;
  readonly plannedMs?: number;
  /** From its start to its end, waiting for people included. */
  readonly actualMs?: number;
  /** What it said at its end. */
  readonly lines: readonly string[];
  readonly seq: number;
}

export interface ReportAnswer {
  readonly seq: number;
  readonly at: string;
  readonly decision: 'approve' | 'reject';
  readonly person: string;
  readonly reason: string;
  readonly identity: Pick<Identity, 'strength' | 'osUser' | 'fingerprint' | 'attested'>;
  readonly passed: boolean;
  /** One person passed the gate alone. */
  readonly breakGlass?: true;
  /** The obligation to look at it afterwards. */
  readonly review?: string;
}
/** One time a gate stood open: what it showed, and the answers under it. */
export interface GateOpening {
  readonly seq: number;
  readonly openedAt: string;
  readonly attempt: number;
  readonly digest: string;
  readonly evidenceDigest: string;
  readonly attention: readonly string[];
  readonly red: readonly string[];
  readonly answers: readonly ReportAnswer[];
  /** The statement, word for word. */
  readonly text: string;
}
export interface ReportGate {
  readonly id: string;
  readonly title: string;
  readonly state: string;
  readonly policy: string;
  readonly waitedMs: number;
  readonly openings: readonly GateOpening[];
}

export interface Restored {
  readonly backups: readonly {
    readonly backup: string;
    readonly kind: string;
    readonly from: string;
    readonly takenAt: string;
    readonly lossMs: number;
    readonly objectiveMs: number;
    readonly sha256: string;
    readonly seq: number;
  }[];
  /** What copies, imports and probes read back from the world. */
  readonly checks: readonly {
    readonly step: string;
    readonly what: string;
    readonly lines: readonly string[];
    readonly seq: number;
  }[];
}

export interface Exception {
  readonly seq: number;
  readonly at: string;
  readonly kind: string;
  readonly subject: string;
  /** Person, or `drp`. */
  readonly by: string;
  readonly text: string;
}

export interface ReportObligation {
  readonly id: string;
  readonly kind: string;
  readonly text: string;
  /** Where it was opened in another run of the site. */
  readonly run?: string;
  readonly openedAt: string;
  readonly seq: number;
  readonly settled?: {
    readonly at: string;
    readonly by: string;
    readonly reason: string;
    /** Where another run of the site settled it: then `seq` is that run's. */
    readonly run?: string;
    readonly seq: number;
  };
}

export interface Lesson {
  readonly id: string;
  readonly text: string;
  readonly owner: string;
  readonly dueAt: string;
  readonly by: string;
  readonly seq: number;
  readonly closed?: { readonly at: string; readonly by: string; readonly reason: string; readonly seq: number };
}

export interface ReportPerson {
  readonly person: string;
  readonly name: string;
  readonly roles: readonly string[];
  readonly acts: readonly { readonly seq: number; readonly text: string }[];
}

export interface DriverSession {
  readonly seq: number;
  readonly reason: string;
  readonly osUser: string;
  readonly machine: string;
  readonly fromAt: string;
  /** When it gave the run back, or wrote last. */
  readonly toAt: string;
  readonly end: string;
}

export interface StandardRow {
  readonly standard: string;
  readonly asks: string;
  readonly met: 'here' | 'partly' | 'not covered';
  /** Section of this report, by its id. */
  readonly section?: SectionId;
  readonly note: string;
}

export interface RecordFacts {
  readonly events: number;
  readonly head: { readonly seq: number; readonly hash: string };
  readonly signedAnswers: number;
  readonly attestedAnswers: number;
  readonly otherAnswers: number;
  readonly refusedWords: number;
  readonly copies: readonly string[];
  /** The furthest of each place outside the store. */
  readonly anchors: readonly {
    readonly seq: number;
    readonly kind: 'command' | 'message' | 'signature';
    readonly name: string;
    readonly upToSeq: number;
    readonly hash: string;
  }[];
  readonly anchoredUpToSeq: number;
  /** Events that rest on whoever keeps the store. */
  readonly unanchored: number;
  /** Other runs of the site that had a part in this report, and how far each was read. Absent: none was looked at. */
  readonly others?: readonly RecordHead[];
}

/** An event of a run: a record up to here. */
export interface RecordHead {
  readonly run: string;
  readonly seq: number;
  readonly hash: string;
}

export const sections = {
  summary: 'Summary',
  situation: 'Situation and order',
  objectives: 'Objectives',
  timeline: 'Timeline',
  steps: 'Steps, planned and actual',
  gates: 'Gates and decisions',
  restored: 'What was restored',
  exceptions: 'What did not go as planned',
  obligations: 'Obligations',
  lessons: 'Lessons',
  people: 'People',
  standards: 'What standards ask of such a record',
  record: 'The record behind this report',
  shown: 'What was shown at each gate',
} as const;
export type SectionId = keyof typeof sections;
