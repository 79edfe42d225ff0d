import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Json } from '../../../src/events/event.ts';
import { databaseStep } from '../../../src/steps/database/database-step.ts';
import { freeNet } from '../../demo/free-net.ts';
import { specOf, startLabSteps } from '../../steps/lab-steps.ts';
import { done } from '../../steps/outcome.ts';
import { benchIn, type Bench } from '../bench.ts';
import { largeDatabase } from '../large-database.ts';
import { CpuFloor } from '../machine-cpu.ts';
import { runCommand } from '../run-command.ts';

const programs = '/usr/lib/postgresql/15/bin';
const bring = specOf('database', { id: 'bring', do: 'import', database: 'recovery', fetch: 'fetched' });

export const bench: Bench = benchIn({
  name: 'imports',
  about: 'Imports of a database',
  open: async ({ folder }) => startLabSteps({ dir: join(folder, 'lab'), net: await freeNet(), tickets: false }),
  rows: async (context, steps) => {
    const { folder, race, log } = context;
    const server = steps.facts.databases.gravelines;
    const env = {
      ...process.env,
      PGHOST: server.host,
      PGPORT: String(server.port),
      PGUSER: server.user,
      PGCLIENTENCODING: 'UTF8',
      PGPASSWORD: readFileSync(server.passwordFile, 'utf8').trim(),
    };
    const run = (...argv: [string, ...string[]]) => runCommand([join(programs, argv[0]), ...argv.slice(1)], { env });
    const files = join(process.env['DRP_BENCH_WORLD'] ?? folder, 'dumps');
    const [plain, custom] = [join(files, 'plain.sql'), join(files, 'custom.dump')];
    if (!existsSync(custom)) {
      mkdirSync(files, { recursive: true, mode: 0o755 });
      await run('createdb', 'measured');
      await runCommand([join(programs, 'psql'), '-qX', '-v', 'ON_ERROR_STOP=1', '-d', 'measured'], {
        env,
        input: largeDatabase,
      });
      await run('pg_dump', '-Fp', '-f', plain, 'measured');
      await run('pg_dump', '-Fc', '-Z1', '-f', `${custom}.part`, 'measured');
      renameSync(`${custom}.part`, custom);
      const { stdout } = await run('psql', '-XAtc', "select pg_database_size('measured')", 'postgres');
      await run('dropdb', 'measured');
      log(`  database ${stdout.trim()} bytes`);
    }
    log(`  plain ${String(statSync(plain).size)} bytes, custom ${String(statSync(custom).size)}`);
    const sha256 = createHash('sha256').update(readFileSync(custom)).digest('hex');
    const fetched: Json = { host: 'gravelines', path: custom, sha256, takenAt: '2026-01-01T00:00:00.000Z' };
    const clear = (): void => {
      const names = "select datname from pg_database where datname like 'kyc!_drp!_%' escape '!' or datname = 'plain'";
      execFileSync('sh', ['-c', `psql -XAtc "${names}" postgres | xargs -r -n 1 dropdb; sync`], { env });
    };
    const work = 'import of a 1 GB database, verified';
    const command = 'import step: dump checked, restored into a new database, statistics, every table counted';
    const floor = new CpuFloor();
    await race({
      work,
      rounds: 3,
      warmUp: false,
      ours: {
        name: 'drp',
        command,
        prepare: clear,
        run: async () => {
          const facts = { outputs: { fetched }, choices: {} };
          done(await floor.turn(() => steps.run(databaseStep, bring, { facts })));
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
    context.value(floor.row({ work, command, limit: 1.12 }));
  },
});
