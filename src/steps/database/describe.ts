import { assertNever } from '../../base/errors.ts';
import type { PlannedWorld, StepDescription } from '../../plan/plan.ts';
import type { SpecOf } from '../../runbook/schema/steps.ts';
import type { Database } from '../../runbook/schema/world.ts';
import { absolutePath, databaseOf } from '../remote/host-path.ts';

type Spec = SpecOf<'database'>;

/** What a database step reads, writes and runs, for the plan. Pure. */
export function describeDatabase(spec: Spec, world: PlannedWorld): StepDescription {
  const database = databaseOf(world, spec.database);
  const { host, name } = database;
  const live = `database:${host}:${name}`;
  const fresh = `database:${host}:${name}_drp_<run>`;
  const file = (step: string): string => `${absolutePath(world, host, '.drp/<run>')}/${step}.dump`;
  const common = { hosts: [host], irreversible: false, idempotent: true };
  const client = `-h ${database.address} -p ${database.port} -U ${database.user}`;
  switch (spec.do) {
    case 'fetch':
      return {
        ...common,
        title: spec.title ?? `fetch the dump of ${name} to ${host}`,
        reads: ['backup' in spec.from ? `backup:${spec.from.backup}` : `step:${spec.from.dump}`],
        writes: [`files:${host}:${file(spec.id)}`],
        commands: [
          `rsync -tS --partial <source>:<dump> ${file(spec.id)}`,
          `sha256sum ${file(spec.id)}`,
          ...('backup' in spec.from ? [`pg_restore -f /dev/null ${file(spec.id)}`] : []),
        ],
        verifies:
          'backup' in spec.from
            ? 'checksum as written beside the dump; the whole dump read; made by no newer server'
            : 'checksum as when the whole dump was read beside its database; made by no newer server',
      };
    case 'import':
      return {
        ...common,
        title: spec.title ?? `import into a fresh database beside ${name}`,
        reads: [`files:${host}:${file(spec.fetch)}`],
        writes: [fresh],
        commands: [
          `createdb ${client} ${name}_drp_<run>`,
          `pg_restore ${client} -j <cores>${database.benign.length === 0 ? ' --exit-on-error' : ''} -d ${name}_drp_<run> ${file(spec.fetch)}`,
          `vacuumdb ${client} --analyze-only ${name}_drp_<run>`,
        ],
        verifies:
          'every table is there, every index valid, rows counted (against the snapshot of the dump where drp made it)',
        undo: `dropdb ${client} ${name}_drp_<run>`,
      };
    case 'switch':
      return {
        ...common,
        title: spec.title ?? `switch the imported database in as ${name}`,
        reads: [fresh],
        writes: [live],
        commands: [switchCommand(database)],
        verifies: `'${name}' carries the mark of the import and takes connections`,
        undo: `psql: rename ${name} away and ${name}_before_<run> back, then: alter database ${name} allow_connections true`,
      };
    case 'dump':
      return {
        ...common,
        title: spec.title ?? `dump ${name} on ${host}`,
        reads: [live],
        writes: [`files:${host}:${file(spec.id)}`],
        commands: [
          `pg_dump ${client} -Fc -Z ${database.compression === 'none' ? '0' : '1'} -f ${file(spec.id)} ${name}`,
          `sha256sum ${file(spec.id)}`,
        ],
        verifies: 'the whole dump read; rows counted in the same snapshot',
        undo: `rm ${file(spec.id)}`,
      };
    default:
      return assertNever(spec);
  }
}

function switchCommand({ name }: Database): string {
  return `psql: begin; alter database ${name} rename to ${name}_before_<run>; alter database ${name}_drp_<run> rename to ${name}; commit`;
}
