import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Event } from '../../src/events/event.ts';
import { queryServer } from '../lab/dns-query.ts';
import { route53Calls } from '../lab/route53.ts';
import { expectTamperEvident } from './audit.ts';
import { rowsOfDump, rowsOfSite } from './rows.ts';
import { activate, drive, openStage, type Stage } from './stage.ts';
import { treeLines } from './trees.ts';

/** The work that is under way when drp is killed, and how long it is left to get there. */
const moments: readonly (readonly [work: string, pauseMs: number])[] = [
  ['evidence:declaration', 0],
  ['fence-production', 50],
  ['evidence:restoration', 300],
  ['fetch-database', 0],
  ['copy-files', 500],
  ['copy-files', 1_500],
  ['import-database', 0],
  ['import-database', 700],
  ['switch-database', 30],
  ['copy-configuration', 100],
  ['dns-to-recovery', 20],
  ['await-old-answers', 500],
];
const saidOf = (work: string): RegExp =>
  work.startsWith('evidence:')
    ? new RegExp(`gathering evidence for gate ${work.slice(9)}`)
    : new RegExp(`step started: ${work}`);

let stage: Stage;
let run = '';
let events: readonly Event[] = [];
const killed: string[] = [];

beforeAll(async () => {
  stage = await openStage({ tickets: false, filesBytes: 3_000_000 });
  const { endpoint, zoneId, accessKeyId, secretFile } = stage.lab.facts.route53!;
  const provider = { kind: 'route53', endpoint, zoneId, accessKeyId, secretAccessKey: { file: secretFile } };
  stage.edit([{ path: ['dns', 'kyc', 'provider'], value: provider }]);
  // Production is out of reach at once, and the copy takes long enough to be interrupted in its middle.
  await stage.lab.fault('link-refuse', 'limburg');
  await stage.lab.fault('link-slow', 'backup-odd', '2000000', '2');
  let args: readonly string[] = activate;
  for (const [work, pauseMs] of moments) {
    const begun = run === '' ? [] : await stage.events(run);
    const driver = drive(stage, args);
    try {
      const there = begun.some((event) => event.type === 'effect.started' && event.data.id === work);
      await driver.line(there ? /driver attached/ : saidOf(work));
      await delay(pauseMs);
      driver.child.kill('SIGKILL');
      await driver.ended;
      killed.push(`${work}: ${driver.child.signalCode ?? 'had ended'}`);
    } finally {
      driver.child.kill('SIGKILL');
    }
    run ||= (await stage.status()).run;
    args = ['resume', '--run', run];
  }
  const last = drive(stage, args);
  if ((await last.ended) !== 0) throw new Error(last.output());
  events = await stage.events(run);
}, 300_000);

afterAll(async () => {
  await stage.end();
});

describe('drp killed at ten moments of an activation (DNS at Route 53)', () => {
  test('was killed each time, and came to the same end', async () => {
    expect(killed.filter((one) => !one.endsWith('SIGKILL'))).toEqual([]);
    expect(killed.length).toBeGreaterThanOrEqual(10);
    expect((await stage.status(run)).outcome).toBe('completed');
  });

  test('what was done stays done: every step ended once, under the key of its one start', () => {
    const done = events.flatMap((event) => (event.type === 'step.done' ? [event.data.step] : []));
    expect(done).toEqual([...new Set(done)]);
    const keys = events.flatMap((event) =>
      event.type === 'effect.started' && event.data.source === 'step' ? [event.data.key] : [],
    );
    expect(keys).toEqual([...new Set(keys)]);
    expect(keys.map((key) => key.replace(/^\d+\./, '')).sort()).toEqual([...done].sort());
    expect(events.filter((event) => event.type === 'step.failed')).toEqual([]);
  });

  test('the running copy was joined again: its host had one job for it, under the token of its start', () => {
    const jobs = readdirSync(join(stage.lab.facts.hosts.gravelines.home, '.drp', 'jobs'));
    for (const step of ['copy-files', 'copy-configuration', 'fetch-database', 'import-database']) {
      const started = events.find((event) => event.type === 'effect.started' && event.data.id === step);
      const key = started?.type === 'effect.started' ? started.data.key : '';
      expect(jobs.filter((job) => job.endsWith(`.${step}`))).toEqual([`${run}.${key}`]);
    }
    const at = (type: string, id: string) =>
      events.findIndex((event) => event.type === type && JSON.stringify(event.data).includes(`"${id}"`));
    const drivers = events.flatMap((event, index) => (event.type === 'driver.attached' ? [index] : []));
    expect(
      drivers.filter((index) => index > at('effect.started', 'copy-files') && index < at('step.done', 'copy-files'))
        .length,
    ).toBeGreaterThanOrEqual(2);
  });

  test('files and rows are those of the backup', () => {
    const { backups, hosts } = stage.lab.facts;
    const tree = backups.trees.find(({ host }) => host !== 'backup-even')!.folder;
    expect(treeLines(join(hosts.gravelines.base, 'www'))).toEqual(treeLines(join(tree, 'www')));
    const dump = backups.dumps.find(({ host }) => host !== 'backup-even')!.file;
    expect(rowsOfSite(stage.context, 'gravelines')).toEqual(rowsOfDump(dump));
  });

  test('the name moved in one batch that deletes the old record and creates the new one, never UPSERT', async () => {
    const { dns, hosts } = stage.lab.facts;
    const changes = route53Calls(stage.context).filter((call) => call.operation === 'ChangeResourceRecordSets');
    expect(changes.flatMap((call) => call.changes?.map(({ action }) => action) ?? [])).not.toContain('UPSERT');
    const taken = changes.filter(({ status }) => status === 200);
    expect(taken.map((call) => call.changes?.map(({ action }) => action))).toEqual([['DELETE', 'CREATE']]);
    const answer = await queryServer(dns!.servers[0]!, { name: dns!.name, type: 'A' });
    expect(answer.answers.map((record) => record.value)).toEqual([hosts.gravelines.address]);
  });

  test('has a record that verifies, and shows every changed byte', async () => {
    await expectTamperEvident(stage, run);
  }, 60_000);
});
