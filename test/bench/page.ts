import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as prettier from 'prettier';
import type { Bench, MeasuredRow } from './bench.ts';
import { say } from './race.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const pageFile = join(root, 'docs/performance.md');

export interface BenchResult {
  readonly bench: Bench;
  readonly rows: readonly MeasuredRow[];
  readonly skipped: readonly { readonly work: string; readonly why: string }[];
  /** As it was typed. */
  readonly command: string;
  readonly at: Date;
}

/** Puts each bench's figures between its marks; what is written by hand around them stays. */
export async function writePage(results: readonly BenchResult[]): Promise<void> {
  let text = existsSync(pageFile) ? readFileSync(pageFile, 'utf8') : '# Performance\n';
  for (const result of results) text = withPart(text, result);
  const options = (await prettier.resolveConfig(pageFile)) ?? {};
  writeFileSync(pageFile, await prettier.format(text, { ...options, filepath: pageFile }));
}

function withPart(text: string, result: BenchResult): string {
  const { name } = result.bench;
  const begin = `<!-- bench ${name}: written by npm run bench -->`;
  const end = `<!-- end of bench ${name} -->`;
  const part = `${begin}\n\n${partOf(result)}\n\n${end}`;
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from) return `${text.trimEnd()}\n\n${part}\n`;
  return `${text.slice(0, from)}${part}${text.slice(to + end.length)}`;
}

function partOf({ bench, rows, skipped, command, at }: BenchResult): string {
  const lines = rows.map((row) => {
    const ours = `${say(row.ours.median)} ${row.unit}`;
    const theirs = `${say(row.theirs.median)} ${row.unit}`;
    const cpu =
      row.ours.cpuMs === undefined || row.theirs.cpuMs === undefined
        ? ''
        : `${say(row.ours.cpuMs)} / ${say(row.theirs.cpuMs)}`;
    const spread = `${say(row.ours.least)}-${say(row.ours.most)} / ${say(row.theirs.least)}-${say(row.theirs.most)}`;
    const verdict = row.ratio <= row.limit ? 'kept' : '**not reached**';
    return `| ${row.work} | ${row.against} | **${String(row.ratio)}** | ${String(row.limit)} | ${verdict} | ${ours} / ${theirs} | ${spread} | ${cpu} | ${String(row.n)} |`;
  });
  const commands = [...new Set(rows.flatMap((row) => row.commands))];
  return [
    `### ${bench.about}`,
    `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC, ${machine()}. \`${command}\``,
    ...(rows.length === 0
      ? []
      : [
          [
            '| work | against | ratio | at most | | medians, ours / theirs | least to most | CPU ms | n |',
            '| --- | --- | --- | --- | --- | --- | --- | --- | --- |',
            ...lines,
          ].join('\n'),
          `Commands:\n\n${commands.map((one) => `- \`${one}\``).join('\n')}`,
        ]),
    ...skipped.map(({ work, why }) => `**Not measured here**: ${work}: ${why}.`),
  ].join('\n\n');
}

/** What it ran on. */
function machine(): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown CPU';
  const memory = `${String(Math.round(totalmem() / 2 ** 30))} GiB`;
  const kernel = execFileSync('uname', ['-r'], { encoding: 'utf8' }).trim();
  const [load = ''] = readFileSync('/proc/loadavg', 'utf8').split(' ');
  return `${String(cpus().length)} × ${model}, ${memory}, Linux ${kernel}, Node.js ${process.versions.node}, load ${load}`;
}
