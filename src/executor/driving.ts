import { DrpError } from '../base/errors.ts';
import type { Event } from '../events/event.ts';
import { stepsOf } from '../plan/phases.ts';
import type { Plan, PlannedStep } from '../plan/plan.ts';
import type { StepKindName } from '../runbook/schema/steps.ts';
import type { SurveyMemory } from '../steps/backups/survey-memory.ts';
import type { Redaction } from '../steps/remote/redact.ts';
import type { StepKind } from '../steps/step-kind.ts';
import type { AnchorKeeper } from './anchors.ts';
import type { ClaimKeeper } from './claimed.ts';
import type { ExecutorDeps, Reach } from './deps.ts';
import type { DriveOptions } from './executor.ts';
import type { Seen } from './fresh-evidence-types.ts';
import type { History } from './history.ts';
import type { Inbox } from './inbox.ts';
import type { RunLog } from './run-log.ts';
import type { OpenObligation } from './site.ts';

/** What the loop and its parts share about the run they drive. */
export interface Driving {
  readonly deps: ExecutorDeps;
  readonly log: RunLog;
  /** The kinds of the plan's steps. */
  readonly kinds: ReadonlyMap<StepKindName, StepKind>;
  readonly reach: Reach;
  /** What its steps know of the backups on those machines. */
  readonly surveys: SurveyMemory;
  readonly claims: ClaimKeeper;
  /** Knows every secret this driver has read. */
  readonly redaction: Redaction;
  readonly anchors: AnchorKeeper;
  readonly inbox: Inbox;
  readonly options: DriveOptions;
  /** What the site owed when this driver attached. */
  readonly owed: readonly OpenObligation[];
  /** What other runs of the site tell about this one: how far it was rehearsed, how long its steps took. */
  readonly history: History;
  /** Events of the activation a return comes back from. */
  readonly activation?: readonly Event[];
  /** Keys that were started before this driver attached: probed, never started blindly. */
  readonly inherited: ReadonlySet<string>;
  /** Evidence of open gates as last seen, and gates that are being looked at again. */
  readonly seen: Map<string, Seen>;
  readonly refreshing: Set<string>;
  /** Hosts → events of this run that lie there as copies, as far as this driver knows. */
  readonly witnessed: Map<string, number>;
  /** Effects under way, by key. */
  readonly live: Map<string, AbortController>;
}

/** What the kind of a step means. */
export function kindOf({ kinds }: Pick<Driving, 'kinds'>, step: PlannedStep): StepKind {
  const kind = step.kind === 'gate' ? undefined : kinds.get(step.kind);
  if (kind === undefined) throw new DrpError('internal', { what: `no such kind of step: ${step.kind}` });
  return kind;
}

/** Read off the plan, which never changes: remembered only to be quick. */
const stepsById = new WeakMap<Plan, ReadonlyMap<string, PlannedStep>>();

/** The step of this id in the plan of the run. */
export function stepOf({ plan }: Pick<RunLog, 'plan'>, id: string): PlannedStep {
  const known = stepsById.get(plan) ?? new Map(stepsOf(plan).map((one) => [one.id, one]));
  stepsById.set(plan, known);
  const step = known.get(id);
  if (step === undefined) throw new DrpError('internal', { what: `step ${id} is not in the plan` });
  return step;
}

/** Hosts of the plan outside the datacentres that were declared lost. */
export function hostsNotLost({ plan, began }: Pick<RunLog, 'plan' | 'began'>): readonly string[] {
  const lost = new Set(began.data.situation?.lost ?? []);
  return Object.keys(plan.world.hosts).filter((host) => !lost.has(plan.world.hosts[host]?.datacentre ?? ''));
}
