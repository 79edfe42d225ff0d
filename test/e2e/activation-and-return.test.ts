import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Event, EventOf } from '../../src/events/event.ts';
import { stepsOf } from '../../src/plan/phases.ts';
import type { Plan } from '../../src/plan/plan.ts';
import type { ObligationSummary } from '../../src/views/run-summary.ts';
import { startClient, stopClient } from '../lab/clients.ts';
import { queryServer } from '../lab/dns-query.ts';
import { measure, readTimeline, turns } from '../lab/measure.ts';
import { logFile, waitFor } from '../lab/process.ts';
import { expectTamperEvident } from './audit.ts';
import { withoutResolver } from './no-resolver.ts';
import { rowsOfDump, rowsOfSite } from './rows.ts';
import { activate, driveToEnd, openStage, outputsOf, type Stage } from './stage.ts';
import { treeLines } from './trees.ts';

let stage: Stage;
let run = '';
let events: readonly Event[] = [];
let returned: readonly Event[] = [];
/** What production's writer was told is kept, before the fire. */
let orphans: readonly string[] = [];

const acknowledged = (): readonly string[] =>
  readTimeline(stage.context.dir, 'writer').flatMap((tick) => (tick.status === 201 ? (tick.token ?? []) : []));
const doneAt = (all: readonly Event[], step: string): string =>
  all.find((event) => event.type === 'step.done' && event.data.step === step)?.at ?? '';

