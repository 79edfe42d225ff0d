import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkScript } from '../../../src/checks/host/check-script.ts';
import { factsCommand, parseFacts } from '../../../src/checks/host/facts.ts';
import { mysqlFindings } from '../../../src/checks/host/mysql.ts';
import { endProcess, isRoot, launch, run, waitFor, type LabContext } from '../../lab/process.ts';
import { freePort } from '../../transports/sshd-fixture.ts';
import { needs } from './clean-host.ts';

// A source and a replica of MariaDB, asked as a host of them is asked.

jest.setTimeout(60_000);
const installed = existsSync('/usr/sbin/mariadbd') && existsSync('/usr/bin/mariadb-install-db');
if (!installed)
  console.warn('SKIPPED: no mariadb-server-core here, replication of MySQL is not tried on a real server');

type Name = 'source' | 'replica';
let lab: LabContext;
const ports: Record<Name, number> = { source: 0, replica: 0 };

const folder = (name: Name): string => join(lab.dir, name);
/** Of its own: a server that starts removes from there what it takes for a dead one's temporary tables. */
const temporary = (name: Name): string => `--tmpdir=${join(lab.dir, `${name}-tmp`)}`;
const socket = (name: Name): string => join(lab.dir, `${name}.sock`);

async function start(name: Name): Promise<void> {
  const options = [
    '--no-defaults',
    `--datadir=${folder(name)}`,
    temporary(name),
    `--socket=${socket(name)}`,
    `--port=${String(ports[name])}`,
    '--bind-address=127.0.0.1',
    `--server-id=${name === 'source' ? '1' : '2'}`,
    '--log-bin=log',
    '--innodb-buffer-pool-size=8M',
    '--innodb-flush-log-at-trx-commit=0',
    ...(isRoot() ? ['--user=nobody'] : []),
  ];
  await launch(lab, { name, argv: ['/usr/sbin/mariadbd', ...options], cwd: '/' });
  await waitFor(`${name} to answer`, async () => (await sql(name, 'select 1').catch(() => '')) || undefined);
}

const sql = async (name: Name, text: string): Promise<string> =>
  (await run(['mariadb', '--no-defaults', `--socket=${socket(name)}`, '-u', 'root', '-N', '-e', text])).stdout;

beforeAll(async () => {
  if (!installed) return;
  const dir = mkdtempSync(join(tmpdir(), 'drp-mysql-'));
  chmodSync(dir, 0o777);
  lab = { dir, net: '127.0.0', log: () => undefined };
  const nobody = isRoot() ? Number((await run(['id', '-u', 'nobody'])).stdout) : 0;
  for (const name of ['source', 'replica'] as const) {
    ports[name] = await freePort();
    for (const path of [folder(name), join(dir, `${name}-tmp`)]) {
      mkdirSync(path);
      if (isRoot()) chownSync(path, nobody, nobody);
    }
  }
  await Promise.all(
    (['source', 'replica'] as const).map(async (name) => {
      const open = ['--auth-root-authentication-method=normal', '--skip-test-db', '--skip-name-resolve'];
      const user = isRoot() ? ['--user=nobody'] : [];
      await run([
        'mariadb-install-db',
        '--no-defaults',
        `--datadir=${folder(name)}`,
        temporary(name),
        ...open,
        ...user,
      ]);
      await start(name);
    }),
  );
  mkdirSync(join(dir, 'home'));
  writeFileSync(join(dir, 'home', '.my.cnf'), `[client]\nuser=root\nsocket=${socket('replica')}\n`);
});

afterAll(async () => {
  if (!installed) return;
  for (const name of ['replica', 'source'] as const) await endProcess(lab, name);
  rmSync(lab.dir, { recursive: true, force: true });
});

/** What the check says of the replica's host, `STATUS: FOUND`. */
async function check(): Promise<readonly string[]> {
  const asked = { ...needs, mysqlReplica: true, limits: { ...needs.limits, lagMs: 60_000 } };
  const { args, mark } = factsCommand({ ...asked, services: [], sudo: [], folders: [] });
  const { stdout } = await run(['sh', '-c', checkScript('facts.sh'), 'drp', ...args], {
    env: { HOME: join(lab.dir, 'home') },
  });
  const at = Date.now();
  const facts = parseFacts(stdout, mark, { askedAtMs: at, answeredAtMs: at });
  return mysqlFindings(facts, asked).map(({ status, found }) => `${status}: ${found}`);
}

(installed ? describe : describe.skip)('a replica of MariaDB', () => {
  test('that was never told of a source is no replica', async () => {
    expect(await check()).toEqual(['fail: it is no replica']);
  });

  test('that follows is well', async () => {
    const to = `master_host='127.0.0.1', master_port=${String(ports.source)}, master_user='root', master_connect_retry=1`;
    await sql('source', "grant all on *.* to 'root'@'127.0.0.1'");
    await sql('replica', `change master to ${to}, master_use_gtid=no; start slave`);
    await waitFor('the replica to follow', async () => ((await check()).join().startsWith('ok') ? true : undefined));
    expect(await check()).toEqual(['ok: not behind']);
  });

  test('whose replay was stopped is named', async () => {
    await sql('replica', 'stop slave sql_thread');
    expect(await check()).toEqual(['fail: receives: Yes, applies: No']);
    await sql('replica', 'start slave sql_thread');
  });

  test('that cannot apply a change says which', async () => {
    await sql('source', 'create database shop; create table shop.orders (id int primary key)');
    const added = 'insert into shop.orders values (1)';
    await waitFor('the table', async () => await sql('replica', `${added}; select 1`).catch(() => undefined));
    await sql('source', added);
    await waitFor('the replica to stumble', async () =>
      (await check()).join().includes('applies: No') ? true : undefined,
    );
    expect(await check()).toEqual([expect.stringMatching(/^fail: receives: Yes, applies: No; .*Duplicate entry/)]);
  });

  test('whose source is gone is named', async () => {
    await sql('replica', 'stop slave; set global sql_slave_skip_counter = 1; start slave');
    await endProcess(lab, 'source');
    await waitFor('the replica to notice', async () =>
      (await check()).join().includes('receives: Connecting') ? true : undefined,
    );
    expect(await check()).toEqual([expect.stringMatching(/^fail: receives: Connecting, applies: (Yes|No); /)]);
  });

  test('that is down cannot be asked, and says why', async () => {
    await endProcess(lab, 'replica');
    expect(await check()).toEqual([expect.stringMatching(/^unknown: ERROR 2002 .*socket/)]);
  });
});
