import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import type { DatabaseFacts, SiteName } from './facts.ts';
import { isRoot, launch, logFile, run, waitFor, type LabContext } from './process.ts';
import { hostAddress, hostFolder } from './sshd.ts';

export const postgresPort = 5432;
/** A UNIX socket's path may have 107 bytes; PostgreSQL adds this to the folder. */
const socketSuffix = `/.s.PGSQL.${String(postgresPort)}`;
const dataFolder = (lab: LabContext, site: SiteName): string => join(hostFolder(lab, site), 'pg', 'data');
const socketFolder = (lab: LabContext, site: SiteName): string => join(hostFolder(lab, site), 'pg', 'run');
const secretFile = (lab: LabContext, site: SiteName, role: string): string =>
  join(hostFolder(lab, site), 'etc', `${role}.password`);
export const postgresProcess = (site: SiteName): string => `postgres-${site}`;

/** Folder of PostgreSQL's programs: Debian keeps them out of PATH, one folder a version. */
export function postgresPrograms(): string {
  const root = '/usr/lib/postgresql';
  const versions = existsSync(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a)) : [];
  const found = versions
    .map((version) => join(root, version, 'bin'))
    .find((folder) => existsSync(join(folder, 'initdb')));
  if (found === undefined)
    throw new Error('PostgreSQL is not installed: apt-get install --no-install-recommends postgresql-15');
  return found;
}

export function databaseFacts(lab: LabContext, site: SiteName): DatabaseFacts {
  return {
    host: hostAddress(lab, site),
    port: postgresPort,
    name: 'kyc',
    user: 'kyc_owner',
    passwordFile: secretFile(lab, site, 'kyc_owner'),
    socketFolder: socketFolder(lab, site),
    superuser: 'postgres',
  };
}

/** The file with the password the site's application logs in with. */
export const appPasswordFile = (lab: LabContext, site: SiteName): string => secretFile(lab, site, 'kyc_app');

/** Passwords of a lab: one a role, the same on both sites, as roles are copied from one to the other. */
export function makePasswords(lab: LabContext): void {
  for (const role of ['kyc_owner', 'kyc_app', 'auditor']) {
    const password = randomBytes(12).toString('hex');
    for (const site of ['limburg', 'gravelines'] as const) {
      mkdirSync(join(hostFolder(lab, site), 'etc'), { recursive: true });
      writeFileSync(secretFile(lab, site, role), `${password}\n`, { mode: 0o600 });
    }
  }
  for (const site of ['limburg', 'gravelines'] as const) {
    const password = readFileSync(secretFile(lab, site, 'kyc_owner'), 'utf8').trim();
    const file = join(hostFolder(lab, site), 'home', '.pgpass');
    writeFileSync(file, `${hostAddress(lab, site)}:${String(postgresPort)}:*:kyc_owner:${password}\n`, { mode: 0o600 });
  }
}

/** Makes a site's cluster, with roles and no database of ours, and starts it. */
export async function makeCluster(lab: LabContext, site: SiteName): Promise<void> {
  if (Buffer.byteLength(socketFolder(lab, site) + socketSuffix) > 107) {
    throw new Error(`${lab.dir} is too long a path for a UNIX socket below it; use a shorter --dir`);
  }
  for (const folder of [join(hostFolder(lab, site), 'pg'), dataFolder(lab, site), socketFolder(lab, site)]) {
    mkdirSync(folder, { recursive: true });
    if (isRoot())
      chownSync(
        folder,
        Number((await run(['id', '-u', 'postgres'])).stdout),
        Number((await run(['id', '-g', 'postgres'])).stdout),
      );
  }
  chmodSync(dataFolder(lab, site), 0o700);
  const initdb = join(postgresPrograms(), 'initdb');
  await run(
    [
      initdb,
      '-D',
      dataFolder(lab, site),
      '-U',
      'postgres',
      '-E',
      'UTF8',
      '--locale=C.UTF-8',
      '--no-sync',
      '--no-instructions',
      '-A',
      'peer',
    ],
    {
      user: 'postgres',
    },
  );
  writeServerConfig(lab, site);
  await startPostgres(lab, site);
  await sql(lab, { site, database: 'postgres' }, roles(lab, site));
}

