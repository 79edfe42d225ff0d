import type { Clock } from '../base/clock.ts';
import type { DrpError } from '../base/errors.ts';
import type { Secret } from '../base/secret.ts';
import type { EvidenceItem, Json, ObligationDraft, RunMode, Situation } from '../events/event.ts';
import type { BackupOverride } from '../plan/backups.ts';
import type { Plan, PlannedStep, PlannedWorld, StepDescription } from '../plan/plan.ts';
import type { Providers } from '../providers/providers.ts';
import type { SecretReference } from '../runbook/schema/basics.ts';
import type { SpecOf, StepKindName } from '../runbook/schema/steps.ts';
import type { ClaimCheck, RemoteJobs, TransportPool } from '../transports/transport.ts';
import type { SurveyMemory } from './backups/survey-memory.ts';
import type { Redaction } from './remote/redact.ts';

/** A backup that a gate approved: which copy of which moment, from where. */
export interface ChosenBackup {
  readonly backup: string;
  readonly host: string;
  /** Absolute path on that host: a dump file, or the folder of a tree. */
  readonly path: string;
  readonly takenAt: string;
  readonly bytes: number;
  readonly files: number;
  /** SHA-256 of a dump as its `.sha256` file says; '' where there is none. */
  readonly sha256: string;
  /** The survey that found it read all of it, and found this checksum of it: '' where it did not. */
  readonly readSha256?: string;
}

/** What the journal says so far, for steps: outputs of ended steps, choices bound at approved gates. */
export interface RunFacts {
  readonly outputs: Readonly<Record<string, Json>>;
  /** Choices of approved gates by evidence id (e.g. `backup:files`, `dns:main`), the latest approval wins. */
  readonly choices: Readonly<Record<string, Json>>;
  readonly situation?: Situation;
  /** Copies that people chose against the rule, the latest of each backup. */
  readonly overrides?: readonly BackupOverride[];
  /** Facts of the site's last completed activation, for a return: its outputs, choices and instants. */
  readonly activation?: {
    readonly run: string;
    readonly beganAt: string;
    readonly outputs: Readonly<Record<string, Json>>;
    readonly choices: Readonly<Record<string, Json>>;
    readonly situation?: Situation;
  };
}

/** How far a step is; sampled into the journal, so that a later driver knows it, too. */
export interface Progress {
  readonly doneBytes: number;
  /** 0: not known. */
  readonly totalBytes: number;
  /** One line for people: what it is at. */
  readonly text: string;
  /** When the remote last said anything. */
  readonly lastOutputAt: string;
}

/** What a step may use. Handed in by the executor; a step journals nothing itself. */
export interface StepContext {
  readonly plan: Plan;
  readonly world: PlannedWorld;
  readonly run: { readonly id: string; readonly site: string; readonly mode: RunMode };
  /** `run.seq.step`: the token of this attempt's job. */
  readonly token: string;
  readonly attempt: number;
  /** `RUN SEQ:HEAD12` of the record as it stands: for what goes out to people. */
  readonly anchor?: string;
  readonly facts: RunFacts;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly hosts: TransportPool;
  /** What is known of the backups on these hosts; one for all steps of a driver. */
  readonly surveys: SurveyMemory;
  readonly jobs: RemoteJobs;
  readonly providers: Providers;
  /** Checked by every mutating command; absent in read-only work. */
  readonly claim?: ClaimCheck;
  secret(reference: SecretReference): Promise<Secret>;
  /** Takes the secrets read so far out of what is kept or shown; absent where no journal is written. */
  readonly redaction?: Redaction;
  report(progress: Progress): void;
}

/** How a step ended. A step that contact was lost with has not ended: it throws, and is asked again. */
export type StepOutcome =
  | {
      readonly kind: 'done';
      readonly output: Json;
      readonly lines: readonly string[];
      readonly obligations?: readonly ObligationDraft[];
      /** Kinds of obligations of the site that this end settles (fencing that was owed and now holds). */
      readonly settles?: readonly ObligationDraft['kind'][];
    }
  | { readonly kind: 'failed'; readonly error: DrpError }
  /** It may have run in part and nobody can tell: a person decides. */
  | { readonly kind: 'in-doubt'; readonly reason: string };

/** Where an effect that was started stands, asked of the world; read-only. */
export type ProbeAnswer = 'absent' | 'running' | 'finished' | 'unknown';

/** The meaning of one kind of step. Nothing here decides what comes next: machines do. */
export interface StepKind<K extends StepKindName = StepKindName> {
  readonly kind: K;
  /** Pure: no network, no clock, no secret. */
  describe(spec: SpecOf<K>, world: PlannedWorld): StepDescription;
  /** What a gate that covers this step shows; read-only. */
  evidence?(step: PlannedStep, spec: SpecOf<K>, context: StepContext): Promise<readonly EvidenceItem[]>;
  /**
   * Begins, while people still decide, what its evidence will take long to read: the evidence then takes what has not changed since
   * for read. Changes nothing, tells nobody anything, and leaves lost datacentres alone.
   */
  readAhead?(spec: SpecOf<K>, context: StepContext): Promise<void>;
  /** Refuses (throws) what must not start: identity, room, empty source, bad dump. Read-only; also run by `run` itself first. */
  precheck?(step: PlannedStep, spec: SpecOf<K>, context: StepContext): Promise<void>;
  /** Host that its job runs on; absent, or undefined for a step: it acts without a job. Pure. */
  jobHost?(spec: SpecOf<K>, world: PlannedWorld): string | undefined;
  /** Asked on resume, when `effect.started` is on disk and no end is. */
  probe(step: PlannedStep, spec: SpecOf<K>, context: StepContext): Promise<ProbeAnswer>;
  /**
   * Starts the effect, or attaches to it where its token already runs, follows it to the end, and reads the
   * postcondition back. May be called again with the same token (resume). Throws DrpError host-unreachable or
   * connection-lost where contact is lost while a job goes on: the executor asks again with back-off.
   */
  run(step: PlannedStep, spec: SpecOf<K>, context: StepContext): Promise<StepOutcome>;
  /** Ends what runs under this token, verified. Resolves with what could not be stopped, in words (empty: all stopped). */
  stop?(step: PlannedStep, spec: SpecOf<K>, context: StepContext): Promise<readonly string[]>;
  /** Closes what it left open for steps to come: called where a run is left before they came. Leaves nothing undone that matters. */
  leave?(spec: SpecOf<K>, context: StepContext): Promise<void>;
  /** Reads the postcondition alone: for `mark-done`. Throws postcondition-failed. */
  verify?(step: PlannedStep, spec: SpecOf<K>, context: StepContext): Promise<readonly string[]>;
}
