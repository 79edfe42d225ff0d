/**
 * Proof by breaking it: `npm run campaign -- NAME [--short] [--seed N] [--shard I/N] [--json]`. Exit 0 only without a failure.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
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
  'mutants',
] as const;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    short: { type: 'boolean', default: false },
    seed: { type: 'string' },
    shard: { type: 'string', default: '1/1' },
    json: { type: 'boolean', default: false },
  },
});

async function main(): Promise<number> {
  const [name] = positionals;
  const file = join(import.meta.dirname, `${name ?? ''}.ts`);
  if (name === undefined || !(names as readonly string[]).includes(name) || !existsSync(file)) {
    const there = names.filter((one) => existsSync(join(import.meta.dirname, `${one}.ts`)));
    console.error(
      `Usage: npm run campaign -- NAME [--short] [--seed N] [--shard I/N] [--json]\nCampaigns: ${there.join(', ')}`,
    );
    return 2;
  }
  const { campaign } = (await import(pathToFileURL(file).href)) as { campaign: Campaign };
  const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed);
  const [index = 1, of = 1] = values.shard.split('/').map(Number);
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
