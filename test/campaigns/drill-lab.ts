import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Event } from '../../src/events/event.ts';
import { rowsOfSite } from '../e2e/rows.ts';
import { activate, drive, openStage, type Stage } from '../e2e/stage.ts';
import { treeLines } from '../e2e/trees.ts';
import { startClient, stopClient } from '../lab/clients.ts';
import { queryServer } from '../lab/dns-query.ts';
import { readTimeline } from '../lab/measure.ts';
import { commandWords, processIds } from '../lab/process-table.ts';
import { randomFrom, type Failure } from './campaign.ts';
import { killsOf, type Kill } from './kill-labels.ts';

/** Ways a drill goes: to its end, called off by a person, made to give way by a real activation. */
const ways = ['to its end', 'called off', 'given way'] as const;
type Way = (typeof ways)[number];

export interface DrillLab {
  readonly cases: number;
  readonly failures: readonly Failure[];
  readonly figures: Readonly<Record<string, number>>;
}

const preload = fileURLToPath(new URL('./kill-at-commit.ts', import.meta.url));
const drill = ['drill', '--site', 'gravelines', '--ordered-by', 'anne', '--ordered-how', 'yearly plan'];
/** A drill whose driver ended this often by itself, other than told to, goes nowhere. */
const troublesMax = 5;

interface Passed {
  readonly end: Readonly<Record<string, unknown>>;
  readonly events: readonly Event[];
  readonly kills: number;
}

/**
 * Drills on the real lab, each way once undisturbed, then again and again with the driver killed at every journal append
 * and into every effect, those of the clean-up too. `groups`: drills over which the kills of a way are spread; `most`: so many
 * kills of each way are tried, all where absent.
 */
export async function killDrills(options: {
  readonly groups: number;
  readonly most?: number;
  readonly shard: { readonly index: number; readonly of: number };
  readonly seed: number;
  readonly log: (line: string) => void;
}): Promise<DrillLab> {
  const stage = await openStage({ tickets: false, recovery: 'stale', databaseBytes: 300_000, filesBytes: 500_000 });
  const failures: Failure[] = [];
  const figures = { kills: 0, drills: 0, requests: 0 };
  let cases = 0;
  try {
    const before = await livePicture(stage);
    await startClient(stage.context, 'probe', { everyMs: 200 });
    // Each shard takes its part of the ways' groups.
    const parts = ways.flatMap((way) => Array.from({ length: options.groups }, (_, group) => ({ way, group })));
    const references = new Map<Way, Passed>();
    for (let index = options.shard.index - 1; index < parts.length; index += options.shard.of) {
      const { way, group } = parts[index] ?? { way: 'to its end', group: 0 };
      const reference = references.get(way) ?? (await passDrill(stage, way, []));
      if (!references.has(way)) options.log(`  ${way}, undisturbed: ${JSON.stringify(reference.end)}`);
      references.set(way, reference);
      const all = killsOf(reference.events, randomFrom(options.seed));
      const planned = options.most === undefined ? all : spread(all, options.most);
      const mine = planned.filter((_kill, at) => at % options.groups === group);
      const passed = await passDrill(stage, way, mine);
      figures.kills += passed.kills;
      figures.drills += 1;
      cases += mine.length;
      options.log(`  ${way} ${String(group + 1)}: killed ${String(passed.kills)} of ${String(mine.length)} times`);
      const why = [
        ...differences('', reference.end, passed.end),
        ...differences('live: ', before, await livePicture(stage)),
      ];
      failures.push(...why.map((one) => ({ case: `${way}, group ${String(group + 1)}`, why: one })));
    }
    await stopClient(stage.context, 'probe');
    const ticks = readTimeline(stage.context.dir, 'probe');
    figures.requests = ticks.length;
    const strange = ticks.filter(({ site, status }) => site !== 'limburg' || status !== 200);
    if (strange.length > 0)
      failures.push({ case: 'users', why: `${String(strange.length)} requests differ: ${JSON.stringify(strange[0])}` });
  } finally {
    if (failures.length === 0) await stage.end();
    else {
      options.log(`  the lab's folder stays for a look: ${stage.lab.facts.dir}`);
      await stage.lab.down();
    }
  }
  return { cases, failures, figures };
}

