import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { copyStep } from '../../src/steps/copy/copy-step.ts';
import { labContext } from '../lab/lab.ts';
import { commandWords, descendants, environmentOf, processIds } from '../lab/process-table.ts';
import { runningPid } from '../lab/process.ts';
import { listRelays } from '../lab/relay.ts';
import { sshdProcess } from '../lab/sshd.ts';
import { plannedStep, specOf, type LabSteps } from '../steps/lab-steps.ts';
import { below, pick, type Failure } from './campaign.ts';
import { bytesOf, cutShapes, type CutShape } from './cut-trees.ts';

export interface CutCopies {
  readonly copies: number;
  readonly kills: number;
  /** How often the names in use were looked at while copies grew. */
  readonly looks: number;
  /** Of all trees together. */
  readonly treeBytes: number;
  /** Copies of each way. */
  readonly ways: Readonly<Record<string, number>>;
  /** Over all copies, what went through the way to the source, and how much of that a kill caused. */
  readonly sentBytes: number;
  readonly againBytes: number;
  readonly failures: readonly Failure[];
}

const megabyte = 1024 * 1024;
/** What is under way when a line is cut: a channel's window of two megabytes, and a little in sockets. */
const underWayBytes = 2.2 * megabyte;
/** Logins, lists of files, both manifests: what an undisturbed copy sends beside its files. */
const besideBytes = 200_000;

/** How a transport dies. All of them can meet rsync between any two bytes. */
const ways = ['ssh of rsync', 'session on the source', 'link', 'rsync', 'sshd of the source'] as const;
type Way = (typeof ways)[number];

/** Copies over the lab's real ssh and rsync, each with its transport killed at one to three random instants. */
export async function cutCopies(
  steps: LabSteps,
  options: { readonly random: () => number; readonly copies: number; readonly log: (line: string) => void },
): Promise<CutCopies> {
  const sum = { kills: 0, looks: 0, treeBytes: 0, sentBytes: 0, againBytes: 0 };
  const copiesOf: Record<string, number> = {};
  const failures: Failure[] = [];
  for (let number = 1; number <= options.copies; number += 1) {
    const shape = cutShapes[(number - 1) % cutShapes.length] as CutShape;
    const trial = await makeTrial(steps, options.random, { number, shape });
    const whys = await cutOneCopy(trial, options.random);
    const what = `copy ${String(number)}, ${shape.name} (${trial.killed.join(', ')})`;
    failures.push(...whys.map((why) => ({ case: what, why })));
    for (const key of ['looks', 'treeBytes', 'sentBytes', 'againBytes'] as const) sum[key] += trial[key];
    copiesOf[shape.name] = (copiesOf[shape.name] ?? 0) + 1;
    sum.kills += trial.killed.length;
    options.log(
      `  copy ${String(number)}, ${shape.name}: ${trial.killed.join(', ') || 'undisturbed'}; ${String(trial.sentBytes)} bytes sent`,
    );
  }
  await steps.lab.fault('link-up', 'backup-odd');
  return { copies: options.copies, ways: copiesOf, ...sum, failures };
}

interface Trial {
  readonly steps: LabSteps;
  readonly shape: CutShape;
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly staging: string;
  readonly killed: Way[];
  /** Sizes of before, where the staging tree was filled by a pre-copy. */
  readonly before: Readonly<Record<string, number>>;
  looks: number;
  /** What has to go through the line, the least. */
  treeBytes: number;
  sentBytes: number;
  againBytes: number;
}

