import { spawn, type ChildProcess } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../../src/base/clock.ts';
import { renderExport } from '../../src/journal/export.ts';
import { openSqliteJournal } from '../../src/journal/sqlite-journal.ts';
import type { RunSummary } from '../../src/views/run-summary.ts';
import { drp, lastJson } from '../demo/drp.ts';
import { freeNet } from '../demo/free-net.ts';
import { startLab, type Lab } from '../lab/lab.ts';
import { statOf } from '../lab/process-table.ts';
import { below } from './campaign.ts';

const program = fileURLToPath(new URL('../../bin/drp', import.meta.url));
const parked = 75;

/** One state folder after the other: each knows of the run only what a copy told it. */
export interface Stores {
  readonly lab: Lab;
  readonly random: () => number;
  readonly log: (line: string) => void;
  /** Folder of state folder `index`. */
  index: number;
  hops: number;
  /** Jobs that were under way when their host was "rebooted". */
  rebooted: number;
}

function journalOf(stores: Stores): string {
  return join(stores.lab.facts.dir, `state-${String(stores.index)}`, 'journal.sqlite');
}

function envOf(stores: Stores): NodeJS.ProcessEnv {
  const { dir } = stores.lab.facts;
  mkdirSync(join(dir, `state-${String(stores.index)}`), { recursive: true });
  return { ...process.env, DRP_RUNBOOKS: join(dir, 'runbooks'), DRP_JOURNAL: `sqlite:${journalOf(stores)}` };
}

/**
 * Plays operator and authoriser through the documented commands. While hops are left, a driver is killed at a random moment and
 * the run is adopted into a fresh state folder from a copy 0 to `behindMax` events old. Resolves with the run.
 */
async function playWithAdoptions(stores: Stores, begin: readonly string[], behindMax: number): Promise<string> {
  let ended = await step(stores, begin);
  for (let rounds = 0; rounds < 80; rounds += 1) {
    const summary = await summaryOf(stores);
    if (summary.outcome !== undefined) return summary.run;
    if (ended === 'killed') {
      await adopt(stores, summary.run, below(stores.random, behindMax + 1));
    } else {
      const gate = summary.gates.find((one) => one.state === 'open');
      const stuck = stuckOf(summary);
      if (ended === parked && stuck.length > 0 && stores.rebooted > 0) await retry(stores, summary.run, stuck);
      else if (ended !== parked || gate?.digest === undefined) {
        throw new Error(`run ${summary.run} ended with ${String(ended)} in ${summary.at}: ${JSON.stringify(stuck)}`);
      } else
        await approve(stores, summary.run, {
          id: gate.id,
          digest: gate.digest,
          signed: gate.statement?.policy.strength !== 'os-user',
        });
    }
    ended = await step(stores, ['resume']);
  }
  throw new Error('the run does not come to an end');
}

type Stuck = RunSummary['phases'][number]['steps'];

function stuckOf(summary: RunSummary): Stuck {
  return summary.phases.flatMap(({ steps }) => steps.filter(({ state }) => state === 'failed' || state === 'in-doubt'));
}

/** What was cut off by the "reboot" waits for a person, who has seen that nothing of it runs. */
async function retry(stores: Stores, run: string, stuck: Stuck): Promise<void> {
  for (const { id, state, reason } of stuck) {
    stores.log(`${id} ${state}: ${reason ?? ''}`);
    const said = ['decide', 'retry', id, '--run', run, '--reason', 'the host was rebooted; nothing of it runs'];
    const ended = await drp(said, envOf(stores));
    if (ended.exitCode !== 0 && ended.exitCode !== parked) throw new Error(`retry ${id}: ${ended.stderr}`);
  }
}

