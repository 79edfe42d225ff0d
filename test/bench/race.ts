import { readFileSync } from 'node:fs';
import type { Figures, MeasuredRow, Race, Side } from './bench.ts';

interface Sample {
  readonly ms: number;
  readonly cpuMs: number;
}

/** Runs all sides in turn, each time beginning with another one, so that a busy moment meets all of them. */
export async function runRace(
  race: Race,
  options: { readonly rounds?: number | undefined; readonly log: (line: string) => void },
): Promise<readonly MeasuredRow[]> {
  const sides: readonly Side[] = [race.ours, ...race.peers];
  const rounds = options.rounds ?? race.rounds;
  if (race.warmUp !== false) for (const side of sides) await turn(side);
  const samples = sides.map((): Sample[] => []);
  for (let round = 0; round < rounds; round += 1) {
    for (let place = 0; place < sides.length; place += 1) {
      const index = (round + place) % sides.length;
      const side = sides[index];
      if (side !== undefined) samples[index]?.push(await turn(side));
    }
  }
  const ours = figuresOf(samples[0] ?? []);
  return race.peers.map((peer, index): MeasuredRow => {
    const theirs = figuresOf(samples[index + 1] ?? []);
    const ratio = Math.round((1_000 * ours.median) / theirs.median) / 1_000;
    options.log(
      `  ${race.work}, against ${peer.name}: ${sayFigures(ours)} by ${sayFigures(theirs)} = ${String(ratio)}`,
    );
    return {
      work: race.work,
      against: peer.name,
      ratio,
      limit: peer.limit,
      n: rounds,
      unit: 'ms',
      ours,
      theirs,
      commands: [race.ours.command, peer.command],
    };
  });
}

async function turn(side: Side): Promise<Sample> {
  await side.prepare?.();
  const cpu = cpuMs();
  const began = performance.now();
  const own = await side.run();
  const ms = performance.now() - began;
  return { ms: own ?? ms, cpuMs: cpuMs() - cpu };
}

function figuresOf(samples: readonly Sample[]): Figures {
  const times = samples.map(({ ms }) => ms).sort((a, b) => a - b);
  return {
    median: median(times),
    least: times[0] ?? 0,
    most: times.at(-1) ?? 0,
    // The kernel counts it in steps of 10 ms: only the mean of many says something.
    cpuMs: samples.reduce((sum, { cpuMs: one }) => sum + one, 0) / Math.max(1, samples.length),
  };
}

/** Of sorted numbers. */
export function median(sorted: readonly number[]): number {
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}

/** CPU of this process and of its children that have ended and been waited for, ms; in steps of 10 ms for children. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  const stat = readFileSync('/proc/self/stat', 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[13]) + Number(fields[14]);
  return (user + system) / 1_000 + ticks * 10;
}

function sayFigures({ median: middle, least, most }: Figures): string {
  return `${say(middle)} ms [${say(least)}-${say(most)}]`;
}

export function say(value: number): string {
  return value < 100 ? value.toFixed(1) : String(Math.round(value));
}
