import { spawn } from 'node:child_process';
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
import { renderExport } from '../../src/journal/export.ts';
import { openSqliteJournal } from '../../src/journal/sqlite-journal.ts';
import type { RunSummary } from '../../src/views/run-summary.ts';
import { drp, lastJson } from '../demo/drp.ts';
import { freeNet } from '../demo/free-net.ts';
import { startLab, type Lab } from '../lab/lab.ts';
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
}

function journalOf(stores: Stores): string {
  return join(stores.lab.facts.dir, `state-${String(stores.index)}`, 'journal.sqlite');
}

export function envOf(stores: Stores): NodeJS.ProcessEnv {
  const { dir } = stores.lab.facts;
  mkdirSync(join(dir, `state-${String(stores.index)}`), { recursive: true });
  return { ...process.env, DRP_RUNBOOKS: join(dir, 'runbooks'), DRP_JOURNAL: `sqlite:${journalOf(stores)}` };
}

/**
 * Plays operator and authoriser through the documented commands. While hops are left, a driver is killed at a random moment and
 * the run is adopted into a fresh state folder from a copy 0 to `behindMax` events old. Resolves with the run.
 */
export async function playWithAdoptions(stores: Stores, begin: readonly string[], behindMax: number): Promise<string> {
  let ended = await step(stores, begin);
  for (let rounds = 0; rounds < 80; rounds += 1) {
    const summary = await summaryOf(stores);
    if (summary.outcome !== undefined) return summary.run;
    if (ended === 'killed') {
      await adopt(stores, summary.run, below(stores.random, behindMax + 1));
    } else {
      const gate = summary.gates.find((one) => one.state === 'open');
      if (ended !== parked || gate?.digest === undefined) {
        throw new Error(
          `run ${summary.run} ended with ${String(ended)} in ${summary.at}: ${JSON.stringify(stuckOf(summary))}`,
        );
      }
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

function stuckOf(summary: RunSummary): unknown {
  return summary.phases.flatMap(({ steps }) => steps.filter(({ state }) => state === 'failed' || state === 'in-doubt'));
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
  if (stores.hops > 0 && below(stores.random, 3) > 0 && existsSync(journalOf(stores)) && args[0] === 'resume') {
    const timer = setTimeout(() => child.kill('SIGKILL'), 500 + below(stores.random, 5_000));
    void ended.finally(() => {
      clearTimeout(timer);
    });
  }
  const end = await ended;
  if (end === 'killed') {
    stores.hops -= 1;
    if (below(stores.random, 3) === 0) stores.log(`reboot: ${String(endJobs(stores.lab))} jobs ended`);
  } else if (end !== parked && end !== 0) stores.log(said.trimEnd());
  return end;
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
): Promise<readonly string[]> {
  const place = mkdtempSync(join(tmpdir(), 'drp-'));
  chmodSync(place, 0o755); // as root, the lab's services run as other users and must pass through
  const lab = await startLab({ dir: join(place, 'lab'), net: await freeNet(), ttlSeconds: 10, log: () => undefined });
  try {
    await lab.fault('site-down', 'limburg');
    const stores: Stores = { lab, random, log, index: 0, hops: options.hops };
    const wrong = await judged(stores, await playWithAdoptions(stores, situation, behindMax));
    if (!options.returns) return wrong;
    await lab.fault('site-up', 'limburg');
    stores.hops = options.hops;
    return [
      ...wrong,
      ...(await judged(stores, await playWithAdoptions(stores, ['return', '--site', 'gravelines'], behindMax))),
    ];
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

export async function summaryOf(stores: Stores, run?: string): Promise<RunSummary> {
  const asked = ['status', '--json', ...(run === undefined ? [] : ['--run', run])];
  const { run: summary } = lastJson(await drp(asked, envOf(stores))) as { run: RunSummary | null };
  if (summary === null) throw new Error('there is no run');
  return summary;
}

/** Ends every running job on the hosts of the lab with all it started, as a reboot would; resolves with how many. */
function endJobs(lab: Lab): number {
  let ended = 0;
  for (const { home } of Object.values(lab.facts.hosts)) {
    const jobs = join(home, '.drp', 'jobs');
    for (const token of existsSync(jobs) ? readdirSync(jobs) : []) {
      const started = join(jobs, token, 'started');
      if (!existsSync(started) || existsSync(join(jobs, token, 'rc'))) continue;
      const [pid = '', born = ''] = readFileSync(started, 'utf8').split(' ');
      // Only while the process is the one that was started: a number may have been given away again.
      const stat = existsSync(`/proc/${pid}/stat`) ? readFileSync(`/proc/${pid}/stat`, 'utf8') : '';
      if (stat.replace(/.*\) /, '').split(' ')[19] !== born) continue;
      // The leader opened a session of its own: its group is the job.
      process.kill(-Number(pid), 'SIGKILL');
      ended += 1;
    }
  }
  return ended;
}

/** Steps of which more than one job on the hosts of the lab came to a good end. */
export function doneTwice(lab: Lab, run: string): readonly string[] {
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
