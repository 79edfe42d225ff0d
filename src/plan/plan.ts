import type { ProcedureName, Runbook } from '../runbook/schema/runbook.ts';
import type { StepSpec } from '../runbook/schema/steps.ts';
import type { GatePolicy } from '../runbook/schema/world.ts';

/** What a step reads and writes, named so that laws can compare: `files:HOST:PATH`, `database:HOST:NAME`, `dns:NAME`, `service:production`. */
export type Resource = string;

/** What a step kind says about a step before anything runs; pure, touches nothing. */
export interface StepDescription {
  readonly title: string;
  /** Hosts it acts on. */
  readonly hosts: readonly string[];
  readonly reads: readonly Resource[];
  readonly writes: readonly Resource[];
  /** The commands as they will run, for people; `<…>` stands for what is known only at run time. */
  readonly commands: readonly string[];
  /** How its postcondition is read back. */
  readonly verifies: string;
  /** How it can be undone; absent: it cannot, or need not. */
  readonly undo?: string;
  readonly irreversible: boolean;
  /** Safe to run again where nobody knows whether it ran. */
  readonly idempotent: boolean;
}

export interface PlannedStep extends StepDescription {
  readonly id: string;
  readonly kind: StepSpec['kind'];
  readonly phase: string;
  readonly lane: string;
  readonly spec: StepSpec;
  readonly expectMs?: number;
  readonly retries: number;
  readonly backoffMs: number;
  readonly skippable: boolean;
}

export interface PlannedGate extends GatePolicy {
  readonly id: string;
  readonly title: string;
  /** Steps whose evidence its statement shows. */
  readonly covers: readonly string[];
  /** What the person types to approve on a terminal: the datacentre users will be sent to. */
  readonly word: string;
}

export interface PlannedLane {
  readonly name: string;
  readonly steps: readonly PlannedStep[];
}

/** The parts of the runbook that steps, transports and providers need, frozen with the plan. Secrets are references. */
export type PlannedWorld = Pick<
  Runbook,
  'objectives' | 'datacentres' | 'hosts' | 'service' | 'databases' | 'backups' | 'dns' | 'desks' | 'people' | 'anchors'
>;

/** What a drill and an activation share: the steps that restore and verify, and the parts of the world they need. */
export interface RehearsedPart {
  /** Specifications by step id, each with its phase. */
  readonly steps: Readonly<Record<string, { readonly phase: string; readonly spec: StepSpec }>>;
  /** `phase/lane` → step ids in their order. */
  readonly order: Readonly<Record<string, readonly string[]>>;
  readonly databases: PlannedWorld['databases'];
  readonly backups: PlannedWorld['backups'];
  readonly hosts: PlannedWorld['hosts'];
}

/** Where a drill may write, and what it must stay away from. Frozen with its plan; fixed per site, so that a leftover is found. */
export interface DrillTarget {
  /** Host → the isolated folder there, absolute. Everything a drill writes on it lies inside. */
  readonly roots: Readonly<Record<string, string>>;
  /** Database of the runbook → its isolated name. */
  readonly databases: Readonly<Record<string, string>>;
  /** Where the restored copy is served; absent: it is not. */
  readonly serves?: { readonly host: string; readonly port: number };
  /** What fencing takes first in an activation, as the runbook expects it; no drill does it. */
  readonly fencingMs: number;
  /** What the real procedures write, and where the service listens, paths absolute. */
  readonly live: readonly Resource[];
}

/** Runbook + procedure, resolved and frozen. Pure JSON. `digest` = SHA-256 over the canonical JSON of all but itself. */
export interface Plan {
  readonly format: 1;
  readonly site: string;
  readonly title: string;
  readonly procedure: ProcedureName;
  readonly runbook: { readonly file: string; readonly sha256: string };
  readonly world: PlannedWorld;
  readonly allowedSigners?: string;
  /** All gates of the procedure, those of the skeleton and those inside lanes, by id. */
  readonly gates: Readonly<Record<string, PlannedGate>>;
  /** Phase → lanes, in the order of the skeleton. Gates inside lanes are steps of kind `gate`. */
  readonly phases: Readonly<Record<string, readonly PlannedLane[]>>;
  /** Of a drill: what of the activation it walks, as the activation's own plan had it. A drill's steps have other targets. */
  readonly rehearses?: RehearsedPart;
  /** Of a drill: where it may write. */
  readonly drill?: DrillTarget;
  readonly digest: string;
}
