import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Event } from '../../src/events/event.ts';
import type { RunSummary } from '../../src/views/run-summary.ts';
import { readServed } from '../demo/served.ts';
import { activate, drive, openStage, type Stage } from '../e2e/stage.ts';
import { treeLines } from '../e2e/trees.ts';
import { queryServer } from '../lab/dns-query.ts';
import { logFile } from '../lab/process.ts';
import type { Failure } from './campaign.ts';
import { killsOf, type Kill } from './kill-labels.ts';

export interface KillLab {
  readonly cases: number;
  readonly kills: number;
  readonly boundaries: number;
  readonly rounds: number;
  readonly failures: readonly Failure[];
}

/** Short: every activation and return waits for old answers to run out. */
const ttlSeconds = 2;
const preload = fileURLToPath(new URL('./kill-at-commit.ts', import.meta.url));
const procedures = { activation: activate, return: ['return', '--site', 'gravelines'] } as const;
type Procedure = keyof typeof procedures;

interface Passed {
  readonly end: Readonly<Record<string, unknown>>;
  readonly events: readonly Event[];
  readonly kills: number;
}

/**
 * Activation and return on the real lab, once undisturbed, then again and again with the driver killed at every journal
 * append and into every effect. `groups`: runs over which the kills of a procedure are spread; every kill happens once.
 */
export async function killOnLab(options: {
  readonly groups: number;
  readonly shard: { readonly index: number; readonly of: number };
  readonly random: () => number;
  readonly log: (line: string) => void;
}): Promise<KillLab> {
  const stage = await openStage({ tickets: false, ttlSeconds, databaseBytes: 300_000, filesBytes: 500_000 });
  // The time to live the runbook asks for is the one there is: else the first activation changes it, and later ones need not.
  stage.edit([{ path: ['dns', 'kyc', 'records', 'www', 'ttl'], value: `${String(ttlSeconds)}s` }]);
  const failures: Failure[] = [];
  let [kills, cases, rounds, boundaries] = [0, 0, 0, 0];
  try {
    const reference = await passRound(stage, { activation: [], return: [] });
    options.log(`  undisturbed: ${JSON.stringify(reference.activation.end)}`);
    const planned = {
      activation: killsOf(reference.activation.events, options.random),
      return: killsOf(reference.return.events, options.random),
    };
    boundaries = planned.activation.length + planned.return.length;
    for (let group = options.shard.index - 1; group < options.groups; group += options.shard.of) {
      const mine = (all: readonly Kill[]): readonly Kill[] =>
        all.filter((_kill, index) => index % options.groups === group);
      const round = await passRound(stage, { activation: mine(planned.activation), return: mine(planned.return) });
      rounds += 1;
      for (const procedure of ['activation', 'return'] as const) {
        const [was, is] = [reference[procedure], round[procedure]];
        kills += is.kills;
        cases += mine(planned[procedure]).length;
        options.log(`  ${procedure} ${String(group + 1)}: killed ${String(is.kills)} times`);
        for (const why of differences(was, is))
          failures.push({ case: `${procedure}, group ${String(group + 1)}`, why });
      }
    }
  } finally {
    if (failures.length === 0) await stage.end();
    else {
      options.log(`  the lab's folder stays for a look: ${stage.lab.facts.dir}`);
      await stage.lab.down();
    }
  }
  return { cases, kills, boundaries, rounds, failures };
}

/** A whole disaster and the way back, with a journal of its own. */
async function passRound(
  stage: Stage,
  kills: Readonly<Record<Procedure, readonly Kill[]>>,
): Promise<Readonly<Record<Procedure, Passed>>> {
  const journal = /^sqlite:(.*)$/.exec(stage.env['DRP_JOURNAL'] ?? '')?.[1] ?? '';
  rmSync(join(journal, '..'), { recursive: true, force: true });
  await stage.lab.fault('site-down', 'limburg');
  const activation = await pass(stage, 'activation', kills.activation);
  await stage.lab.fault('site-up', 'limburg');
  const back = await pass(stage, 'return', kills.return);
  return { activation, return: back };
}

async function pass(stage: Stage, procedure: Procedure, kills: readonly Kill[]): Promise<Passed> {
  const file = join(stage.lab.facts.dir, `kills-${procedure}.json`);
  writeFileSync(file, JSON.stringify(kills));
  rmSync(`${file}.done`, { force: true });
  const [mails, updates] = [mailsOf(stage).length, dnsUpdates(stage).length];
  const env = { NODE_OPTIONS: `--disable-warning=ExperimentalWarning --import=${preload}`, DRP_CAMPAIGN_KILLS: file };
  let args: readonly string[] = procedures[procedure];
  let troubles = 0;
  for (;;) {
    const driver = drive(stage, args, { env });
    const code = await driver.ended;
    if (code === 0) break;
    if (code !== 137 && (troubles += 1) > 5)
      throw new Error(`${procedure} ended with ${String(code)}:\n${driver.output()}`);
    const run = await newestRun(stage, procedure);
    args = run === undefined ? procedures[procedure] : ['resume', '--run', run];
  }
  const run = await newestRun(stage, procedure);
  const events = await stage.events(run ?? '');
  const end = await endState(stage, { run: run ?? '', events, mails, updates });
  const done = existsSync(`${file}.done`) ? readFileSync(`${file}.done`, 'utf8').split('\n').length - 1 : 0;
  return { end, events, kills: done };
}