/** A command as the plan shows it, where `<…>` stands for what is known only at run time. */
const likePlanned = (command: string): RegExp =>
  new RegExp(
    `^${command
      .split(/<[^<>]+>/)
      .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`))
      .join('.+')}$`,
    's',
  );

beforeAll(async () => {
  stage = await openStage();
  await startClient(stage.context, 'probe');
  await startClient(stage.context, 'writer');
  await waitFor('rows after the last backup', () => Promise.resolve(acknowledged().length >= 10 || undefined));
  await stopClient(stage.context, 'writer');
  await stage.lab.fault('site-down', 'limburg');
  orphans = acknowledged();
  // No name is looked up on the way: neither the lost site's resolver nor any other is there.
  run = await driveToEnd(stage, activate, withoutResolver(stage.lab.facts.dir));
  events = await stage.events(run);
}, 240_000);

afterAll(async () => {
  await stage.end();
});

describe('an activation with production lost and no resolver', () => {
  test('ends completed, with users at gravelines alone', async () => {
    expect((await stage.status(run)).outcome).toBe('completed');
    const switchedMs = Date.parse(doneAt(events, 'dns-to-recovery'));
    await waitFor('ten seconds of ticks', () => Promise.resolve(Date.now() > switchedMs + 13_000 || undefined));
    const ticks = readTimeline(stage.context.dir, 'probe').filter((tick) => Date.parse(tick.at) > switchedMs + 11_000);
    expect(ticks.length).toBeGreaterThan(5);
    expect(ticks.map(({ site, status, error }) => `${site ?? error ?? 'nobody'} ${String(status)}`)).toEqual(
      ticks.map(() => 'gravelines 200'),
    );
    expect(turns(readTimeline(stage.context.dir, 'probe')).map(({ site }) => site)).toEqual(['limburg', 'gravelines']);
  });

  test('runs what the plan shows: the commands of every step that was started, in the order of the plan', async () => {
    const { plans } = await stage.ask<{ plans: readonly Plan[] }>('plan', '--site', 'gravelines');
    const planned = new Map(
      stepsOf(plans.find(({ procedure }) => procedure === 'activation')!).map((step) => [step.id, step.commands]),
    );
    const started = events.flatMap((event) =>
      event.type === 'effect.started' && event.data.source === 'step' ? [event.data] : [],
    );
    expect(started.length).toBeGreaterThan(10);
    for (const { id, commands } of started) {
      const shown = planned.get(id)!;
      expect(commands).toHaveLength(shown.length);
      commands.forEach((command, at) => expect(command).toMatch(likePlanned(shown[at]!)));
    }
  });

  test('leaves files as in the newest backup that did not burn: content, modes, owners, links, times, odd names', () => {
    const { backups, hosts } = stage.lab.facts;
    const tree = backups.trees.find(({ host }) => host !== 'backup-even')!.folder;
    const { base } = hosts.gravelines;
    const www = treeLines(join(base, 'www'));
    expect(www.length).toBeGreaterThan(300);
    expect(www).toEqual(treeLines(join(tree, 'www')));
    const own = ['listen.conf', 'cron.d'];
    const files = (folder: string) => treeLines(folder, own).slice(1); // the folder's own time moves with what is in it
    expect(files(join(base, 'config'))).toEqual(files(join(tree, 'config')));
    expect(readFileSync(join(base, 'config', 'listen.conf'), 'utf8')).toContain(hosts.gravelines.address);
  });

  test('leaves rows as in the newest dump that did not burn', () => {
    const dump = stage.lab.facts.backups.dumps.find(({ host }) => host !== 'backup-even')!.file;
    const backup = rowsOfDump(dump);
    expect(backup.length).toBeGreaterThan(1_000);
    expect(rowsOfSite(stage.context, 'gravelines')).toEqual(backup);
  });

  test('moves that one name with one update, at both servers', async () => {
    const { dns, hosts } = stage.lab.facts;
    for (const server of dns!.servers) {
      const answer = await queryServer(server, { name: dns!.name, type: 'A' });
      expect(answer.answers.map((record) => record.value)).toEqual([hosts.gravelines.address]);
    }
    const log = readFileSync(logFile(stage.context, 'ns1'), 'utf8').split('\n');
    const updates = log.flatMap((line) => /key drp-update.*: updating zone '[^']*': (.*)$/.exec(line)?.[1] ?? []);
    expect(updates).toEqual([
      "deleting rrset at 'www.kyc.test' A",
      `adding an RR at 'www.kyc.test' A ${hosts.gravelines.address}`,
    ]);
  });

  test('writes exactly one ticket, with its second message, and two mails', async () => {
    const { tickets, smtp } = stage.lab.facts;
    if (tickets !== undefined) {
      const token = readFileSync(tickets.tokenFile, 'utf8').trim();
      const ask = async (path: string) => {
        const reply = await fetch(`${tickets.url}/REST/2.0${path}`, { headers: { authorization: `token ${token}` } });
        return (await reply.json()) as { total: number; items: { Type?: string }[] };
      };
      expect((await ask(`/tickets?query=${encodeURIComponent(`Queue = '${tickets.queue}'`)}`)).total).toBe(1);
      const { items } = await ask('/ticket/1/history?fields=Type&per_page=100');
      expect(items.filter(({ Type }) => Type === 'Create' || Type === 'Correspond')).toHaveLength(2);
    }
    const mails = readdirSync(smtp!.mailbox).map((name) => readFileSync(join(smtp!.mailbox, name), 'utf8'));
    const subjects = mails
      .filter((mail) => /^X-Envelope-From: drp@/m.test(mail))
      .map((mail) => /^Subject: (.*)$/m.exec(mail)?.[1]);
    expect(subjects.sort()).toEqual([
      expect.stringContaining('ready, DNS next'),
      expect.stringContaining('users are served'),
    ]);
  });

  test('releases the site and goes on owing the fencing: the run is not closed', async () => {
    expect(existsSync(join(stage.lab.facts.hosts.gravelines.home, '.drp', 'claims', 'gravelines'))).toBe(false);
    const { obligations } = await stage.ask<{ obligations: ObligationSummary[] }>('obligation', 'list');
    expect(obligations.map(({ kind }) => kind)).toContain('fencing');
    expect(obligations.filter(({ kind }) => kind === 'ticket')).toEqual([]);
    const status = await stage.drp('status', '--run', run);
    expect(`${status.stdout}${status.stderr}`).toMatch(/fencing/);
    const { runs } = await stage.ask<{ runs: { standing: string }[] }>('runs');
    expect(runs.map(({ standing }) => standing)).toEqual([expect.stringMatching(/^completed, \d+ owed$/)]);
  });

  test('has a record that verifies, and shows every changed byte', async () => {
    await expectTamperEvident(stage, run);
  }, 60_000);
});

describe('the return, while users go on writing', () => {
  let back = '';
  let startedAt = '';

  beforeAll(async () => {
    await startClient(stage.context, 'writer');
    await waitFor('rows of gravelines', () =>
      Promise.resolve(acknowledged().length >= orphans.length + 10 || undefined),
    );
    await stage.lab.fault('site-up', 'limburg');
    startedAt = new Date().toISOString();
    back = await driveToEnd(stage, ['return', '--site', 'gravelines']);
    returned = await stage.events(back);
    await stopClient(stage.context, 'writer');
    await stopClient(stage.context, 'probe');
  }, 240_000);

  test('begins by settling the fencing that was owed', async () => {
    const settled = returned.findIndex((event) => event.type === 'obligation.settled');
    const frozen = returned.findIndex(
      (event) => event.type === 'effect.started' && event.data.id === 'freeze-production-site',
    );
    expect(settled).toBeGreaterThan(0);
    expect(settled).toBeLessThan(frozen);
    const { obligations } = await stage.ask<{ obligations: ObligationSummary[] }>('obligation', 'list');
    expect(obligations.filter(({ kind }) => kind === 'fencing')).toEqual([]);
  });

  test('brings every row home that users were told is kept', async () => {
    const { loss } = await measure(stage.context);
    const mine = new Set(orphans);
    expect(loss.limburg.error).toBeUndefined();
    expect(acknowledged().length).toBeGreaterThan(orphans.length + 20);
    expect(loss.limburg.tokens.filter((token) => !mine.has(token))).toEqual([]);
  });

  test('keeps and counts what production had written after its last backup', () => {
    const salvage = outputsOf(returned)['salvage-production']!;
    const { base } = stage.lab.facts.hosts.limburg;
    const folder = join(base, 'quarantine', `${back}-salvage-production`);
    const kept = rowsOfDump(join(folder, 'kyc.dump'));
    expect(orphans.filter((token) => !kept.some((line) => line.includes(token)))).toEqual([]);
    const backup = new Set(rowsOfDump(stage.lab.facts.backups.dumps.find(({ host }) => host !== 'backup-even')!.file));
    const orders = kept.filter((line) => !backup.has(line) && /\tnew\t/.test(line)).length;
    expect(orders).toBeGreaterThanOrEqual(orphans.length);
    expect(salvage['orphans']).toMatchObject({ 'kyc.orders': orders });
    const gate = returned.find(
      (event): event is EventOf<'gate.opened'> => event.type === 'gate.opened' && event.data.gate === 'salvage',
    );
    expect(JSON.stringify(gate!.data.statement.evidence)).toContain(`kyc.orders ${String(orders)}`);
  });

  test('keeps users waiting in the frozen window and at no other moment', async () => {
    const { windows } = await measure(stage.context);
    const down = windows.filter(({ toAt }) => toAt > startedAt);
    const from = returned.find(
      (event) => event.type === 'effect.started' && event.data.id === 'freeze-recovery-site',
    )!.at;
    const untilMs = Date.parse(doneAt(returned, 'dns-to-production')) + 11_000;
    expect(down).toHaveLength(1);
    expect(Object.keys(down[0]!.errors)).toEqual(['maintenance']);
    expect(Date.parse(down[0]!.fromAt)).toBeGreaterThan(Date.parse(from) - 400);
    expect(Date.parse(down[0]!.toAt)).toBeLessThan(untilMs);
    expect(turns(readTimeline(stage.context.dir, 'probe')).map(({ site }) => site)).toEqual([
      'limburg',
      'gravelines',
      'limburg',
    ]);
  });

  test('has a record that verifies, and shows every changed byte', async () => {
    await expectTamperEvident(stage, back);
  }, 60_000);
});
