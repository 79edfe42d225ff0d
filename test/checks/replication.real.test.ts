import { afterAll, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/base/clock.ts';
import type { CheckContext, Finding } from '../../src/checks/check.ts';
import { databaseProbes } from '../../src/checks/database-probes.ts';
import { runChecks } from '../../src/checks/run-checks.ts';
import { createTransportPool } from '../../src/transports/pool.ts';
import type { TransportPool } from '../../src/transports/transport.ts';
import { postgresPrograms } from '../lab/postgres.ts';
import { endProcess, launch, run, waitFor, type LabContext } from '../lab/process.ts';
import { freePort, startSshd, type SshdFixture } from '../transports/sshd-fixture.ts';

// A primary and a standby made with pg_basebackup, each with a folder and a port of its own, behind one sshd.

jest.setTimeout(60_000);

type Name = 'primary' | 'standby';
const limit = 1_500;
const programs = postgresPrograms();

let sshd: SshdFixture;
let pool: TransportPool;
let lab: LabContext;
const ports: Record<Name, number> = { primary: 0, standby: 0 };

const data = (name: Name): string => join(lab.dir, name);
const server = (name: Name): Promise<unknown> =>
  launch(lab, {
    name,
    argv: [join(programs, 'postgres'), '-D', data(name), '-p', String(ports[name]), '-k', lab.dir],
    user: 'postgres',
    cwd: '/',
    stopSignal: 'SIGINT',
  });
const sql = async (name: Name, text: string): Promise<string> => {
  const argv = ['psql', '-X', '-q', '-At', '-h', '127.0.0.1', '-p', String(ports[name]), '-U', 'checker', 'postgres'];
  return (await run([...argv, '-c', text])).stdout.trim();
};
const answers = (name: Name): Promise<true> =>
  waitFor(`${name} to answer`, async () => ((await sql(name, 'select 1').catch(() => '')) === '1' ? true : undefined));
const streams = (): Promise<true> =>
  waitFor('the standby to stream', async () =>
    (await sql('primary', "select count(*) from pg_stat_replication where state = 'streaming'")) === '1'
      ? true
      : undefined,
  );
const write = (): Promise<string> => sql('primary', 'insert into written select now()');

beforeAll(async () => {
  const dir = mkdtempSync(join(tmpdir(), 'drp-standby-'));
  chmodSync(dir, 0o777);
  lab = { dir, net: '127.0.0', log: () => undefined };
  for (const name of ['primary', 'standby'] as const) ports[name] = await freePort();
  const quick = ['-E', 'UTF8', '--locale=C.UTF-8', '--no-sync', '--no-instructions'];
  await run([join(programs, 'initdb'), '-D', data('primary'), '-U', 'checker', '-A', 'trust', ...quick], {
    user: 'postgres',
  });
  const settings = [
    'fsync = off',
    "listen_addresses = '127.0.0.1'",
    'shared_buffers = 16MB',
    'wal_keep_size = 64MB',
    'max_standby_streaming_delay = -1',
  ];
  writeFileSync(join(data('primary'), 'postgresql.conf'), `\n${settings.join('\n')}\n`, { flag: 'a' });
  await server('primary');
  await answers('primary');
  await sql('primary', 'create table written (at timestamptz)');
  const from = ['-h', '127.0.0.1', '-p', String(ports.primary), '-U', 'checker'];
  await run(
    [join(programs, 'pg_basebackup'), '-D', data('standby'), ...from, '-R', '-C', '-S', 'south', '-c', 'fast'],
    {
      user: 'postgres',
    },
  );
  await server('standby');
  await answers('standby');
  sshd = await startSshd({ keyTypes: ['ed25519'] });
  pool = createTransportPool([sshd.target()]);
});

afterAll(async () => {
  await pool?.closeAll();
  await sshd?.stop();
  for (const name of ['standby', 'primary'] as const) await endProcess(lab, name);
  rmSync(lab.dir, { recursive: true, force: true });
});

beforeEach(async () => {
  await streams();
  await write();
});

async function check(): Promise<readonly string[]> {
  const database = (name: Name) => ({
    host: 'gravelines',
    address: '127.0.0.1',
    port: ports[name],
    name,
    user: 'checker',
  });
  const runbook = {
    site: 'gravelines',
    hosts: { gravelines: { datacentre: 'south', user: sshd.target().user, base: '/' } },
    databases: { primary: database('primary'), standby: database('standby') },
    backups: {},
    service: { recovery: { host: 'gravelines' } },
    activation: {},
    return: {},
    checks: { lag: limit, hosts: {}, databases: { standby: { standby: true }, primary: { standbys: 1 } } },
  };
  const context = {
    runbook,
    hosts: pool,
    clock: systemClock,
    signal: AbortSignal.timeout(30_000),
    lost: [],
  } as unknown as CheckContext;
  const { findings } = await runChecks(databaseProbes(context.runbook), context);
  return findings.filter(({ probe }) => probe !== 'database.reachable').map(spelt);
}

const spelt = ({ probe, subject, status, found }: Finding): string =>
  `${status} ${probe} ${subject}: ${found.replace(/(, its last change is|for) .*/, '')}`;

const followed = 'ok database.replication primary: 1 standby follows';
const well = 'ok database.replication standby: a standby that streams';

test('a primary and its standby are well, also when nobody has written for longer than the limit', async () => {
  expect(await check()).toEqual([followed, well]);
  await systemClock.sleep(limit + 200);
  expect(await check()).toEqual([followed, well]);
});

test('a replay that was paused is named at the standby alone', async () => {
  await sql('standby', 'select pg_wal_replay_pause()');
  try {
    expect(await check()).toEqual([followed, 'fail database.replication standby: a standby whose replay is paused']);
  } finally {
    await sql('standby', 'select pg_wal_replay_resume()');
  }
});

test('a replay that is held up and falls behind is named at the standby alone', async () => {
  // A reader's lock conflicts with what comes, and replay waits for it.
  const hold = `begin; select count(*) from written; select pg_sleep(60)`;
  const to = ['-h', '127.0.0.1', '-p', String(ports.standby), '-U', 'checker', 'postgres'];
  await launch(lab, { name: 'reader', argv: ['psql', '-X', '-q', '-At', ...to, '-c', hold], cwd: '/' });
  await waitFor('a reader', async () =>
    (await sql(
      'standby',
      "select count(*) from pg_locks where mode = 'AccessShareLock' and granted and relation = 'written'::regclass",
    )) === '1'
      ? true
      : undefined,
  );
  await sql('primary', 'truncate written');
  await write();
  await systemClock.sleep(limit + 200);
  expect(await check()).toEqual([
    followed,
    expect.stringMatching(/^fail database\.replication standby: a standby with \d+ \wB to catch up on$/),
  ]);
  await endProcess(lab, 'reader');
});

test('a standby that was stopped is named at the slot it left, beside that it gives no answer', async () => {
  await endProcess(lab, 'standby');
  try {
    await waitFor('the slot to be idle', async () =>
      (await sql('primary', 'select count(*) from pg_replication_slots where active')) === '0' ? true : undefined,
    );
    expect(await check()).toEqual([
      'fail database.replication primary: nobody reads from slot south: its standby is gone, and WAL piles up',
    ]);
  } finally {
    await server('standby');
    await answers('standby');
  }
});

test('a slot that is missing is named by the primary, and where nothing is received any more', async () => {
  await endProcess(lab, 'standby');
  await sql('primary', "select pg_drop_replication_slot('south')");
  await server('standby');
  await answers('standby');
  try {
    expect(await check()).toEqual([
      'fail database.replication primary: no standby follows',
      'fail database.replication standby: a standby that receives nothing',
    ]);
  } finally {
    await sql('primary', "select pg_create_physical_replication_slot('south')");
  }
});

test('a standby that was promoted is named, and the slot it left', async () => {
  await sql('standby', 'select pg_promote()');
  expect(await check()).toEqual([
    'fail database.replication primary: nobody reads from slot south: its standby is gone, and WAL piles up',
    'fail database.replication standby: no standby: it takes writes itself',
  ]);
});