/** Undefined where the driver died before there was a run. */
async function newestRun(stage: Stage, procedure: Procedure): Promise<string | undefined> {
  const { runs } = await stage.ask<{ runs: readonly { run: string; procedure: string; head?: { seq: number } }[] }>(
    'runs',
  );
  return runs.find((row) => row.procedure === procedure && row.head?.seq !== 0)?.run;
}

/** What must be the same after every run of a procedure, however often its driver died. */
async function endState(
  stage: Stage,
  seen: { readonly run: string; readonly events: readonly Event[]; readonly mails: number; readonly updates: number },
): Promise<Readonly<Record<string, unknown>>> {
  const { facts } = stage.lab;
  const summary: RunSummary = await stage.status(seen.run);
  const digest = (lines: readonly string[]): string =>
    createHash('sha256').update(lines.join('\n')).digest('hex').slice(0, 12);
  const answers = await Promise.all(
    (facts.dns?.servers ?? []).map((server) => queryServer(server, { name: facts.dns?.name ?? '', type: 'A' })),
  );
  const jobs = startedJobs(stage, seen.run);
  const mails = new Set(
    mailsOf(stage)
      .slice(seen.mails)
      .map((text) => /^Message-ID: (.*)$/im.exec(text)?.[1]?.replaceAll(seen.run, 'RUN')),
  );
  const base = (host: 'limburg' | 'gravelines'): string => facts.hosts[host].base;
  return {
    outcome: summary.outcome,
    served: await readServed(facts),
    dns: answers.map((answer) => answer.answers.map((record) => record.value).join()),
    files: digest(treeLines(join(base(summary.procedure === 'return' ? 'limburg' : 'gravelines'), 'www')).slice(1)),
    maintenance: (['limburg', 'gravelines'] as const).filter((host) =>
      existsSync(join(base(host), 'flags', 'maintenance')),
    ),
    claims: claimsOf(stage),
    steps: stepsDone(seen.events),
    jobs: [...new Set(jobs)].sort(),
    jobsTwice: jobs.filter((job, index) => jobs.indexOf(job) !== index),
    mails: mails.size,
    dnsUpdates: dnsUpdates(stage)
      .slice(seen.updates)
      .filter((line) => /adding an RR/.test(line)).length,
    obligations: summary.obligations
      // A driver killed while it claimed a host that is down by the end: only then nobody can tell whether the claim lies there.
      .filter((one) => one.settled === undefined && !one.text.startsWith('the claim of this run may still lie'))
      .map((one) => one.kind)
      .sort(),
  };
}

/** Steps in order of their names, each as often as it was done. */
function stepsDone(events: readonly Event[]): readonly string[] {
  return events.flatMap((event) => (event.type === 'step.done' ? [event.data.step] : [])).sort();
}

/** Steps whose job of this run began, once for each token. */
function startedJobs(stage: Stage, run: string): readonly string[] {
  return Object.values(stage.lab.facts.hosts).flatMap((host) => {
    const folder = join(host.home, '.drp', 'jobs');
    if (!existsSync(folder)) return [];
    return readdirSync(folder)
      .filter((token) => token.startsWith(`${run}.`) && existsSync(join(folder, token, 'started')))
      .map((token) => token.slice(run.length + 1).replace(/^\d+\./, ''));
  });
}

function claimsOf(stage: Stage): readonly string[] {
  return Object.values(stage.lab.facts.hosts).flatMap((host) => {
    const folder = join(host.home, '.drp', 'claims');
    return existsSync(folder) ? readdirSync(folder).filter((name) => !name.startsWith('.')) : [];
  });
}

function mailsOf(stage: Stage): readonly string[] {
  const folder = stage.lab.facts.smtp?.mailbox ?? '';
  return readdirSync(folder)
    .sort()
    .map((name) => readFileSync(join(folder, name), 'utf8'));
}

function dnsUpdates(stage: Stage): readonly string[] {
  return readFileSync(logFile(stage.context, 'ns1'), 'utf8')
    .split('\n')
    .filter((line) => line.includes('updating zone'));
}

function differences(was: Passed, is: Passed): readonly string[] {
  return Object.keys(was.end).flatMap((key) => {
    const [one, other] = [JSON.stringify(was.end[key]), JSON.stringify(is.end[key])];
    return one === other ? [] : [`${key}: ${String(other)} instead of ${String(one)}`];
  });
}