/** Starts a site's cluster, also after a power cut; resolves when it answers. */
export async function startPostgres(lab: LabContext, site: SiteName): Promise<void> {
  rmSync(join(dataFolder(lab, site), 'postmaster.pid'), { force: true }); // after a KILL its pid may be another process's by now
  await launch(lab, {
    name: postgresProcess(site),
    argv: [join(postgresPrograms(), 'postgres'), '-D', dataFolder(lab, site)],
    user: 'postgres',
    cwd: '/',
    stopSignal: 'SIGINT', // fast shutdown: TERM would wait for every client to leave
  });
  await waitFor(
    `PostgreSQL of ${site}; see ${logFile(lab, postgresProcess(site))}`,
    async () => (await sql(lab, { site, database: 'postgres' }, 'SELECT 1')).trim() || undefined,
    30_000,
  );
}

/** Runs SQL as the superuser over the site's UNIX socket and gives the rows, unaligned, `|` between columns. Stops at the first error. */
export async function sql(
  lab: LabContext,
  where: { readonly site: SiteName; readonly database?: string },
  text: string,
): Promise<string> {
  const argv = [
    'psql',
    '-X',
    '-q',
    '-At',
    '-v',
    'ON_ERROR_STOP=1',
    '-h',
    socketFolder(lab, where.site),
    '-p',
    String(postgresPort),
    '-U',
    'postgres',
  ];
  return (
    await run([...argv, '-d', where.database ?? 'kyc', '-f', '-'], {
      input: text,
      env: { PGOPTIONS: '-c client_min_messages=warning' },
    })
  ).stdout;
}

/** Fills production's database up to a moment; about `bytes` of rows. */
export async function fillDatabase(
  lab: LabContext,
  options: { readonly bytes: number; readonly until: Date },
): Promise<void> {
  await sql(lab, { site: 'limburg', database: 'postgres' }, 'CREATE DATABASE kyc OWNER kyc_owner;');
  const schema = readFileSync(new URL('schema.sql', import.meta.url), 'utf8');
  await sql(
    lab,
    { site: 'limburg' },
    `SET ROLE kyc_owner;\nSET search_path = kyc, public;\n${schema}\n${bulkRows(options)}`,
  );
  await sql(lab, { site: 'limburg' }, 'ANALYZE;');
}

/** Orders as customers make them, spread evenly over an interval, oldest first; the trigger counts them. */
export async function addOrders(
  lab: LabContext,
  interval: { readonly from: Date; readonly to: Date; readonly count: number },
): Promise<void> {
  const { from, to, count } = interval;
  await sql(
    lab,
    { site: 'limburg' },
    `INSERT INTO kyc.orders (user_id, amount_cents, status, note, created_at)
     SELECT 1 + n * 37 % (SELECT max(id) FROM kyc.users), 500 + n, 'new', 'order ' || n,
            timestamptz '${from.toISOString()}' + (timestamptz '${to.toISOString()}' - timestamptz '${from.toISOString()}') * n / ${String(count + 1)}
     FROM generate_series(1, ${String(count)}) AS n;`,
  );
}

/** The command that runs one of PostgreSQL's client programs against a site as the superuser. */
export function clientArgv(lab: LabContext, site: SiteName, program: string): readonly string[] {
  return [
    join(postgresPrograms(), program),
    '-h',
    socketFolder(lab, site),
    '-p',
    String(postgresPort),
    '-U',
    'postgres',
  ];
}