/** Evenly over the whole list. */
function spread(all: readonly Kill[], most: number): readonly Kill[] {
  const every = Math.max(1, Math.ceil(all.length / most));
  return all.filter((_kill, index) => index % every === Math.floor(every / 2));
}

/** One drill, driven again after every kill until it has ended. */
async function passDrill(stage: Stage, way: Way, kills: readonly Kill[]): Promise<Passed> {
  const journal = /^sqlite:(.*)$/.exec(stage.env['DRP_JOURNAL'] ?? '')?.[1] ?? '';
  rmSync(join(journal, '..'), { recursive: true, force: true });
  const file = join(stage.lab.facts.dir, 'kills-drill.json');
  writeFileSync(file, JSON.stringify(kills));
  rmSync(`${file}.done`, { force: true });
  const mails = mailsOf(stage);
  const said: Said = { left: false };
  let args: readonly string[] = drill;
  let troubles = 0;
  for (;;) {
    const code = await driveOnce(stage, way, { args, file, said });
    const run = await runOf(stage, 'drill');
    const outcome = run === undefined ? undefined : (await stage.status(run)).outcome;
    if (outcome !== undefined) break;
    if (code !== 137 && !(code === 3 && way === 'given way') && (troubles += 1) > troublesMax)
      throw new Error(`the drill (${way}) ended with ${String(code)}: ${said.output ?? ''}`);
    args = run === undefined ? drill : ['resume', '--run', run];
    // The real run is a false alarm, and over before anybody has time for the clean-up.
    if (way === 'given way' && code !== 137) await endRealRun(stage);
  }
  await endRealRun(stage);
  const run = (await runOf(stage, 'drill')) ?? '';
  const events = await stage.events(run);
  const done = existsSync(`${file}.done`) ? readFileSync(`${file}.done`, 'utf8').split('\n').length - 1 : 0;
  return { end: await endState(stage, { way, run, events, mails }), events, kills: done };
}

interface Said {
  /** The word that makes the drill leave its way was said. */
  left: boolean;
  output?: string;
}

async function driveOnce(
  stage: Stage,
  way: Way,
  given: { readonly args: readonly string[]; readonly file: string; readonly said: Said },
): Promise<number> {
  const { args, file, said } = given;
  const env = { NODE_OPTIONS: `--disable-warning=ExperimentalWarning --import=${preload}`, DRP_CAMPAIGN_KILLS: file };
  const stays = way === 'called off' ? 'switchover' : 'import';
  const answers = (gate: string): boolean => way === 'to its end' || said.left || gate !== stays;
  const driver = drive(stage, args, { env, answers });
  if (way !== 'to its end' && !said.left) {
    const there = await driver
      .line(new RegExp(`approve with: drp approve ${stays} --run (\\S+) `))
      .catch(() => undefined);
    if (there !== undefined) {
      said.left = true;
      if (way === 'called off') await stage.drp('abort', '--run', there[1] ?? '', '--reason', 'seen enough');
      else await stage.drp(...activate);
    }
  }
  const code = await driver.ended;
  said.output = driver.output();
  return code;
}

async function endRealRun(stage: Stage): Promise<void> {
  const real = await runOf(stage, 'activation');
  if (real === undefined || (await stage.status(real)).outcome !== undefined) return;
  await stage.drp('abort', '--run', real, '--reason', 'false alarm');
  await stage.drp('resume', '--run', real);
}

/** The newest of a procedure. Undefined where the driver died before there was one. */
async function runOf(stage: Stage, procedure: string): Promise<string | undefined> {
  const { runs } = await stage.ask<{
    runs: readonly { readonly run: string; readonly procedure: string; readonly head?: { readonly seq: number } }[];
  }>('runs');
  return runs.find((row) => row.procedure === procedure && row.head?.seq !== 0)?.run;
}