/** One driving command; killed at a random moment while hops are left. */
async function step(stores: Stores, args: readonly string[]): Promise<number | 'killed'> {
  const child = spawn(program, args, { env: envOf(stores), stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  const ended = new Promise<number | 'killed'>((resolve) => {
    child.on('close', (code, signal) => {
      resolve(signal === 'SIGKILL' ? 'killed' : (code ?? 1));
    });
  });
  // Not before the run is on record: then there would be nothing to adopt.
  const lost = stores.hops > 0 && below(stores.random, 4) > 0 && existsSync(journalOf(stores)) && args[0] === 'resume';
  const killing = new AbortController();
  if (lost) void killDriver(stores, child, killing.signal);
  const end = await ended;
  killing.abort();
  if (end === 'killed') stores.hops -= 1;
  else if (end !== parked && end !== 0) stores.log(said.trimEnd());
  return end;
}

/** Kills at a random instant; or while a job is under way, together with everything the remote user runs: a "reboot". */
async function killDriver(stores: Stores, child: ChildProcess, signal: AbortSignal): Promise<void> {
  const reboot = below(stores.random, 2) === 0;
  const untilMs = Date.now() + (reboot ? 60_000 : 500 + below(stores.random, 5_000));
  let passed = reboot ? below(stores.random, 40) : 0;
  while (!signal.aborted && Date.now() < untilMs) {
    // Some looks later than the first at which a job runs: not always the first job, nor its first instant.
    if (reboot && runningJobs(stores.lab).length > 0 && passed-- <= 0) break;
    await systemClock.sleep(10);
  }
  if (signal.aborted) return;
  child.kill('SIGKILL');
  if (!reboot) return;
  const jobs = runningJobs(stores.lab);
  for (const pid of jobs) endGroup(pid);
  stores.rebooted += jobs.length;
  stores.log(`reboot: ${String(jobs.length)} jobs under way ended`);
}

async function adopt(stores: Stores, run: string, behind: number): Promise<void> {
  const { facts } = stores.lab;
  const journal = openSqliteJournal({ path: journalOf(stores) });
  const history = (await journal.runs()).filter((row) => row.finished);
  const files: { file: string; ended: boolean }[] = [];
  for (const one of [...history.map((row) => row.run).reverse(), run]) {
    const all = await journal.stored(one);
    const stored = one === run ? all.slice(0, Math.max(1, all.length - behind)) : all;
    const file = join(facts.dir, `copy-${String(stores.index)}-${one}.jsonl`);
    writeFileSync(file, renderExport({ run: one, exportedAt: new Date().toISOString(), version: '0' }, stored));
    files.push({ file, ended: one !== run });
    if (one === run)
      stores.log(`killed; copy ${String(behind)} events old, ${String(stored.length)} of ${String(all.length)}`);
  }
  await journal.close();
  stores.index += 1;
  for (const { file } of files) {
    const key = ['--person', 'otto', '--key', facts.people.otto.keyFile];
    const ended = await drp(['run', 'adopt', file, '--reason', 'the machine burnt', ...key], envOf(stores));
    if (ended.exitCode !== 0) throw new Error(`adopt ended with ${String(ended.exitCode)}: ${ended.stderr}`);
  }
}

async function approve(
  stores: Stores,
  run: string,
  gate: { readonly id: string; readonly digest: string; readonly signed: boolean },
): Promise<void> {
  const { people } = stores.lab.facts;
  const signed = gate.signed ? ['--person', 'anne', '--key', people.anne.keyFile] : [];
  const said = ['--statement', gate.digest.slice(0, 12), ...signed, '--reason', 'as expected'];
  const ended = await drp(['approve', gate.id, '--run', run, ...said], envOf(stores));
  if (ended.exitCode !== 0 && ended.exitCode !== parked) throw new Error(`approve ${gate.id}: ${ended.stderr}`);
}

/** One activation and one return of a lab of its own, each with drivers lost on the way; resolves with what did not hold. */
export async function labHistory(
  random: () => number,
  log: (line: string) => void,
  options: { readonly hops: number; readonly returns: boolean },
): Promise<{ readonly wrong: readonly string[]; readonly rebooted: number }> {
  const place = mkdtempSync(join(tmpdir(), 'drp-'));
  chmodSync(place, 0o755); // as root, the lab's services run as other users and must pass through
  const lab = await startLab({ dir: join(place, 'lab'), net: await freeNet(), ttlSeconds: 10, log: () => undefined });
  try {
    await lab.fault('site-down', 'limburg');
    const stores: Stores = { lab, random, log, index: 0, hops: options.hops, rebooted: 0 };
    const wrong = await judged(stores, await playWithAdoptions(stores, situation, behindMax));
    if (!options.returns) return { wrong, rebooted: stores.rebooted };
    await lab.fault('site-up', 'limburg');
    stores.hops = options.hops;
    const back = await judged(stores, await playWithAdoptions(stores, ['return', '--site', 'gravelines'], behindMax));
    return { wrong: [...wrong, ...back], rebooted: stores.rebooted };
  } finally {
    await lab.down();
    rmdirSync(place);
  }
}

const behindMax = 8;
const situation = [
  ...['activate', '--site', 'gravelines', '--what', 'fire in Limburg', '--since', 'now', '--lost', 'limburg'],
  ...['--ordered-by', 'anne', '--ordered-how', 'ticket and call'],
];

async function judged(stores: Stores, run: string): Promise<readonly string[]> {
  const { lab } = stores;
  const { outcome, procedure } = await summaryOf(stores, run);
  const verified = await drp(
    ['audit', 'verify', '--run', run, '--allowed-signers', lab.facts.allowedSigners],
    envOf(stores),
  );
  const twice = doneTwice(lab, run);
  return [
    ...(outcome === 'completed' ? [] : [`the ${procedure} ended as ${String(outcome)}`]),
    ...(verified.exitCode === 0 ? [] : [`the record of the ${procedure} does not verify: ${verified.stdout}`]),
    ...(twice.length === 0 ? [] : [`run twice in the ${procedure}: ${twice.join(', ')}`]),
  ];
}

async function summaryOf(stores: Stores, run?: string): Promise<RunSummary> {
  const asked = ['status', '--json', ...(run === undefined ? [] : ['--run', run])];
  const { run: summary } = lastJson(await drp(asked, envOf(stores))) as { run: RunSummary | null };
  if (summary === null) throw new Error('there is no run');
  return summary;
}

function endGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch (thrown) {
    // It came to its own end just now.
    if ((thrown as { readonly code?: unknown }).code !== 'ESRCH') throw thrown;
  }
}

/** Leaders of the jobs under way on the hosts of the lab; each opened a session of its own, so its group is the job. */
function runningJobs(lab: Lab): readonly number[] {
  return Object.values(lab.facts.hosts).flatMap(({ home }) => {
    const jobs = join(home, '.drp', 'jobs');
    return (existsSync(jobs) ? readdirSync(jobs) : []).flatMap((token) => {
      const started = join(jobs, token, 'started');
      if (!existsSync(started) || existsSync(join(jobs, token, 'rc'))) return [];
      const [pid = '', born = ''] = readFileSync(started, 'utf8').split(' ');
      // Only while the process is the one that was started: a number may have been given away again.
      return statOf(Number(pid))?.startTime === born && Number(pid) > 1 ? [Number(pid)] : [];
    });
  });
}

/** Steps of which more than one job on the hosts of the lab came to a good end. */
function doneTwice(lab: Lab, run: string): readonly string[] {
  const good = Object.values(lab.facts.hosts).flatMap(({ home }) => {
    const jobs = join(home, '.drp', 'jobs');
    if (!existsSync(jobs)) return [];
    return readdirSync(jobs)
      .filter((token) => token.startsWith(`${run}.`) && existsSync(join(jobs, token, 'rc')))
      .filter((token) => readFileSync(join(jobs, token, 'rc'), 'utf8').trim() === '0')
      .map((token) => token.slice(run.length + 1).replace(/^[^.]*\./, ''));
  });
  return [...new Set(good.filter((one, index) => good.indexOf(one) !== index))];
}