function bulkRows({ bytes, until }: { readonly bytes: number; readonly until: Date }): string {
  const users = Math.min(100_000, Math.max(300, Math.floor(bytes / 8_000)));
  const orders = users * 4;
  const documents = Math.max(40, Math.floor((bytes * 0.75) / 16_384));
  const end = `timestamptz '${until.toISOString()}'`;
  return `
ALTER TABLE kyc.orders DISABLE TRIGGER order_counted;
SELECT setseed(0.42);
INSERT INTO kyc.users (email, name, country, created_at)
  SELECT 'user' || n || '@example.test', (ARRAY['Ana','Bram','Chloé','Dörte','Émile','Łucja','O''Neil','李'])[1 + n % 8] || ' ' || md5(n::text),
         (ARRAY['NL','FR','DE','BE','LU','PL'])[1 + n % 6], ${end} - interval '700 days' + interval '600 days' * n / ${String(users)}
  FROM generate_series(1, ${String(users)}) AS n;
INSERT INTO kyc.orders (user_id, amount_cents, status, note, created_at)
  SELECT 1 + (n * 7919::bigint) % ${String(users)}, 100 + n % 90000, (ARRAY['paid','checked','refused']::kyc.order_status[])[1 + n % 3],
         CASE n % 50 WHEN 0 THEN E'a note\\nwith a newline, a \\t tab, a \\\\ and "quotes"' WHEN 1 THEN '' ELSE NULL END,
         ${end} - interval '90 days' + interval '90 days' * n / ${String(orders + 1)}
  FROM generate_series(1, ${String(orders)}) AS n;
UPDATE kyc.users SET orders_count = made FROM (SELECT user_id, count(*) AS made FROM kyc.orders GROUP BY user_id) AS counted WHERE user_id = id;
INSERT INTO kyc.events (at, kind, detail) SELECT created_at, 'order', jsonb_build_object('order', id) FROM kyc.orders;
INSERT INTO kyc.events (at, kind) SELECT timestamptz '2025-06-01' + interval '1 hour' * n, 'audit' FROM generate_series(1, 500) AS n;
ALTER TABLE kyc.orders ENABLE TRIGGER order_counted;
CREATE TEMP TABLE noise AS
  SELECT piece, (SELECT string_agg(sha512((piece * 1000 + k)::text::bytea), '' ORDER BY k) FROM generate_series(1, 512) AS k) AS bytes FROM generate_series(0, 15) AS piece;
INSERT INTO kyc.documents (user_id, title, content, created_at)
  SELECT 1 + (n * 31::bigint) % ${String(users)}, 'passport ' || n, int8send(n) || substr(bytes, 1 + (n / 16) % 16384, 16000 + n % 380),
         ${end} - interval '80 days' + interval '80 days' * n / ${String(documents + 1)}
  FROM generate_series(1, ${String(documents)}) AS n JOIN noise ON noise.piece = n % 16;
UPDATE kyc.documents SET scan = lo_from_bytea(0, 'scan of document ' || id::text::bytea || (SELECT bytes FROM noise WHERE piece = 0)) WHERE id <= 5;
REFRESH MATERIALIZED VIEW kyc.orders_by_country;`;
}

function writeServerConfig(lab: LabContext, site: SiteName): void {
  const data = dataFolder(lab, site);
  const settings = [
    `listen_addresses = '${hostAddress(lab, site)}'`,
    `port = ${String(postgresPort)}`,
    `unix_socket_directories = '${socketFolder(lab, site)}'`,
    'fsync = off', // the page cache outlives a killed process, which is all a lab does to it
    'shared_buffers = 64MB',
    'max_wal_size = 512MB',
    'wal_level = minimal',
    'max_wal_senders = 0',
    'max_connections = 60',
    "log_line_prefix = '%m [%p] %d %u '",
    "timezone = 'UTC'",
  ];
  const owned = (name: string, text: string, flag: 'a' | 'w'): void => {
    writeFileSync(join(data, name), text, { flag });
  };
  owned('postgresql.conf', `\n${settings.join('\n')}\n`, 'a');
  owned('pg_hba.conf', 'local all all peer map=lab\nhost all all 127.0.0.0/8 scram-sha-256\n', 'w');
  const users = [...new Set(['postgres', 'root', userInfo().username])];
  owned('pg_ident.conf', users.map((user) => `lab ${user} postgres\nlab ${user} kyc_owner\n`).join(''), 'w');
}

function roles(lab: LabContext, site: SiteName): string {
  const password = (role: string): string => readFileSync(secretFile(lab, site, role), 'utf8').trim();
  return `
CREATE ROLE kyc_owner LOGIN CREATEDB PASSWORD '${password('kyc_owner')}';
CREATE ROLE kyc_read;
CREATE ROLE kyc_app LOGIN PASSWORD '${password('kyc_app')}' CONNECTION LIMIT 20;
CREATE ROLE auditor LOGIN PASSWORD '${password('auditor')}' IN ROLE kyc_read;
GRANT pg_signal_backend, kyc_read TO kyc_owner;
`;
}