/** What must be the same after every drill that went this way, however often its driver died. */
async function endState(
  stage: Stage,
  seen: {
    readonly way: Way;
    readonly run: string;
    readonly events: readonly Event[];
    readonly mails: number;
  },
): Promise<Readonly<Record<string, unknown>>> {
  const { facts } = stage.lab;
  const folders = Object.values(facts.hosts);
  const here = (path: string): readonly string[] => (existsSync(path) ? readdirSync(path) : []);
  const summary = await stage.status(seen.run);
  const jobs = folders.flatMap(({ home }) =>
    here(join(home, '.drp', 'jobs'))
      .filter((token) => token.startsWith(`${seen.run}.`) && existsSync(join(home, '.drp', 'jobs', token, 'started')))
      .map((token) => token.slice(seen.run.length + 1).replace(/^\d+\./, '')),
  );
  const done = seen.events.flatMap((event) => (event.type === 'step.done' ? [event.data.step] : []));
  // How far a copy was when the real run came is chance.
  const told = seen.way === 'given way' ? done.filter((step) => /^(stop|drop|remove)-/.test(step)) : done;
  return {
    outcome: summary.outcome,
    steps: told.sort(),
    jobsTwice: jobs.filter((job, index) => jobs.indexOf(job) !== index),
    folders: folders.flatMap(({ base }) => here(join(base, '.drp'))),
    claims: folders.flatMap(({ home }) => here(join(home, '.drp', 'claims')).filter((name) => !name.startsWith('.'))),
    databases: await Promise.all(
      (['limburg', 'gravelines'] as const).map((site) =>
        stage.lab.sql(
          site,
          "select string_agg(datname, ',' order by 1) from pg_database where datname ~ 'drill|_drp_'",
        ),
      ),
    ),
    running: folders.flatMap(({ base }) => runningIn(join(base, '.drp'))),
    mails: mailsOf(stage) - seen.mails,
    owed: summary.obligations.filter((one) => one.settled === undefined).map(({ kind }) => kind),
    verified: (await stage.drp('audit', 'verify', '--run', seen.run)).exitCode,
  };
}

/** All that is live on both sides: every file, every row, what the name servers say, who listens. */
async function livePicture(stage: Stage): Promise<Readonly<Record<string, unknown>>> {
  const { dns, hosts } = stage.lab.facts;
  const digest = (lines: readonly string[]): string =>
    createHash('sha256').update(lines.join('\n')).digest('hex').slice(0, 12);
  const files = (site: 'limburg' | 'gravelines'): string =>
    digest(treeLines(hosts[site].base, ['.drp', 'flags']).slice(1));
  const rows = (site: 'limburg' | 'gravelines'): string => {
    const all = rowsOfSite(stage.context, site);
    return `${String(all.length)} ${digest(all)}`;
  };
  const databases = (site: 'limburg' | 'gravelines'): Promise<string> =>
    stage.lab.sql(site, "select string_agg(datname, ',' order by 1) from pg_database");
  return {
    files: [files('limburg'), files('gravelines')],
    rows: [rows('limburg'), rows('gravelines')],
    databases: [await databases('limburg'), await databases('gravelines')],
    dns: await Promise.all(
      (dns?.servers ?? []).map(async (server) => {
        const { answers } = await queryServer(server, { name: dns?.name ?? '', type: 'A' });
        return answers.map(({ value }) => value).join();
      }),
    ),
  };
}

/** Programs whose words name a folder: what serves a copy, for one. */
function runningIn(folder: string): readonly string[] {
  return processIds()
    .map((pid) => commandWords(pid).join(' '))
    .filter((words) => words.includes(folder));
}

function mailsOf(stage: Stage): number {
  return readdirSync(stage.lab.facts.smtp?.mailbox ?? '').length;
}

type State = Readonly<Record<string, unknown>>;

function differences(of: string, was: State, is: State): readonly string[] {
  return Object.keys(was).flatMap((key) => {
    const [one, other] = [JSON.stringify(was[key]), JSON.stringify(is[key])];
    return one === other ? [] : [`${of}${key}: ${String(other)} instead of ${String(one)}`];
  });
}
