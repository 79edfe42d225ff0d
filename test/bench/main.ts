/**
 * `npm run bench [-- NAME…] [--json] [--rounds N] [--no-page]`: drp and its peers do the same work in turn. Writes the figures
 * into docs/performance.md. Exit 0: all rows keep their limit; 1: one does not; 2: one could not be measured here.
 */
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readCommandLine, wrongUsage } from '../command-line.ts';
import { missingPackages } from '../lab/packages.ts';
import type { Bench, BenchContext, MeasuredRow } from './bench.ts';
import { writePage, type BenchResult } from './page.ts';
import { runRace } from './race.ts';

const folder = join(import.meta.dirname, 'benches');
const there = readdirSync(folder)
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.slice(0, -3))
  .sort();
const usage = `Usage: npm run bench [-- NAME…] [--json] [--rounds N] [--no-page]

  --rounds N  how often each side works, in turn; without it each bench knows
  --no-page   leaves docs/performance.md as it is
  --json      one object last on stdout

Benches: ${there.join(', ')}
Exit code: 0 every row keeps its limit, 1 one does not, 2 wrong usage or one could not be measured here.`;
const options = {
  json: { type: 'boolean', default: false },
  rounds: { type: 'string' },
  'no-page': { type: 'boolean', default: false },
} as const;
const log = (line: string): void => {
  console.error(line);
};

async function main(): Promise<number> {
  const read = readCommandLine(options, usage);
  if (typeof read === 'number') return read;
  const { values, positionals } = read;
  const unknown = positionals.filter((name) => !there.includes(name));
  if (unknown.length > 0) return wrongUsage(`There is no bench '${unknown.join("', '")}'.`, usage);
  const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
  if (rounds !== undefined && !(Number.isSafeInteger(rounds) && rounds > 0))
    return wrongUsage(`'${values.rounds ?? ''}' is no number of rounds.`, usage);
  if (missingPackages({ bench: true }).length > 0)
    log('Not all peers are installed, their rows will be skipped: npm run packages -- --bench');
  const results: BenchResult[] = [];
  for (const name of positionals.length === 0 ? there : positionals) results.push(await runBench(name, rounds));
  if (!values['no-page']) await writePage(results);
  const rows = results.flatMap((result) => result.rows);
  for (const { work, why } of results.flatMap((result) => result.skipped)) log(`SKIPPED ${work}: ${why}`);
  for (const row of rows) {
    const verdict = row.ratio <= row.limit ? 'kept       ' : 'NOT REACHED';
    log(`${verdict} ${String(row.ratio)} of at most ${String(row.limit)}: ${row.work}, against ${row.against}`);
  }
  if (values.json) {
    const plain = rows.map(({ work, against, ratio, limit, n }) => ({ work, against, ratio, limit, n }));
    console.log(JSON.stringify({ rows: plain }));
  }
  if (rows.some((row) => row.ratio > row.limit)) return 1;
  return results.some((result) => result.skipped.length > 0) ? 2 : 0;
}

async function runBench(name: string, rounds: number | undefined): Promise<BenchResult> {
  const { bench } = (await import(`./benches/${name}.ts`)) as { bench: Bench };
  log(`${name}: ${bench.about}`);
  const rows: MeasuredRow[] = [];
  const skipped: { work: string; why: string }[] = [];
  const undo: (() => Promise<unknown> | unknown)[] = [];
  const place = mkdtempSync(join(tmpdir(), `drp-bench-${name}-`));
  chmodSync(place, 0o755);
  const context: BenchContext = {
    folder: place,
    log,
    race: async (race) => {
      rows.push(...(await runRace(race, { rounds, log })));
    },
    value: ({ work, against, value, of, unit, command, limit, n }) => {
      const figures = (one: number) => ({ median: one, least: one, most: one });
      const ratio = Math.round((1_000 * value) / of) / 1_000;
      log(`  ${work}, against ${against}: ${String(value)} ${unit} by ${String(of)} = ${String(ratio)}`);
      rows.push({
        work,
        against,
        ratio,
        limit,
        n,
        unit,
        ours: figures(value),
        theirs: figures(of),
        commands: [command, against],
      });
    },
    skip: (work, why) => {
      log(`  SKIPPED ${work}: ${why}`);
      skipped.push({ work, why });
    },
    atEnd: (one) => {
      undo.push(one);
    },
  };
  try {
    await bench.rows(context);
  } finally {
    for (const one of undo.reverse()) await one();
    rmSync(place, { recursive: true, force: true, maxRetries: 5 });
  }
  const command = `npm run bench -- ${name}${rounds === undefined ? '' : ` --rounds ${String(rounds)}`}`;
  return { bench, rows, skipped, command, at: new Date() };
}

process.exitCode = await main();
