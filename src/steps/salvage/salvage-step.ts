import { formatSize } from '../../base/duration.ts';
import { DrpError } from '../../base/errors.ts';
import type { EvidenceItem, Json } from '../../events/event.ts';
import type { PlannedStep, PlannedWorld, StepDescription } from '../../plan/plan.ts';
import type { SpecOf } from '../../runbook/schema/steps.ts';
import { connectionArgs, secretOf } from '../database/connection.ts';
import { countsInWords, countsJson, saidCounts } from '../database/counts.ts';
import type { Said } from '../remote/follow-job.ts';
import { absolutePath, databaseOf } from '../remote/host-path.ts';
import { factNumber, jobOutcome, probeJob, stopJob } from '../remote/job-outcome.ts';
import { callHost, shellArgv } from '../remote/read-host.ts';
import { jobScript, scriptText } from '../remote/script-text.ts';
import { numberOf, outputOf, textOf } from '../remote/step-output.ts';
import type { StepContext, StepKind, StepOutcome } from '../step-kind.ts';
import { salvageMoments } from './moments.ts';

type Spec = SpecOf<'salvage'>;

/**
 * Before production is overwritten on the way back: a dump of its database and a copy of the files it changed since the
 * restored backup go into quarantine, and what users wrote there and nobody else has is counted for the gate.
 */
export const salvageStep: StepKind<'salvage'> = {
  kind: 'salvage',
  describe,
  evidence: (step, spec, context) => Promise.resolve(evidence(step, spec, context)),
  jobHost: (spec) => spec.host,
  probe: (_step, spec, context) => probeJob(context, spec.host, { repeatable: true }),
  run,
  stop: (_step, spec, context) => stopJob(context, spec.host),
  verify,
};

const quarantineOf = (spec: Spec, world: PlannedWorld, run: string): string =>
  `${absolutePath(world, spec.host, spec.quarantine)}/${run}-${spec.id}`;

function describe(spec: Spec, world: PlannedWorld): StepDescription {
  const database = spec.database === undefined ? undefined : databaseOf(world, spec.database);
  const tree = spec.files === undefined ? undefined : absolutePath(world, spec.host, spec.files);
  const quarantine = quarantineOf(spec, world, '<run>');
  return {
    title: spec.title ?? `set aside what ${spec.host} wrote since the last backup`,
    hosts: [spec.host],
    reads: [
      ...(database === undefined ? [] : [`database:${database.host}:${database.name}`]),
      ...(tree === undefined ? [] : [`files:${spec.host}:${tree}`]),
    ],
    writes: [`files:${spec.host}:${quarantine}`],
    commands: [
      ...(tree === undefined
        ? []
        : [`rsync -aH --files-from=<files changed since the restored backup> ${tree}/ ${quarantine}/files/`]),
      ...(database === undefined ? [] : [`pg_dump -Fc -f ${quarantine}/${database.name}.dump ${database.name}`]),
    ],
    verifies: 'the dump read to its end, rows newer than the restored ones counted in its snapshot, files counted',
    undo: `rm -r ${quarantine}`,
    irreversible: false,
    idempotent: true,
  };
}

async function run(step: PlannedStep, spec: Spec, context: StepContext): Promise<StepOutcome> {
  const { world, facts } = context;
  const database = spec.database === undefined ? undefined : databaseOf(world, spec.database);
  const quarantine = quarantineOf(spec, world, context.run.id);
  const moments = salvageMoments(facts, { timestamps: database?.timestamps ?? {} });
  const job = await jobOutcome(context, {
    step,
    host: spec.host,
    repeatable: true,
    request: {
      script: jobScript('database/postgres.sh', 'database/dump-database.sh', 'salvage/salvage.sh'),
      args: [
        ...(database === undefined ? ['', '', '', ''] : connectionArgs(database)),
        database?.name ?? '',
        quarantine,
        JSON.stringify(database?.timestamps ?? {}),
        `${scriptText('database/count.sql')}${scriptText('salvage/newer.sql')}`,
        JSON.stringify(moments.rows),
        spec.files === undefined ? '' : absolutePath(world, spec.host, spec.files),
        String(Math.floor(Date.parse(moments.filesSinceAt) / 1000)),
      ],
      ...(database === undefined ? {} : await secretOf(context, database)),
    },
  });
  if (job.kind === 'ended') return job.outcome;
  const output = salvageOutput(job, { host: spec.host, quarantine, filesSinceAt: moments.filesSinceAt });
  return { kind: 'done', output, lines: inventoryLines(output) };
}

