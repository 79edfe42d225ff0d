import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { existsSync, readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Event, EventOf } from '../../src/events/event.ts';
import type { ObligationSummary } from '../../src/views/run-summary.ts';
import { startClient, stopClient } from '../lab/clients.ts';
import { queryServer } from '../lab/dns-query.ts';
import { measure, readTimeline } from '../lab/measure.ts';
import { waitFor } from '../lab/process.ts';
import { withoutResolver } from './no-resolver.ts';
import { rowsOfSite } from './rows.ts';
import { activate, drive, driveToEnd, openStage, outputsOf, type Stage } from './stage.ts';
import { treeLines } from './trees.ts';

const drill = ['drill', '--site', 'gravelines', '--ordered-by', 'anne', '--ordered-how', 'yearly plan'];

let stage: Stage;

beforeAll(async () => {
  stage = await openStage({ tickets: false, recovery: 'stale' });
}, 120_000);

afterAll(async () => {
  await stage.end();
});

/** What a drill made, on disk, in the server, on its port. Empty: nothing. */
async function leftovers(): Promise<readonly string[]> {
  const { hosts } = stage.lab.facts;
  const folder = join(hosts.gravelines.base, '.drp');
  const names = await stage.lab.sql('gravelines', "select datname from pg_database where datname ~ '^drill|_drp_'");
  const open = await new Promise<boolean>((resolve) => {
    const socket = connect({ host: hosts.gravelines.address, port: 8444 });
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => {
      resolve(false);
    });
  });
  return [
    ...(existsSync(folder) ? [folder] : []),
    ...names.split('\n').filter((name) => name !== ''),
    ...(open ? ['port 8444'] : []),
  ];
}

const started = (events: readonly Event[]): readonly string[] =>
  events.flatMap((event) => (event.type === 'effect.started' && event.data.source === 'step' ? [event.data.id] : []));
const mails = (): readonly string[] => readdirSync(stage.lab.facts.smtp!.mailbox);
/** All that is live on both sides, but what users write meanwhile. */
const live = () => {
  const { limburg, gravelines } = stage.lab.facts.hosts;
  const bare = (folder: string) => treeLines(folder, ['.drp', 'flags']).slice(1);
  return { production: bare(limburg.base), recovery: bare(gravelines.base) };
};

