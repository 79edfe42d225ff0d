import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openSqliteJournal } from '../../src/journal/sqlite-journal.ts';
import { below, type Failure } from './campaign.ts';
import { startFast } from './fast-process.ts';
import { fastPlan, FastWorld, stepsOf } from './fast-world.ts';

export interface KillFast {
  readonly runs: number;
  readonly kills: number;
  readonly failures: readonly Failure[];
}

/** Runs of one process: a kill hits all of them, each somewhere else. */
const together = 25;
const killsMax = 6;
/** Half as long as an undisturbed process takes, or less. */
const lifeMs = 1_500;

/** Whole runs in the fast world, each killed up to six times at random instants and resumed. */
export async function killFast(runs: number, random: () => number): Promise<KillFast> {
  const place = mkdtempSync(join(tmpdir(), 'drp-kill-'));
  const failures: Failure[] = [];
  const short = runs < together;
  let kills = 0;
  for (let done = 0; done < runs; done += together) {
    const folders = Array.from({ length: Math.min(together, runs - done) }, (_one, index) =>
      join(place, String(done + index + 1)),
    );
    for (const folder of folders) mkdirSync(folder);
    const planned = short ? killsMax : below(random, killsMax + 1);
    for (let life = 0; life <= planned; life += 1) {
      // Some lives die behind an act that cannot be looked up, the rest at any instant.
      const deaths = life < planned && (short ? life === 0 : random() < 0.3) ? 0.2 : 0;
      const driver = startFast({ folders, blind: true, deaths });
      if (life < planned && deaths === 0 && (await driver.heard((saying) => saying.say === 'ready'))) {
        await Promise.race([sleep(random() * lifeMs), driver.ended]);
        driver.signal('SIGKILL');
      }
      const { killed, errors } = await driver.ended;
      if (killed) kills += folders.length;
      if (errors !== '') failures.push({ case: `runs ${String(done + 1)} …`, why: errors.slice(0, 500) });
    }
    for (const [index, folder] of folders.entries()) {
      const why = await judge(folder);
      if (why !== undefined) failures.push({ case: `run ${String(done + index + 1)}`, why });
      rmSync(folder, { recursive: true, force: true });
    }
  }
  rmSync(place, { recursive: true, force: true });
  return { runs, kills, failures };
}

async function judge(folder: string): Promise<string | undefined> {
  const world = new FastWorld(join(folder, 'world.sqlite'));
  const journal = openSqliteJournal({ path: join(folder, 'journal.sqlite') });
  try {
    const [row] = await journal.runs();
    if (row === undefined) return 'there is no run';
    const events = await journal.read(row.run);
    const last = events.at(-1);
    if (last?.type !== 'run.ended' || last.data.outcome !== 'completed')
      return `its last event is ${last?.type ?? 'none'}`;
    const wanted = [...stepsOf(fastPlan(true))].sort().join(' ');
    const happened = world
      .effects()
      .map(({ step }) => step)
      .sort()
      .join(' ');
    if (happened !== wanted) return `the world saw ${happened}`;
    if (world.holder() !== undefined) return 'its claim still stands';
    return row.finished ? undefined : 'it still claims its site';
  } finally {
    world.close();
    await journal.close();
  }
}
