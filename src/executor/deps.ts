import type { Clock } from '../base/clock.ts';
import type { Ids } from '../base/ids.ts';
import type { Secret } from '../base/secret.ts';
import type { Driver } from '../events/event.ts';
import type { Journal } from '../journal/journal.ts';
import type { Plan } from '../plan/plan.ts';
import type { Providers } from '../providers/providers.ts';
import type { SecretReference } from '../runbook/schema/basics.ts';
import type { StepKindName } from '../runbook/schema/steps.ts';
import type { StepKind } from '../steps/step-kind.ts';
import type { Claims } from '../transports/claims.ts';
import type { RemoteJobs, TransportPool } from '../transports/transport.ts';
import type { Witness } from '../transports/witness.ts';

/** What one run may reach: the other machines of its plan, and the secrets its runbook names. */
export interface Reach {
  readonly hosts: TransportPool;
  readonly jobs: RemoteJobs;
  readonly claims: Claims;
  readonly witness: Witness;
  /** Reads a secret; relative paths start at the plan's runbook. */
  readonly secret: (reference: SecretReference) => Promise<Secret>;
}

/** Everything the executor uses, handed in by cli/wire or by a test. */
export interface ExecutorDeps {
  readonly journal: Journal;
  /** The kinds of a plan's steps, by name. */
  readonly kindsOf: (plan: Plan) => Promise<ReadonlyMap<StepKindName, StepKind>>;
  readonly reach: (plan: Plan) => Reach;
  readonly providers: Providers;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly driver: Driver;
  readonly version: string;
  /** Hands `RUN SEQ:HEAD` to an anchor command of the runbook, as its last argument; rejects where that fails. Absent: none is run. */
  readonly anchor?: (command: readonly string[], anchor: string, signal: AbortSignal) => Promise<void>;
}
