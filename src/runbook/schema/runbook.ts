import { z } from 'zod';
import { duration, name } from './basics.ts';
import { checks } from './checks.ts';
import { drill } from './drill.ts';
import { stepSpec } from './steps.ts';
import {
  anchor,
  backup,
  database,
  datacentre,
  desk,
  dnsZone,
  gatePolicy,
  host,
  own,
  person,
  service,
} from './world.ts';

/** A phase of a procedure: one list of steps, or lanes that run beside each other. */
const phase = z
  .union([z.array(stepSpec), z.record(name, z.array(stepSpec))])
  .meta({ id: 'phase', description: 'steps that run one after another, or lanes of steps that run beside each other' });
export type Phase = z.output<typeof phase>;

/** Phases a runbook may fill; the gates between them are the skeleton's (machines/). */
const activation = z.strictObject({
  fencing: phase,
  restoration: phase,
  verification: phase,
  information: phase,
  switchover: phase,
  confirmation: phase,
  /** Run when the operator switches back after a failed confirmation, or reopens the old side on abort. */
  'switch-back': phase.optional(),
});
const returning = z.strictObject({
  'settle-fencing': phase.optional(),
  'freeze-production': phase,
  salvage: phase,
  'pre-copy': phase,
  'freeze-recovery': phase,
  delta: phase,
  verification: phase,
  information: phase,
  switchover: phase,
  confirmation: phase,
  'switch-back': phase.optional(),
  /** Run when the operator aborts while the recovery side is frozen: opens it again. */
  reopen: phase,
});

export const runbookSchema = z.strictObject({
  format: z.literal(1),
  site: name,
  title: z.string(),
  objectives: z
    .strictObject({
      rto: duration,
      filesLoss: duration,
      databaseLoss: duration,
      skew: duration,
    })
    .transform((o) => ({ rtoMs: o.rto, filesLossMs: o.filesLoss, databaseLossMs: o.databaseLoss, skewMs: o.skew })),
  datacentres: z.record(name, datacentre),
  hosts: z.record(name, host),
  service,
  databases: z.record(name, database).default({}),
  backups: z.record(name, backup).default({}),
  dns: z.record(name, dnsZone).default({}),
  desks: z.record(name, desk).default({}),
  people: z.record(name, person),
  allowedSigners: z.string().optional(),
  anchors: z.array(anchor).optional(),
  own: own.optional(),
  checks: checks.optional(),
  gates: z.record(name, gatePolicy),
  activation,
  return: returning,
  drill: drill.optional(),
});
/** A checked runbook. */
export type Runbook = z.output<typeof runbookSchema>;
export type ProcedureName = 'activation' | 'return' | 'drill';
