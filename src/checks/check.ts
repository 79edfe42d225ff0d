import type { Clock } from '../base/clock.ts';
import type { Secret } from '../base/secret.ts';
import type { Plan } from '../plan/plan.ts';
import type { Providers } from '../providers/providers.ts';
import type { SecretReference } from '../runbook/schema/basics.ts';
import type { Runbook } from '../runbook/schema/runbook.ts';
import type { Machine } from '../steps/remote/machine.ts';
import type { TransportPool } from '../transports/transport.ts';
import type { BackupSurveys } from './backups/surveys.ts';

/** `unknown`: nobody could look, which is never good news and never called green. `skipped`: not asked for, with the reason in `found`. */
export type FindingStatus = 'ok' | 'warn' | 'fail' | 'unknown' | 'skipped';

/** A number of a finding, for monitoring. */
export interface Metric {
  /** Lower case with underscores and the unit last: `free_bytes`, `age_seconds`. */
  readonly name: string;
  readonly value: number;
  readonly warn?: number;
  readonly fail?: number;
  /** The limits are the least that is well; else the most. */
  readonly least?: true;
}

/** What one probe found about one thing. */
export interface Finding {
  /** Which probe: `host.clock`, `backup.fresh`, `dns.ttl`. Stable: monitoring and `since` go by `probe` and `subject`. */
  readonly probe: string;
  /** What was looked at: a host, a backup source (`files@backup-even`), a record, a person. */
  readonly subject: string;
  readonly status: FindingStatus;
  /** What is there, in one line. */
  readonly found: string;
  /** What it is measured against. */
  readonly threshold?: string;
  /** What to do, as a sentence; present where the status is not ok. */
  readonly advice?: string;
  readonly metrics?: readonly Metric[];
  /** True where it failed only because nobody answers there: a host, a server. Counts as out of reach in the exit code. */
  readonly outOfReach?: boolean;
}

/** What a probe may use. It only reads: nothing is written on any machine but scratch that it removes. */
export interface CheckContext {
  readonly runbook: Runbook;
  readonly hosts: TransportPool;
  readonly providers: Providers;
  /** What the sources of backups hold, looked at once for all probes. */
  readonly surveys: BackupSurveys;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly secret: (reference: SecretReference) => Promise<Secret>;
  /** Keys a host shows when it is asked directly, past any bastion; nobody logs in. Rejects where nothing answers there. */
  readonly shownKeys: (hostName: string, signal: AbortSignal) => Promise<readonly string[]>;
  /** Datacentres taken as gone: nothing in them is contacted. */
  readonly lost: readonly string[];
  /** Records of earlier runs of this site; absent where there is no journal. */
  readonly past?: PastRuns;
  /** The procedures this runbook fills, resolved as a run would freeze them; absent where that failed. */
  readonly plans?: readonly Plan[];
}

/** What earlier runs say about this site, read from the journal before the probes run. */
export interface PastRuns {
  /** Why the journal could not be read; then nothing else is here. */
  readonly trouble?: string;
  readonly lastPassedDrillAt?: string;
  /** Copies that completed drills and activations restored from, the latest run first. */
  readonly restores?: readonly PastRestore[];
  /** The last completed drill or activation, and the plan it went by. */
  readonly rehearsed?: PastRehearsal;
}

/** One copy that a run restored from. */
export interface PastRestore {
  readonly run: string;
  /** When that run ended. */
  readonly at: string;
  readonly backup: string;
  readonly host: string;
  /** -1: not on record. */
  readonly bytes: number;
  /** -1: not on record. */
  readonly files: number;
}

/** A database server as a run found it. */
export interface PastServer {
  readonly host: string;
  readonly address: string;
  readonly port: number;
  /** As it says itself: `15.4`. */
  readonly version: string;
}

/** The last time the restoration was walked whole: by what plan, and what the world was then. */
export interface PastRehearsal {
  readonly run: string;
  /** When it ended. */
  readonly at: string;
  readonly kind: 'drill' | 'activation';
  readonly plan: Plan;
  /** Versions of the database servers it restored into. */
  readonly servers?: readonly PastServer[];
  /** What each host was, as its last gate that looks ahead saw it. */
  readonly machines?: Readonly<Record<string, Machine>>;
}

/**
 * One thing to look at; probes run side by side. `run` never rejects for what it finds: an unreachable host is a finding.
 * What it throws all the same becomes `unknown` with the reason. `patienceMs`: after this it is given up, as `unknown`.
 */
export interface Probe {
  readonly id: string;
  readonly subject: string;
  /** Datacentre of what it looks at; skipped where that is lost. */
  readonly datacentre?: string;
  readonly patienceMs?: number;
  run(context: CheckContext): Promise<readonly Finding[]>;
}
