import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { openSqliteJournal } from '../../src/journal/sqlite-journal.ts';
import type { HostTarget } from '../../src/transports/transport.ts';
import { below, type Failure } from './campaign.ts';
import { startFast, type FastProcess } from './fast-process.ts';
import { fastPlan, FastWorld, stepsOf, type Effect } from './fast-world.ts';

export interface DuelRounds {
  readonly rounds: number;
  /** Times the old driver still tried and was refused or told: all of them stopped by themselves. */
  readonly stops: Readonly<Record<string, number>>;
  readonly failures: readonly Failure[];
}

interface Round {
  readonly folder: string;
  /** The journal of the second driver: the same, or a copy. */
  readonly second: string;
  readonly host?: HostTarget;
}

/** An undisturbed run appends this many events; the duel begins somewhere before its last ones. */
const lastSeq = 26;
/** What an overtaken driver may end with: it was told by the journal or by a host. */
const told = ['lease-lost', 'claim-lost', 'journal-head-moved'];

/**
 * The first driver is stopped (SIGSTOP) at a random event, a second takes the run over, the first goes on at a random
 * moment after that. With `stores: 2` the second works on a copy of the journal: only the hosts can tell the first.
 */
export async function duelRounds(
  rounds: number,
  options: { readonly stores: 1 | 2; readonly random: () => number; readonly host?: (round: number) => HostTarget },
): Promise<DuelRounds> {
  const place = mkdtempSync(join(tmpdir(), 'drp-duel-'));
  const stops: Record<string, number> = {};
  const failures: Failure[] = [];
  for (let number = 1; number <= rounds; number += 1) {
    const folder = join(place, String(number));
    const second = options.stores === 1 ? folder : join(folder, 'second');
    mkdirSync(second, { recursive: true });
    const host = options.host?.(number);
    const outcome = await duel({ folder, second, ...(host === undefined ? {} : { host }) }, options.random);
    stops[outcome.stop] = (stops[outcome.stop] ?? 0) + 1;
    const name = `round ${String(number)}, ${String(options.stores)} stores${host === undefined ? '' : ', sshd'}`;
    failures.push(...outcome.whys.map((why) => ({ case: name, why })));
    if (outcome.whys.length === 0) rmSync(folder, { recursive: true, force: true });
  }
  if (failures.length === 0) rmSync(place, { recursive: true, force: true });
  return { rounds, stops, failures };
}

async function duel(
  round: Round,
  random: () => number,
): Promise<{ readonly stop: string; readonly whys: readonly string[] }> {
  const { folder, second, host } = round;
  const common = { world: folder, workMs: 60, ...(host === undefined ? {} : { host }) };
  const first = startFast({ folders: [folder], ...common });
  const from = 3 + below(random, lastSeq - 3);
  await first.heard((saying) => saying.say === 'appended' && saying.seq >= from);
  await stopOutsideTransactions(first, folder);
  if (second !== folder) copyJournal(folder, second);
  const successor = startFast({ folders: [second], takeover: true, ...common });
  const attached = await successor.heard((saying) => saying.say === 'appended' && saying.type === 'driver.attached');
  // Taken over: from its second event on, the claims of the hosts are raised, too.
  const until = below(random, 12);
  await successor.heard((saying) => saying.say === 'appended' && saying.seq >= attachedSeq(successor) + 1 + until);
  first.signal('SIGCONT');
  const ends = await Promise.all([first.ended, successor.ended]);
  const stop = first.said.at(-1);
  const word = stop?.say === 'stopped' ? stop.code : stop?.say === 'ended' ? `ended ${stop.how}` : 'nothing';
  const whys = ends.flatMap(({ errors }) => (errors === '' ? [] : [errors.slice(0, 300)]));
  const before = first.said.some((saying) => saying.say === 'appended' && saying.type === 'run.ended');
  if (!attached && before) return { stop: 'over before the duel', whys };
  whys.push(...(await judge(round, { first, successor, word })));
  return { stop: word, whys };
}

async function judge(
  { folder, second, host }: Round,
  duel: { readonly first: FastProcess; readonly successor: FastProcess; readonly word: string },
): Promise<readonly string[]> {
  const { first, successor, word } = duel;
  const whys: string[] = [];
  const end = successor.said.at(-1);
  if (end?.say !== 'ended' || end.how !== 'completed') whys.push(`the second driver: ${JSON.stringify(end)}`);
  // On a copy of its own it may also find the last job done, under the same token, and nothing left to do.
  const foundDone = folder !== second && word === 'ended completed';
  if (!told.includes(word) && !foundDone) whys.push(`the first driver did not stop by itself: ${word}`);
  const taken = attachedSeq(successor);
  const stale = first.said.filter((saying) => saying.say === 'appended' && saying.seq >= taken);
  if (folder === second && stale.length > 0)
    whys.push(`${String(stale.length)} stale writes: ${JSON.stringify(stale[0])}`);
  const effects = host === undefined ? worldEffects(folder) : hostEffects(host);
  const wanted = [...stepsOf(fastPlan(false))].sort().join(' ');
  const happened = effects
    .map(({ step }) => step)
    .sort()
    .join(' ');
  if (happened !== wanted) whys.push(`the world saw ${happened}`);
  const raised = effects.findIndex(({ pid }) => pid === successor.pid);
  const late =
    raised < 0 ? [] : effects.slice(raised).filter(({ pid, step }) => pid === first.pid && step.startsWith('job-'));
  if (late.length > 0) whys.push(`the first driver still acted: ${late.map(({ step }) => step).join(' ')}`);
  const journal = openSqliteJournal({ path: join(second, 'journal.sqlite') });
  const [row] = await journal.runs();
  const last = (await journal.read(row?.run ?? '')).at(-1);
  if (last?.type !== 'run.ended') whys.push(`the last event is ${last?.type ?? 'none'}`);
  await journal.close();
  return whys;
}

function attachedSeq(driver: FastProcess): number {
  const saying = driver.said.find((one) => one.say === 'appended' && one.type === 'driver.attached');
  return saying?.say === 'appended' ? saying.seq : Infinity;
}

function worldEffects(folder: string): readonly Effect[] {
  const world = new FastWorld(join(folder, 'world.sqlite'));
  const effects = world.effects();
  world.close();
  return effects;
}

/** On a host, each act leaves a line `STEP TOKEN EPOCH PID` in the order they happened. */
function hostEffects(host: HostTarget): readonly Effect[] {
  const file = join(host.base, 'effects');
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => {
      const [step = '', token = '', epoch = '', pid = ''] = line.split(' ');
      return { step, token, epoch: Number(epoch), pid: Number(pid) };
    });
}

// A process stopped in the middle of a transaction holds everyone up for as long as it is stopped; what is tried here
// is what happens between them.
async function stopOutsideTransactions(driver: FastProcess, folder: string): Promise<void> {
  for (;;) {
    driver.signal('SIGSTOP');
    await sleep(5);
    if (['journal.sqlite', 'world.sqlite'].every((name) => isFree(join(folder, name)))) return;
    driver.signal('SIGCONT');
    await sleep(3);
  }
}

function isFree(path: string): boolean {
  if (!existsSync(path)) return true;
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    database.exec('BEGIN IMMEDIATE; ROLLBACK');
    return true;
  } catch {
    return false;
  } finally {
    database.close();
  }
}

function copyJournal(from: string, to: string): void {
  for (const end of ['', '-wal']) {
    const file = join(from, `journal.sqlite${end}`);
    if (existsSync(file)) copyFileSync(file, join(to, `journal.sqlite${end}`));
  }
}
