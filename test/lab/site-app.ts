/**
 * The hosted service, as small as it can be: it says which site it is and what its database and files hold, and takes one kind of write.
 *
 * GET / and /health → 200 {site, release, users, orders, newest, filesRelease, maintenance}; 500 {site, error} without a database.
 * POST /write {token} → 201 {id, site, createdAt} once the row is committed; the token is kept in orders.note, since ids of two sites can meet.
 */
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import pg from 'pg';

interface Settings {
  readonly site: string;
  readonly address: string;
  readonly port: number;
  readonly databasePort: number;
  readonly passwordFile: string;
  readonly configFile: string;
  readonly releaseFile: string;
  readonly maintenanceFlag: string;
  /** Database to serve, where it is not the site's own. */
  readonly database?: string;
  /** UNIX socket to listen on instead of the port. */
  readonly socket?: string;
}

const settings = JSON.parse(process.argv[2] ?? '{}') as Settings;
const pool = new pg.Pool({
  host: settings.address,
  port: settings.databasePort,
  database: settings.database ?? 'kyc',
  user: 'kyc_app',
  password: readFileSync(settings.passwordFile, 'utf8').trim(),
  max: 4,
  connectionTimeoutMillis: 3_000,
  idleTimeoutMillis: 5_000,
});
pool.on('error', (error) => {
  console.error(`idle connection ended: ${error.message}`); // the database went away or was renamed; the next request opens a new one
});

const server = createServer((request, response) => {
  answer(request).then(
    ([status, body]) => {
      send(response, status, body);
    },
    (error: unknown) => {
      send(response, 500, { site: settings.site, error: error instanceof Error ? error.message : String(error) });
    },
  );
});
if (settings.socket === undefined) server.listen(settings.port, settings.address);
else server.listen(settings.socket);

async function answer(request: IncomingMessage): Promise<readonly [number, object]> {
  if (request.method === 'POST' && request.url === '/write') return write(await readBody(request));
  if (request.method === 'GET' && (request.url === '/' || request.url === '/health')) return [200, await state()];
  return [404, { site: settings.site, error: 'no such page' }];
}

async function state(): Promise<object> {
  const { rows } = await pool.query<{ users: string; orders: string; newest: Date | null }>(
    'SELECT (SELECT count(*) FROM kyc.users) AS users, (SELECT count(*) FROM kyc.orders) AS orders, (SELECT max(created_at) FROM kyc.orders) AS newest',
  );
  const [row] = rows;
  return {
    site: settings.site,
    release: releaseOf(settings.configFile),
    users: Number(row?.users),
    orders: Number(row?.orders),
    newest: row?.newest?.toISOString() ?? null,
    filesRelease: textOf(settings.releaseFile),
    maintenance: existsSync(settings.maintenanceFlag),
  };
}

async function write(body: string): Promise<readonly [number, object]> {
  const { token } = JSON.parse(body) as { token?: unknown };
  if (typeof token !== 'string' || token.length === 0)
    return [400, { site: settings.site, error: 'a token is needed' }];
  const { rows } = await pool.query<{ id: string; created_at: Date }>(
    'INSERT INTO kyc.orders (user_id, amount_cents, note, site) SELECT min(id), 100, $1, $2 FROM kyc.users RETURNING id, created_at',
    [token, settings.site],
  );
  const [row] = rows;
  return [201, { id: Number(row?.id), site: settings.site, createdAt: row?.created_at.toISOString() }];
}

function releaseOf(file: string): string | null {
  const text = textOf(file);
  return text === null ? null : (JSON.parse(text) as { release: string }).release;
}

function textOf(file: string): string | null {
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : null;
}

async function readBody(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(body)}\n`);
}
