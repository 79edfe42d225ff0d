import { z } from 'zod';
import { argv, duration, hostPath, name, rate } from './basics.ts';

/** Keys every step may have, whatever its kind. */
const common = {
  id: name,
  title: z.string().optional(),
  /** How long it should take; late is flagged, never killed. */
  expect: duration.optional(),
  /** Automatic tries after the first. */
  retries: z.int().min(0).max(10).default(0),
  backoff: duration.default(30_000),
  skippable: z.boolean().default(false),
};

/** Where data comes from: a backup (the one chosen at the restoration gate), or a folder on a host. */
const filesFrom = z.union([
  /** `path`: a folder inside the chosen backup (absent: all of it). */
  z.strictObject({ backup: name, path: hostPath.optional() }),
  z.strictObject({ host: name, path: hostPath }),
]);

const clockTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'expected a time of day (UTC) such as 08:00');
const bandwidth = z.union([
  rate.transform((atMost) => [{ from: '00:00', to: '24:00', atMost }]),
  z.array(z.strictObject({ from: clockTime, to: clockTime, atMost: rate })),
]);

export const copyStep = z.strictObject({
  ...common,
  kind: z.literal('copy'),
  from: filesFrom,
  to: z.strictObject({ host: name, path: hostPath }),
  /** false: only fill the staging tree beside the target (pre-copy); true: switch it in by rename at the end. */
  switch: z.boolean().default(true),
  /** Steps that share a staging name continue each other's tree (pre-copy, then final delta). */
  staging: name.optional(),
  /**
   * Left out of the copy, as paths or rsync patterns below the folder. What the target holds under such a path is its
   * own (e.g. the address it listens on) and is carried over into the new tree before the switch.
   */
  exclude: z.array(z.string()).default([]),
  /** Refuse a source smaller than this share of the last one, in percent of files and of bytes. */
  shrinkLimit: z.int().min(0).max(100).default(80),
  /** What the copy may use of the line at most: a rate, or rates by the hour of the day (UTC). Unlimited where absent. */
  bandwidth: bandwidth.default([]),
});

export const databaseStep = z.discriminatedUnion('do', [
  /** Bring the dump (chosen backup, or an earlier dump step) beside the database; checksum, full read. Writes nothing live. */
  z.strictObject({
    ...common,
    kind: z.literal('database'),
    do: z.literal('fetch'),
    database: name,
    from: z.union([z.strictObject({ backup: name }), z.strictObject({ dump: name })]),
  }),
  /** Restore into a fresh database beside the live one; stop at the first error; verify. `fetch`: id of the fetch step. */
  z.strictObject({ ...common, kind: z.literal('database'), do: z.literal('import'), database: name, fetch: name }),
  /** Swap names: the live one is kept aside, the imported one takes its name. `import`: id of the import step. */
  z.strictObject({ ...common, kind: z.literal('database'), do: z.literal('switch'), database: name, import: name }),
  /** Dump a database into a file on its host, with its checksum. */
  z.strictObject({ ...common, kind: z.literal('database'), do: z.literal('dump'), database: name }),
]);

export const salvageStep = z.strictObject({
  ...common,
  kind: z.literal('salvage'),
  /** Side whose writes since the last backup are set aside: dump, copy and inventory, before anything is overwritten. */
  host: name,
  database: name.optional(),
  files: hostPath.optional(),
  quarantine: hostPath,
});

export const maintenanceStep = z.strictObject({
  ...common,
  kind: z.literal('maintenance'),
  side: z.enum(['production', 'recovery']),
  state: z.enum(['on', 'off']),
  /** Flag file on the side's host; or commands. */
  flag: hostPath.optional(),
  on: argv.optional(),
  off: argv.optional(),
  /** Configuration to make the web server read again after a change of files. */
  reload: argv.optional(),
  /** When the side cannot be reached at all: `refuse`, or go on and leave an obligation. */
  ifUnreachable: z.enum(['refuse', 'oblige']).default('refuse'),
});

export const fenceStep = z.strictObject({
  ...common,
  kind: z.literal('fence'),
  /** `lift` takes back what `fence` did, by the `undo` of each way and pause; the database way lets the roles in again. */
  do: z.enum(['fence', 'lift']).default('fence'),
  side: z.enum(['production', 'recovery']),
  /** Independent ways, all tried; one that holds is enough, none leaves an obligation on the site. */
  ways: z
    .array(
      z.discriminatedUnion('way', [
        /** Stop the service on the host itself. */
        z.strictObject({ way: z.literal('host'), stop: argv, check: argv.optional(), undo: argv.optional() }),
        /** Ask another host (power, network, provider's API). */
        z.strictObject({
          way: z.literal('command'),
          /** What it is, in a few words; shown instead of the command. */
          title: z.string().min(1).optional(),
          host: name,
          run: argv,
          check: argv,
          undo: argv.optional(),
        }),
        /** Bar the application's roles from logging in to the database. */
        z.strictObject({ way: z.literal('database'), database: name }),
      ]),
    )
    .min(1),
  /** Cron jobs, backup rotation: what else must rest on that side. */
  pause: z
    .array(z.strictObject({ title: z.string().min(1).optional(), host: name, run: argv, undo: argv.optional() }))
    .default([]),
});

