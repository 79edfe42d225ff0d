import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { isDrpError } from '../../src/base/errors.ts';
import type { Driver } from '../../src/events/event.ts';
import { openSqliteJournal } from '../../src/journal/sqlite-journal.ts';
import type { Campaign, CampaignOptions, CampaignResult, Failure } from './campaign.ts';
import { Disk, type Survival } from './disk-model.ts';
import { traceDisk, type DiskOp } from './disk-trace.ts';

/**
 * The journal writer is traced; then, at its system calls, the disk is rebuilt as a power cut may leave it, opened, read
 * and written to again. `small` cuts at every call; `large` reaches the checkpoints of a full write-ahead log.
 */
export const campaign: Campaign = {
  name: 'power',
  promise: 'a power cut loses no acknowledged event and leaves a journal that opens, verifies and goes on',
  run: async (options) => {
    const reason = cannotTrace();
    if (reason !== undefined) return { cases: 0, failures: [], figures: {}, skipped: reason };
    const trials: readonly Trial[] = options.short
      ? [{ name: 'small', events: 5, bytes: 40, reopen: 3, points: 60, variants: 3 }]
      : [
          { name: 'small', events: 24, bytes: 200, reopen: 8, points: Infinity, variants: 8 },
          { name: 'large', events: 100, bytes: 80_000, reopen: 1_000, points: 400, variants: 4 },
        ];
    const results: CampaignResult[] = [];
    for (const trial of trials) results.push(await runTrial(trial, options));
    return {
      cases: results.reduce((sum, { cases }) => sum + cases, 0),
      failures: results.flatMap(({ failures }) => failures),
      figures: Object.assign({}, ...results.map(({ figures }) => figures)) as CampaignResult['figures'],
    };
  },
};

interface Trial {
  readonly name: string;
  readonly events: number;
  /** Longest repetition of an event's text. */
  readonly bytes: number;
  readonly reopen: number;
  /** System calls cut at, spread over all of them. */
  readonly points: number;
  /** Disks rebuilt at each. */
  readonly variants: number;
}

