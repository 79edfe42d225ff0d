import { parseArgs } from 'node:util';
import { readFacts } from './facts.ts';
import { defaultDir, defaultNet, labContext, startLab, stopLab } from './lab.ts';
import { processState, recordedProcesses } from './process.ts';

const help = `The practice lab: two sites, two backup servers and a bastion on this machine's loopback.

  lab up [--db 8MB] [--files 20MB] [--recovery empty|stale]
  lab down
  lab status

Everywhere: --dir DIR (default ${defaultDir}), --net 127.0.N (default ${defaultNet}). Labs side by side need both of their own.
`;

const options = {
  dir: { type: 'string', default: process.env['LAB_DIR'] ?? defaultDir },
  net: { type: 'string', default: process.env['LAB_NET'] ?? defaultNet },
  db: { type: 'string', default: '8MB' },
  files: { type: 'string', default: '20MB' },
  recovery: { type: 'string', default: 'empty' },
  help: { type: 'boolean', default: false },
} as const;

const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

/** `250MB` → bytes, binary units. */
function size(text: string): number {
  const match = /^(\d+)\s*(KB|MB|GB)$/i.exec(text);
  if (match === null) throw new Error(`'${text}' is no size; write 8MB or 1GB`);
  const unit = { kb: 1024, mb: 1024 ** 2, gb: 1024 ** 3 }[(match[2] ?? '').toLowerCase()] ?? 1;
  return Number(match[1]) * unit;
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const [command = 'help'] = positionals;
  const dir = values.dir;
  if (command === 'up') {
    if (values.recovery !== 'empty' && values.recovery !== 'stale') throw new Error(`--recovery ${values.recovery}: expected empty or stale`);
    const startedAt = performance.now();
    const lab = await startLab({ dir, net: values.net, databaseBytes: size(values.db), filesBytes: size(values.files), recovery: values.recovery, log: say });
    for (const reason of lab.facts.skipped) say(`SKIPPED: ${reason}`);
    say(`up in ${((performance.now() - startedAt) / 1000).toFixed(1)} s: ${dir}/lab.json${lab.facts.skipped.length > 0 ? `, ${String(lab.facts.skipped.length)} part(s) skipped` : ''}`);
  } else if (command === 'down') {
    await stopLab(labContext({ dir, net: values.net, log: say }));
    say(`down: ${dir} is gone`);
  } else if (command === 'status') {
    const facts = readFacts(dir);
    const lab = labContext({ dir: facts.dir, net: facts.net });
    for (const name of recordedProcesses(lab)) process.stdout.write(`${processState(lab, name).padEnd(8)} ${name}\n`);
    for (const reason of facts.skipped) process.stdout.write(`skipped  ${reason}\n`);
  } else {
    process.stdout.write(help);
    process.exitCode = command === 'help' ? 0 : 2;
  }
}

main().catch((error: unknown) => {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) say(cause === error ? cause.message : `  because: ${cause.message}`);
  process.exitCode = 1;
});