async function makeTrial(
  steps: LabSteps,
  random: () => number,
  { number, shape }: { readonly number: number; readonly shape: CutShape },
): Promise<Trial> {
  const base = (host: 'backup-odd' | 'gravelines'): string => join(steps.facts.hosts[host]!.base, 'cut', 'tree');
  const [from, to, id] = [base('backup-odd'), base('gravelines'), `cut-${String(number)}`];
  for (const folder of [from, to]) rmSync(join(folder, '..'), { recursive: true, force: true });
  // Random, so that no part of a file stands for another one.
  for (const [name, size] of Object.entries(shape.files)) {
    mkdirSync(dirname(join(from, name)), { recursive: true });
    writeFileSync(join(from, name), randomBytes(size));
  }
  mkdirSync(to, { recursive: true });
  writeFileSync(join(to, 'old'), 'what was there');
  if (random() < 0.5) writeFileSync(join(to, 'big1'), 'an older one, shorter');
  const trial = {
    steps,
    shape,
    id,
    from,
    to,
    staging: join(to, '..', `.tree.drp-${id}`),
    before: {},
    killed: [],
    looks: 0,
    treeBytes: bytesOf(shape.files),
    sentBytes: 0,
    againBytes: 0,
  };
  if (shape.name !== 'window') return trial;
  await steps.lab.fault('link-up', 'backup-odd');
  // Checksums are kept of what has rested.
  await new Promise((resolve) => setTimeout(resolve, 3_100));
  const spec = specOf('copy', { id, from: placeOf('backup-odd'), to: placeOf('gravelines'), switch: false });
  const outcome = await copyStep.run(plannedStep(spec), spec, steps.context(id));
  if (outcome.kind !== 'done') throw new Error(`the pre-copy is ${outcome.kind}`);
  const changed = { big1: 2_000_000, new: 1_500_000 };
  for (const [name, size] of Object.entries(changed)) writeFileSync(join(from, name), randomBytes(size));
  const files = { ...shape.files, ...changed };
  return { ...trial, shape: { ...shape, files }, before: shape.files, treeBytes: bytesOf(changed) };
}

async function cutOneCopy(trial: Trial, random: () => number): Promise<readonly string[]> {
  const { steps, id } = trial;
  const delay = String(trial.shape.delayMs);
  await steps.lab.fault('link-slow', 'backup-odd', String(trial.shape.bytesPerSecond), delay);
  const lab = labContext({ dir: steps.facts.dir, net: steps.facts.net });
  const carried = async (): Promise<number> =>
    (await listRelays(lab)).find((state) => state.relay.name === 'ssh-backup-odd')?.bytes ?? 0;
  const whys = new Set<string>();
  const spec = specOf('copy', { id, from: placeOf('backup-odd'), to: placeOf('gravelines') });
  const before = await carried();
  const watcher = watchNames(trial, whys);
  let over = false;
  const planned = 1 + below(random, 3);
  // Over the whole of the copy, its manifests and its pauses after a kill.
  const killer = (async () => {
    for (let kill = 0; kill < planned && !over; kill += 1) {
      await new Promise((resolve) => setTimeout(resolve, random() * (kill === 0 ? 3_500 : 6_000)));
      if (over) return;
      const way = pick(random, ways);
      if (await killTransport(trial, way)) trial.killed.push(way);
    }
  })();
  for (let tries = 0; ; tries += 1) {
    const outcome = await copyStep.run(plannedStep(spec), spec, steps.context(id));
    if (outcome.kind === 'done') {
      // A retry goes on with what is there, whatever the first try was; a look that was cut takes the worse case for what it did not see.
      const said = outcome.lines.join('; ');
      const unseen = trial.killed.length > 0 && said.includes('no complete look found');
      if (tries === 0 && !unseen && !trial.shape.taken.test(said)) whys.add(`it went another way: ${said}`);
      break;
    }
    const why = outcome.kind === 'failed' ? outcome.error.message : outcome.reason;
    if (outcome.kind !== 'failed' || !/source-unreachable|step-failed|connection-lost/.test(outcome.error.code))
      whys.add(`it ended ${outcome.kind}: ${why}`);
    // An operator's retry, a new token.
    if (tries === 6) {
      whys.add(`it was never done: ${why}`);
      break;
    }
  }
  over = true;
  await killer;
  await watcher.end();
  trial.sentBytes = (await carried()) - before;
  judge(trial, whys);
  return [...whys];
}

const placeOf = (host: string): { host: string; path: string } => ({ host, path: 'cut/tree' });