export const ticketStep = z.strictObject({
  ...common,
  kind: z.literal('ticket'),
  desks: z.array(name).min(1),
  /** One message a milestone and run, for ever. */
  milestone: name,
  subject: z.string(),
  text: z.string(),
  /** Milestone whose ticket this one answers. */
  follows: name.optional(),
});

export const dnsStep = z.strictObject({
  ...common,
  kind: z.literal('dns'),
  do: z.enum(['switch', 'lower-ttl', 'restore-ttl', 'await-old-ttl']),
  zone: name,
  records: z.array(name).min(1),
  to: z.enum(['production', 'recovery']).optional(),
  ttl: duration.optional(),
});

export const httpStep = z.strictObject({
  ...common,
  kind: z.literal('http'),
  url: z.url().optional(),
  /** `recovery`/`production`: against that side's address, with the real name in TLS and Host; `dns`: through the authoritative servers. */
  against: z.enum(['production', 'recovery', 'dns']),
  /** Side that must be the one answering (with `against: dns`). */
  expectSide: z.enum(['production', 'recovery']).optional(),
  status: z.int().default(200),
  contains: z.array(z.string()).default([]),
  /** JSON body: path → value, or a fact of the restoration: `$rows:users`, `$newest`. */
  json: z
    .record(
      z.string(),
      z.union([z.string(), z.int(), z.boolean()], { error: 'expected a text, a whole number, true or false' }),
    )
    .default({}),
  within: duration.default(5_000),
  /** Keep asking until it holds, for this long. */
  patience: duration.default(30_000),
  certificate: z.boolean().default(true),
});

export const commandStep = z.strictObject({
  ...common,
  kind: z.literal('command'),
  host: name,
  run: argv.optional(),
  /** POSIX sh text, where argv will not do; visible as such in the plan. */
  shell: z.string().optional(),
  reads: z.array(z.string()).default([]),
  writes: z.array(z.string()).default([]),
  /** Reads the postcondition back; exit 0 means it holds. */
  verify: argv,
  undo: argv.optional(),
  idempotent: z.boolean().default(false),
  /** Over in a moment: run and checked in one session, without a job; needs `idempotent`. */
  short: z.boolean().optional(),
  irreversible: z.boolean().default(false),
});

export const manualStep = z.strictObject({
  ...common,
  kind: z.literal('manual'),
  text: z.string(),
  evidence: z.string().meta({ description: 'what the person must note as evidence' }),
  writes: z.array(z.string()).default([]),
});

/** A gate inside a lane, e.g. before and after the import. `covers`: steps whose evidence it shows. */
const gateStep = z.strictObject({
  id: name,
  kind: z.literal('gate'),
  title: z.string(),
  covers: z.array(name).min(1),
});

export const stepSpec = z
  .discriminatedUnion('kind', [
    copyStep,
    databaseStep,
    salvageStep,
    maintenanceStep,
    fenceStep,
    ticketStep,
    dnsStep,
    httpStep,
    commandStep,
    manualStep,
    gateStep,
  ])
  .meta({ id: 'step', description: 'a step; its kind says which other keys it has' });
/** A step as a runbook has it: durations in milliseconds, defaults filled in. */
export type WrittenStepSpec = z.output<typeof stepSpec>;
/** Keys these steps share with those a runbook writes. */
interface DrillStepCommon {
  readonly id: string;
  readonly title?: string;
  readonly expect?: number;
  readonly retries: number;
  readonly backoff: number;
  readonly skippable: boolean;
}

/** Makes the isolated folder of a host, marked as this run's; refuses what an earlier drill left. */
export interface IsolateSpec extends DrillStepCommon {
  readonly kind: 'isolate';
  readonly host: string;
  /** Databases of the plan's world that will be made there. */
  readonly databases: readonly string[];
}

/** Says what the activation would do here, and does nothing. */
export interface SimulateSpec extends DrillStepCommon {
  readonly kind: 'simulate';
  /** The activation's own step. */
  readonly of: Exclude<WrittenStepSpec, { kind: 'gate' }>;
  /** What it would run, as its plan says. */
  readonly would: readonly string[];
}

/** Removes what the run made, and nothing else; looks afterwards whether it is gone. */
export type CleanUpSpec = DrillStepCommon & {
  readonly kind: 'clean-up';
  readonly host: string;
} & (
    | { readonly what: 'service'; readonly stop: readonly string[]; readonly check: readonly string[] }
    | { readonly what: 'database'; readonly database: string }
    | { readonly what: 'files' }
  );

/** Steps that only a drill's plan has; no runbook writes them. */
type DrillStepSpec = IsolateSpec | SimulateSpec | CleanUpSpec;
/** A step of a plan: one the runbook has, or one that only drills have. */
export type StepSpec = WrittenStepSpec | DrillStepSpec;
export type StepKindName = Exclude<StepSpec['kind'], 'gate'>;
export type SpecOf<K extends StepSpec['kind']> = Extract<StepSpec, { kind: K }>;
/** All kinds a runbook may write, gates among them. */
export const stepKinds: readonly string[] = [...(stepSpec._zod.propValues['kind'] ?? [])].map(String);