function cannotTrace(): string | undefined {
  const work = mkdtempSync(join(tmpdir(), 'drp-strace-'));
  try {
    const place = { folder: work, traceFile: join(work, 'trace'), ignore: () => true };
    traceDisk(['true'], place);
    return undefined;
  } catch (thrown) {
    return `no system call can be traced here (Debian package strace): ${String(thrown)}`;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function runTrial(trial: Trial, options: CampaignOptions): Promise<CampaignResult> {
  // Images are written thousands of times: in memory where there is a folder for that.
  const work = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'drp-power-'));
  try {
    const folder = join(work, 'disk');
    mkdirSync(folder);
    const path = join(folder, 'state', 'drp', 'journal.sqlite');
    const ops = traceDisk(
      [
        ...[
          process.execPath,
          '--disable-warning=ExperimentalWarning',
          join(import.meta.dirname, 'power-writer.ts'),
          path,
        ],
        ...[String(trial.events), String(trial.bytes), String(trial.reopen)],
      ] as [string, ...string[]],
      // Shared memory is rebuilt at every open; the reserve holds nothing.
      { folder, traceFile: join(work, 'trace'), ignore: (file) => /(-shm|\.ballast)$/.test(file) },
    );
    const written = await linesOf(path);
    const images = await cutEverywhere({ trial, folder, path, ops, written, work }, options);
    return {
      cases: images.count,
      failures: images.failures,
      figures: {
        [`${trial.name}Calls`]: ops.length,
        [`${trial.name}Disks`]: images.count,
        // The database itself is written and synchronised only when the log is carried over into it.
        [`${trial.name}Checkpoints`]: ops.filter((op) => op.kind === 'sync' && op.path === path).length,
      },
    };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function linesOf(path: string): Promise<readonly string[]> {
  const journal = openSqliteJournal({ path });
  const lines = await journal.lines('power');
  await journal.close();
  return lines;
}

interface Cuts {
  readonly trial: Trial;
  readonly folder: string;
  readonly path: string;
  readonly ops: readonly DiskOp[];
  readonly written: readonly string[];
  readonly work: string;
}

async function cutEverywhere(cuts: Cuts, { random, shard, log }: CampaignOptions) {
  const { trial, ops, folder } = cuts;
  const failures: Failure[] = [];
  const disk = new Disk(folder);
  const every = Math.max(1, Math.floor(ops.length / trial.points));
  let count = 0;
  let acknowledged = -1;
  for (const [index, op] of ops.entries()) {
    disk.apply(op);
    if (op.kind === 'said') acknowledged = Number(/^ACK (\d+)$/.exec(op.line)?.[1] ?? acknowledged);
    // Moments that promise something are always tried.
    const tried = index % every === 0 || op.kind === 'said' || op.kind === 'remove';
    if (!tried || index % shard.of !== shard.index - 1) continue;
    for (let variant = 0; variant < trial.variants; variant += 1) {
      count += 1;
      const image = disk.afterCut(survivalOf(variant, random));
      const why = await tryImage(cuts, image, acknowledged);
      if (why !== undefined)
        failures.push({ case: `${trial.name}: after call ${index} (${op.kind}), disk ${variant}`, why });
    }
  }
  log(`  ${trial.name}: ${ops.length} calls, ${count} disks, ${failures.length} failures`);
  if (acknowledged !== trial.events)
    failures.push({ case: trial.name, why: `the writer acknowledged ${acknowledged} events` });
  return { count, failures };
}

/** Nothing unsynced survives; all of it does; then chance, more or less of it. */
function survivalOf(variant: number, random: () => number): Survival {
  if (variant === 0) return { sector: () => false, names: () => 0 };
  if (variant === 1) return { sector: () => true, names: (count) => count };
  const share = [0.5, 0.85, 0.15][variant % 3] ?? 0.5;
  return { sector: () => random() < share, names: (count) => Math.floor(random() * (count + 1)) };
}

async function tryImage(
  cuts: Cuts,
  image: ReturnType<Disk['afterCut']>,
  acknowledged: number,
): Promise<string | undefined> {
  const root = join(cuts.work, 'image');
  rmSync(root, { recursive: true, force: true });
  const moved = (path: string): string => join(root, path.slice(cuts.folder.length));
  mkdirSync(root);
  for (const folder of image.folders) mkdirSync(moved(folder), { recursive: true });
  for (const [path, bytes] of image.files) writeFileSync(moved(path), bytes);
  const path = moved(cuts.path);
  // A reserve of its own would be a megabyte written for every disk.
  if (existsSync(dirname(path))) writeFileSync(`${path}.ballast`, '');
  try {
    return await tryJournal(path, cuts.written, acknowledged);
  } catch (thrown) {
    return isDrpError(thrown) ? `${thrown.code}: ${thrown.message}` : String(thrown);
  }
}

const driver: Driver = { osUser: 'otto', machine: 'here', pid: 2, bootId: 'b', startTime: '1', version: '0' };

async function tryJournal(path: string, written: readonly string[], acknowledged: number): Promise<string | undefined> {
  const journal = openSqliteJournal({ path, liveness: () => 'dead' });
  try {
    const begun = (await journal.runs()).some(({ run }) => run === 'power');
    if (!begun) return acknowledged >= 0 ? 'the run is gone' : undefined;
    // Reading checks hash and chain of every event.
    const events = await journal.read('power');
    if (events.length < acknowledged) return `${acknowledged} events were acknowledged, ${events.length} are there`;
    const lines = await journal.lines('power');
    if (lines.some((line, index) => line !== written[index])) return 'an event is not the one that was written';
    const last = events.at(-1);
    const lease = await journal.lease('power', driver);
    const head = last === undefined ? { seq: 0, hash: '0'.repeat(64) } : { seq: last.seq, hash: last.hash };
    await journal.append(lease, head, [
      { type: 'note.added', by: 'otto', data: { person: 'otto', text: 'after the cut' } },
    ]);
    return undefined;
  } finally {
    await journal.close();
  }
}