function judge(trial: Trial, whys: Set<string>): void {
  const { from, to, killed, shape, treeBytes } = trial;
  const differences = execFileSync('rsync', ['-aHAXnci', '--delete', '--numeric-ids', `${from}/`, `${to}/`]).toString();
  if (differences !== '') whys.add(`it differs: ${differences.slice(0, 200)}`);
  // A killed rsync cannot keep the file it was writing; everything else goes on within it.
  const again = killed.reduce(
    (sum, way) => sum + underWayBytes * shape.connections + (way === 'rsync' ? shape.largestBytes : 0),
    0,
  );
  // A list of many files is sent anew by each try.
  const lists = besideBytes * (shape.connections - 1) + Object.keys(shape.files).length * shape.besideFileBytes;
  trial.againBytes = Math.max(0, trial.sentBytes - treeBytes - besideBytes - lists - shape.lookBytes);
  const most = treeBytes + (besideBytes + lists + shape.lookBytes) * (1 + killed.length) + again;
  if (trial.sentBytes > most)
    whys.add(
      `${String(trial.sentBytes)} bytes were sent for ${String(treeBytes)}, at most ${String(Math.round(most))} may be`,
    );
}

/** Looks at names in use again and again: the old tree whole, or the new one whole; in the staging tree, whole files only. */
function watchNames(trial: Trial, whys: Set<string>): { end(): Promise<void> } {
  const { files, cutFilesInStaging } = trial.shape;
  const watched = Object.entries(files).filter((_, place, all) => place % Math.ceil(all.length / 50) === 0);
  const old = new Map(readdirSync(trial.to).map((name) => [name, readFileSync(join(trial.to, name), 'utf8')]));
  const isOld = (): boolean =>
    [...old].every(([name, text]) => sizeOf(join(trial.to, name)) === text.length) &&
    watched.every(([name]) => old.has(name) || sizeOf(join(trial.to, name)) === undefined);
  const isNew = (): boolean =>
    watched.every(([name, size]) => sizeOf(join(trial.to, name)) === size) && !existsSync(join(trial.to, 'old'));
  let running = true;
  const loop = (async () => {
    while (running) {
      // Between the two renames of the switch there is no tree at all: asked twice, so that this shows as itself.
      if (!isOld() && !isNew() && existsSync(trial.to) && !isOld() && !isNew())
        whys.add('under the name in use stood neither the old tree nor the whole new one');
      for (const [name, size] of cutFilesInStaging ? [] : watched) {
        const there = sizeOf(join(trial.staging, name));
        if (there !== undefined && there !== size && there !== trial.before[name])
          whys.add(`staging held ${name} with ${String(there)} of ${String(size)} bytes under its final name`);
      }
      trial.looks += 1;
      await new Promise((resolve) => setTimeout(resolve, 8));
    }
  })();
  return {
    end: async () => {
      running = false;
      await loop;
    },
  };
}

function sizeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.size;
}

/** False where there was nothing to kill at this instant. */
async function killTransport(trial: Trial, way: Way): Promise<boolean> {
  const { steps } = trial;
  const lab = labContext({ dir: steps.facts.dir, net: steps.facts.net });
  const sshd = runningPid(lab, sshdProcess('backup-odd'));
  switch (way) {
    case 'link':
      await steps.lab.fault('link-cut', 'backup-odd');
      return true;
    case 'sshd of the source':
      await steps.lab.fault('sshd-kill', 'backup-odd');
      await steps.lab.fault('sshd-start', 'backup-odd');
      await steps.lab.fault('link-slow', 'backup-odd', String(trial.shape.bytesPerSecond), String(trial.shape.delayMs));
      return true;
    case 'session on the source':
      return endAll(sshd === undefined ? [] : descendants(sshd));
    case 'ssh of rsync':
      return endAll(copyProcesses(trial, 'ssh'));
    case 'rsync':
      return endAll(copyProcesses(trial, 'rsync'));
  }
}

function endAll(pids: readonly number[]): boolean {
  let ended = false;
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
      ended = true;
    } catch {
      // It went with its parent.
    }
  }
  return ended;
}

/** Processes of this copy's job by their program: its rsync (found by the staging folder), or the ssh that rsync started. */
function copyProcesses(trial: Trial, program: 'rsync' | 'ssh'): readonly number[] {
  return processIds().filter((pid) => {
    const job = environmentOf(pid).find((pair) => pair.startsWith('DRP_JOB='));
    return job?.endsWith(`.${trial.id}`) === true && commandWords(pid)[0] === program;
  });
}