function salvageOutput(
  job: { readonly said: readonly Said[]; readonly facts: Readonly<Record<string, string>> },
  place: { readonly host: string; readonly quarantine: string; readonly filesSinceAt: string },
): Readonly<Record<string, Json>> {
  const { said, facts } = job;
  const orphans = orphansOf(said);
  const database = facts['database'] ?? 'not asked';
  const files = facts['files'] ?? 'not asked';
  return {
    ...place,
    database,
    ...(database === 'present'
      ? {
          dump: facts['path'] ?? '',
          dumpBytes: factNumber(facts, 'bytes'),
          sha256: facts['sha256'] ?? '',
          takenAt: facts['takenAt'] ?? '',
          ...countsJson(saidCounts(said)),
          counted: countsInWords(saidCounts(said)),
        }
      : {}),
    orphans,
    orphanRows: Object.values(orphans).reduce((sum, rows) => sum + rows, 0),
    files,
    filesWritten: factNumber(facts, 'written'),
    filesTouched: factNumber(facts, 'touched'),
    fileBytes: factNumber(facts, 'fileBytes'),
    newestFiles: said.filter(({ word }) => word === 'newer').map(({ rest }) => rest.replace(/^\d+ /, '')),
    empty: database !== 'present' && files !== 'present',
  };
}

/** Rows per watched table that are newer than what was restored. */
function orphansOf(said: readonly Said[]): Readonly<Record<string, number>> {
  const orphans: Record<string, number> = {};
  for (const { word, rest } of said) {
    const value: unknown = word === 'count' ? JSON.parse(rest) : undefined;
    if (typeof value === 'object' && value !== null && 'orphans' in value && 'rows' in value) {
      orphans[String(value.orphans)] = Number(value.rows);
    }
  }
  return orphans;
}

function inventoryLines(output: Readonly<Record<string, Json>>): readonly string[] {
  if (output['empty'] === true) return ['it is a new, empty machine: neither the folder nor the database is there'];
  const orphans = Object.entries(output['orphans'] ?? {}).map(([table, rows]) => `${table} ${String(rows)}`);
  return [
    ...(textOf(output, 'database') === 'absent' ? ['there is no database'] : []),
    ...(textOf(output, 'database') === 'present'
      ? [
          `database: ${textOf(output, 'counted')}; dump ${textOf(output, 'dump')}, ${formatSize(numberOf(output, 'dumpBytes'))}, read to its end`,
          orphans.length === 0
            ? 'no table is watched: rows that only this side has cannot be counted'
            : `rows that only this side has: ${orphans.join(', ')}`,
        ]
      : []),
    ...(textOf(output, 'files') === 'absent' ? ['the folder is not there'] : []),
    ...(textOf(output, 'files') === 'present'
      ? [
          `files changed after ${textOf(output, 'filesSinceAt')}: ${numberOf(output, 'filesWritten')} written, ${numberOf(output, 'filesTouched')} moved or touched, ${formatSize(numberOf(output, 'fileBytes'))}`,
        ]
      : []),
    `quarantine: ${textOf(output, 'host')}:${textOf(output, 'quarantine')}`,
  ];
}

function evidence(step: PlannedStep, spec: Spec, context: StepContext): readonly EvidenceItem[] {
  const output = outputOf(context, step.id);
  const base = { id: `salvage:${step.id}`, title: `what ${spec.host} wrote and nobody else has` };
  if (output === undefined) {
    return [
      {
        ...base,
        severity: 'red',
        lines: ['nothing was set aside: whatever it wrote since the last backup will be overwritten'],
        choice: 'nothing',
      },
    ];
  }
  const newest = output['newestFiles'];
  const names = Array.isArray(newest) ? newest.slice(0, 5).map((name) => `newest: ${String(name)}`) : [];
  const orphaned = numberOf(output, 'orphanRows') > 0 || numberOf(output, 'filesWritten') > 0;
  return [
    {
      ...base,
      severity: orphaned || output['empty'] === true ? 'attention' : 'ok',
      lines: [...inventoryLines(output), ...names],
      choice: {
        empty: output['empty'] === true,
        orphanRows: numberOf(output, 'orphanRows'),
        filesWritten: numberOf(output, 'filesWritten'),
        sha256: textOf(output, 'sha256'),
      },
    },
  ];
}

async function verify(step: PlannedStep, spec: Spec, context: StepContext): Promise<readonly string[]> {
  const quarantine = quarantineOf(spec, context.world, context.run.id);
  const result = await callHost(context, spec.host, {
    argv: shellArgv('[ -d "$1" ] && ls -A "$1" | head -n 20', [quarantine]),
    timeoutMs: 30_000,
  });
  const names = result.stdout.split('\n').filter((line) => line !== '');
  if (result.exitCode !== 0 || names.length === 0) {
    throw new DrpError('postcondition-failed', {
      step: step.id,
      reason: `${spec.host}:${quarantine} is empty or not there`,
    });
  }
  return [`${spec.host}:${quarantine} holds ${names.join(', ')}`];
}