describe('a drill while users work on production', () => {
  let run = '';
  let events: readonly Event[] = [];
  let before: ReturnType<typeof live>;
  let databases = '';
  let rows: readonly string[] = [];
  let counts: Readonly<Record<string, number>> = {};
  const countsOf = async (site: 'limburg' | 'gravelines') => {
    const tables = ['users', 'orders', 'documents'];
    const parts = tables.map((table) => `'${table}', (select count(*) from kyc.${table})`);
    return JSON.parse(await stage.lab.sql(site, `select json_build_object(${parts.join(', ')})`)) as typeof counts;
  };
  const databasesOf = () => stage.lab.sql('gravelines', 'select datname from pg_database order by 1');

  beforeAll(async () => {
    before = live();
    databases = await databasesOf();
    rows = rowsOfSite(stage.context, 'gravelines');
    counts = await countsOf('limburg');
    await startClient(stage.context, 'probe', { everyMs: 100 });
    await startClient(stage.context, 'writer', { everyMs: 100 });
    await waitFor('ticks before the drill', () =>
      Promise.resolve(readTimeline(stage.context.dir, 'writer').length >= 10 || undefined),
    );
    run = await driveToEnd(stage, [...drill, '--scenario', 'fire', '--unannounced']);
    events = await stage.events(run);
    await stopClient(stage.context, 'writer');
    await stopClient(stage.context, 'probe');
  }, 120_000);

  test('comes to its end, and says what it is from its first event on', async () => {
    expect((await stage.status(run)).outcome).toBe('completed');
    const began = events[0] as EventOf<'run.began'>;
    expect(began.data).toMatchObject({
      mode: 'drill',
      procedure: 'drill',
      exercise: { scenario: 'fire', announced: false },
      situation: { what: expect.stringMatching(/^EXERCISE: fire/), lost: ['limburg'] },
    });
  });

  test('not one request of a user differs: all served by production, every row kept', async () => {
    const ticks = readTimeline(stage.context.dir, 'probe');
    expect(ticks.length).toBeGreaterThan(50);
    expect([...new Set(ticks.map(({ site, status }) => `${site ?? 'nobody'} ${String(status)}`))]).toEqual([
      'limburg 200',
    ]);
    const { acknowledged, loss, windows } = await measure(stage.context);
    expect(windows).toEqual([]);
    expect(acknowledged).toBe(readTimeline(stage.context.dir, 'writer').length);
    expect(loss.limburg.missing).toBe(0);
  });

  test('every row of the recovery database is as it was; production has the rows its users wrote, and no other', async () => {
    expect(rows.length).toBeGreaterThan(100);
    expect(rowsOfSite(stage.context, 'gravelines')).toEqual(rows);
    const now = await countsOf('limburg');
    const written = readTimeline(stage.context.dir, 'writer').length;
    const { users, orders, documents } = counts;
    expect(now).toMatchObject({ users, documents, orders: orders! + written });
  });

  test('nothing live has changed: files of both sides to the byte, databases of the recovery site, DNS', async () => {
    expect(live()).toEqual(before);
    expect(await databasesOf()).toBe(databases);
    const { dns, hosts } = stage.lab.facts;
    for (const server of dns!.servers) {
      const answer = await queryServer(server, { name: dns!.name, type: 'A' });
      expect(answer.answers.map(({ value }) => value)).toEqual([hosts.limburg.address]);
    }
  });

  test('what was restored was real: rows and files of the backup, answered under the real name', () => {
    const outputs = outputsOf(events);
    const rows = (outputs['import-database']!['rows'] ?? {}) as Record<string, number>;
    expect(rows['kyc.orders']).toBeGreaterThan(100);
    expect(outputs['copy-files']).toMatchObject({
      switched: true,
      to: { path: expect.stringContaining('/.drp/drill/gravelines/www') },
    });
    const seen = JSON.stringify(outputs['verify-recovery']);
    expect(seen).toContain(`\\"orders\\":${String(rows['kyc.orders'])}`);
    expect(seen).toContain('\\"site\\":\\"gravelines\\"');
  });

  test('nobody outside was told: no mail has left, the texts are in the record as EXERCISE', () => {
    expect(mails()).toEqual([]);
    const told = events.filter((event) => event.type === 'step.done' && event.data.step.startsWith('announce-'));
    expect(told).toHaveLength(2);
    for (const event of told)
      expect(JSON.stringify(event.data)).toMatch(/EXERCISE: simulated.*EXERCISE: DRP gravelines/);
  });

  test('everything it made is gone', async () => {
    expect(await leftovers()).toEqual([]);
  });

  test('its record verifies, and its report cannot be taken for a real one', async () => {
    expect((await stage.drp('audit', 'verify', '--run', run)).exitCode).toBe(0);
    const report = await stage.drp('report', run);
    expect(report.stdout).toMatch(/DRILL \(EXERCISE\)/);
    expect(report.stdout).toMatch(
      /Recovery time \(RTO\) \|[^|]*\| \d[^|]*\| met \| EXERCISE: what a real activation would have taken/,
    );
    expect((await stage.drp('status', '--run', run)).stdout).toMatch(/DRILL/);
  });
});

describe('a drill that is killed', () => {
  const moments: readonly (readonly [work: string, pauseMs: number])[] = [
    ['isolate-gravelines', 20],
    ['copy-files', 150],
    ['import-database', 400],
    ['serve-copy', 30],
  ];
  const inCleanUp: typeof moments = [
    ['stop-copy', 20],
    ['drop-recovery', 10],
    ['remove-gravelines', 10],
  ];
  let run = '';
  const killAt = async ([work, pauseMs]: (typeof moments)[number]): Promise<void> => {
    const args = run === '' ? [...drill, '--scenario', 'datacentre'] : ['resume', '--run', run];
    const there = run !== '' && started(await stage.events(run)).includes(work);
    const driver = drive(stage, args);
    await driver.line(there ? /driver attached/ : new RegExp(`step started: ${work}`));
    await delay(pauseMs);
    driver.child.kill('SIGKILL');
    await driver.ended;
    run ||= /^run (\S+),/m.exec(driver.output())?.[1] ?? '';
  };

  test('is found by resume at every moment, also in its clean-up, and leaves nothing', async () => {
    for (const moment of moments) await killAt(moment);
    // Called off here: the way out leads through the clean-up.
    const leaving = drive(stage, ['resume', '--run', run], { answers: (gate) => gate !== 'switchover' });
    await leaving.line(/gate switchover open/);
    expect((await stage.drp('abort', '--run', run, '--reason', 'seen enough')).exitCode).toBe(0);
    await leaving.line(/step started: stop-copy/);
    leaving.child.kill('SIGKILL');
    await leaving.ended;
    expect(await leftovers()).not.toEqual([]);
    for (const moment of inCleanUp) {
      if (!started(await stage.events(run)).includes('remove-gravelines')) await killAt(moment);
    }
    const last = drive(stage, ['resume', '--run', run]);
    await last.ended;
    expect((await stage.status(run)).outcome).toBe('aborted');
    expect(await leftovers()).toEqual([]);
    expect((await stage.drp('audit', 'verify', '--run', run)).exitCode).toBe(0);
  }, 120_000);
});

