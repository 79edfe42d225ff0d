/**
 * Proof by breaking it: `npm run campaign -- NAME [--short] [--seed N] [--shard I/N] [--json]`. Exit 0 only without a failure.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { readCommandLine, wrongUsage } from '../command-line.ts';
import { randomFrom, type Campaign } from './campaign.ts';

const names = [
  'kill',
  'drill',
  'adopt',
  'power',
  'cut',
  'duel',
  'quote',
  'redact',
  'fuzz',
  'tamper',
  'silent',
  'estimates',
  'mutants',
] as const;

const usage = `Usage: npm run campaign -- NAME [--short] [--seed N] [--shard I/N] [--json]

  --short      the form that continuous integration runs
  --seed N     the same cases again; without it one is drawn, and told
  --shard I/N  the Ith of N parts, I from 1
  --json       one object last on stdout

Campaigns: ${names.filter((name) => existsSync(fileOf(name))).join(', ')}
Exit code: 0 no failure, 1 a failure, 2 wrong usage or something it needs is missing.`;

const options = {
  short: { type: 'boolean', default: false },
  seed: { type: 'string' },
  shard: { type: 'string', default: '1/1' },
  json: { type: 'boolean', default: false },
} as const;

function fileOf(name: string): string {
  return join(import.meta.dirname, `${name}.ts`);
}

async function main(): Promise<number> {
  const read = readCommandLine(options, usage);
  if (typeof read === 'number') return read;
  const { values, positionals } = read;
  const [name, ...more] = positionals;
  if (name === undefined) return wrongUsage('A campaign must be named.', usage);
  if (more.length > 0) return wrongUsage(`One campaign at a time, not also ${more.join(', ')}.`, usage);
  if (!(names as readonly string[]).includes(name) || !existsSync(fileOf(name)))
    return wrongUsage(`There is no campaign '${name}'.`, usage);
  const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed);
  if (!Number.isSafeInteger(seed)) return wrongUsage(`'${values.seed ?? ''}' is no seed: a whole number.`, usage);
  const [, index = 0, of = 0] = /^(\d{1,6})\/(\d{1,6})$/.exec(values.shard)?.map(Number) ?? [];
  if (index < 1 || index > of) return wrongUsage(`'${values.shard}' is no shard: 1/4 is the first of four.`, usage);
  const { campaign } = (await import(pathToFileURL(fileOf(name)).href)) as { campaign: Campaign };
  const startedAt = performance.now();
  const log = (line: string): void => {
    console.error(line);
  };
  log(`${campaign.name}: ${campaign.promise} (seed ${String(seed)}${values.short ? ', short' : ''})`);
  const { cases, failures, figures, skipped } = await campaign.run({
    short: values.short,
    seed,
    random: randomFrom(seed),
    shard: { index, of },
    log,
  });
  const ms = Math.round(performance.now() - startedAt);
  for (const failure of failures.slice(0, 20)) log(`FAILED ${failure.case}: ${failure.why}`);
  log(
    `${campaign.name}: ${String(cases)} cases, ${String(failures.length)} failures, ${String(ms)} ms, ${JSON.stringify(figures)}`,
  );
  if (values.json)
    console.log(JSON.stringify({ name: campaign.name, cases, failures: failures.length, seed, ms, ...figures }));
  if (skipped !== undefined) {
    log(`${campaign.name} SKIPPED: ${skipped}`);
    return 2;
  }
  return failures.length === 0 ? 0 : 1;
}

process.exitCode = await main();
