import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Json } from '../../../src/events/event.ts';
import { databaseStep } from '../../../src/steps/database/database-step.ts';
import { freeNet } from '../../demo/free-net.ts';
import { specOf, startLabSteps } from '../../steps/lab-steps.ts';
import type { Bench } from '../bench.ts';
import { runCommand } from '../run-command.ts';

const programs = '/usr/lib/postgresql/15/bin';
const bring = specOf('database', { id: 'bring', do: 'import', database: 'recovery', fetch: 'fetched' });

/** About 1 GB: a long table of events, its users, and documents; nine indexes and two foreign keys. */
const content = `
  create table people (id int primary key, mail text unique, name text, created_at timestamptz);
  insert into people select n, 'p' || n || '@kyc.test', md5(n::text), now() - n * interval '1 second' from generate_series(1, 300000) n;
  create table happenings (id bigint primary key, person int references people, at timestamptz, kind text, payload text);
  insert into happenings select n, 1 + n % 300000, now() - n * interval '1 second', 'k' || n % 40, repeat(md5(n::text), 4) from generate_series(1, 2600000) n;
  create index on happenings (person); create index on happenings (at); create index on happenings (kind, at); create index on happenings (md5(payload));
  create table papers (id int primary key, person int references people, body text);
  insert into papers select n, 1 + n % 300000, repeat(md5(n::text), 12) from generate_series(1, 400000) n;
  create index on papers (person); create index on papers (md5(body));
`;

export const bench: Bench = {
  name: 'imports',
  about: 'Imports of a database',
  rows: async (context) => {
    const { folder, race, log } = context;
    const steps = await startLabSteps({ dir: join(folder, 'lab'), net: await freeNet(), tickets: false });
    context.atEnd(() => steps.end());
    const server = steps.facts.databases.gravelines;
    const env = {
      ...process.env,
      ...{ PGHOST: server.host, PGPORT: String(server.port), PGUSER: server.user, PGCLIENTENCODING: 'UTF8' },
      PGPASSWORD: readFileSync(server.passwordFile, 'utf8').trim(),
    };
    const run = (...argv: [string, ...string[]]) => runCommand([join(programs, argv[0]), ...argv.slice(1)], { env });
    const files = join(folder, 'dumps');
    mkdirSync(files);
    const [plain, custom] = [join(files, 'plain.sql'), join(files, 'custom.dump')];
    await run('createdb', 'measured');
    await runCommand([join(programs, 'psql'), '-qX', '-v', 'ON_ERROR_STOP=1', '-d', 'measured'], {
      env,
      input: content,
    });
    await run('pg_dump', '-Fp', '-f', plain, 'measured');
    await run('pg_dump', '-Fc', '-Z1', '-f', custom, 'measured');
    const { stdout } = await run('psql', '-XAtc', "select pg_database_size('measured')", 'postgres');
    await run('dropdb', 'measured');
    log(
      `  database ${stdout.trim()} bytes, plain ${String(statSync(plain).size)}, custom ${String(statSync(custom).size)}`,
    );
    const sha256 = createHash('sha256').update(readFileSync(custom)).digest('hex');
    const fetched: Json = { host: 'gravelines', path: custom, sha256, takenAt: '2026-01-01T00:00:00.000Z' };
    const clear = (): void => {
      const names = "select datname from pg_database where datname like 'kyc!_drp!_%' escape '!' or datname = 'plain'";
      execFileSync('sh', ['-c', `psql -XAtc "${names}" postgres | xargs -r -n 1 dropdb; sync`], { env });
    };
    await race({
      work: 'import of a 1 GB database, verified',
      rounds: 3,
      warmUp: false,
      ours: {
        name: 'drp',
        command: 'import step: dump checked, restored into a new database, statistics, every table counted',
        prepare: clear,
        run: async () => {
          const outcome = await steps.run(databaseStep, bring, { facts: { outputs: { fetched }, choices: {} } });
          if (outcome.kind !== 'done') throw outcome.kind === 'failed' ? outcome.error : new Error(outcome.reason);
        },
      },
      peers: [
        {
          name: '`psql -f`',
          limit: 0.82,
          command: 'createdb plain && psql -qX -v ON_ERROR_STOP=1 -f plain.sql plain',
          prepare: clear,
          run: async () => {
            await run('createdb', 'plain');
            await run('psql', '-qX', '-v', 'ON_ERROR_STOP=1', '-f', plain, 'plain');
          },
        },
      ],
    });
    context.skip(
      'import of a 1 GB database, against its CPU seconds over cores',
      'the server, its workers and the job belong to no one process tree whose time could be read here',
    );
  },
};