describe('a real activation while a drill is under way', () => {
  let exercise = '';
  let real = '';

  test('goes first: the drill gives way, says so, and owes its clean-up', async () => {
    const driver = drive(stage, drill, { answers: (gate) => gate === 'order' || gate === 'restoration' });
    await driver.line(/gate import open/);
    exercise = /^run (\S+),/m.exec(driver.output())?.[1] ?? '';
    const begun = await stage.drp(...activate);
    expect(begun.exitCode).toBe(75);
    real = /^run (\S+),/m.exec(begun.stderr)?.[1] ?? '';
    expect(await driver.ended).toBe(3);
    const events = await stage.events(exercise);
    expect(events.find((event) => event.type === 'run.preempted')?.data).toMatchObject({ by: real });
    const { obligations } = await stage.ask<{ obligations: ObligationSummary[] }>('obligation', 'list');
    expect(obligations).toContainEqual(expect.objectContaining({ kind: 'cleanup', run: exercise }));
    expect((await stage.status()).run).toBe(real);
  }, 60_000);

  test('no other drill begins meanwhile', async () => {
    const refused = await stage.drp(...drill);
    expect(refused.exitCode).toBe(3);
    expect(refused.stderr).toContain(`real run ${real} is under way`);
  });

  test('afterwards the clean-up is offered, done, and owed no longer', async () => {
    expect((await stage.drp('abort', '--run', real, '--reason', 'false alarm')).exitCode).toBe(0);
    await drive(stage, ['resume', '--run', real]).ended;
    expect(await leftovers()).not.toEqual([]);
    await drive(stage, ['resume', '--run', exercise]).ended;
    expect(await leftovers()).toEqual([]);
    expect((await stage.status(exercise)).outcome).toBe('aborted');
    const { obligations } = await stage.ask<{ obligations: ObligationSummary[] }>('obligation', 'list');
    expect(obligations.filter(({ kind }) => kind === 'cleanup')).toEqual([]);
  }, 60_000);
});

describe('a real activation while a drill lies there that nobody drives', () => {
  test('takes the site from it without being held up, and its clean-up is done afterwards', async () => {
    const driver = drive(stage, drill, { answers: (gate) => gate === 'order' || gate === 'restoration' });
    await driver.line(/gate import open/);
    const exercise = /^run (\S+),/m.exec(driver.output())?.[1] ?? '';
    driver.child.kill('SIGKILL');
    await driver.ended;
    const startedMs = performance.now();
    const begun = await stage.drp(...activate);
    expect(begun.exitCode).toBe(75);
    // Two minutes is what a drill is given to stop what runs.
    expect(performance.now() - startedMs).toBeLessThan(60_000);
    const events = await stage.events(exercise);
    expect(events.some(({ type }) => type === 'run.preempted')).toBe(true);
    expect(JSON.stringify(events)).not.toContain('internal error');
    const real = /^run (\S+),/m.exec(begun.stderr)?.[1] ?? '';
    await stage.drp('abort', '--run', real, '--reason', 'false alarm');
    await drive(stage, ['resume', '--run', real]).ended;
    await drive(stage, ['resume', '--run', exercise]).ended;
    expect(await leftovers()).toEqual([]);
  }, 120_000);
});

describe('a drill with production cut off and no DNS at all', () => {
  test('passes', async () => {
    await stage.lab.fault('site-down', 'limburg');
    await stage.lab.fault('dns-down', 'ns1');
    await stage.lab.fault('dns-down', 'ns2');
    const run = await driveToEnd(stage, [...drill, '--scenario', 'network'], withoutResolver(stage.lab.facts.dir));
    expect((await stage.status(run)).outcome).toBe('completed');
    expect(await leftovers()).toEqual([]);
  }, 120_000);
});

describe('where the site is in use', () => {
  test('no drill begins: the name servers send users to the recovery site', async () => {
    await stage.lab.fault('dns-up', 'ns1');
    await stage.lab.fault('dns-up', 'ns2');
    const { hosts } = stage.lab.facts;
    stage.edit([
      { path: ['dns', 'kyc', 'records', 'www', 'production'], value: [hosts.gravelines.address] },
      { path: ['dns', 'kyc', 'records', 'www', 'recovery'], value: [hosts.limburg.address] },
    ]);
    const refused = await stage.drp(...drill);
    expect(refused.exitCode).toBe(3);
    expect(refused.stderr).toMatch(/DNS sends users to the recovery site/);
  });
});
