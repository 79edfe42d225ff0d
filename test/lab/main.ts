import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { startClient, stopClient, type ClientKind } from './clients.ts';
import { hostNames, readFacts } from './facts.ts';
import { activeFaults, faults, inflict } from './faults.ts';
import { defaultDir, defaultNet, labContext, openLab, startLab, stopLab } from './lab.ts';
import { measure } from './measure.ts';
import { outlet } from './power.ts';
import { processState, recordedProcesses, type LabContext } from './process.ts';

const options = {
  dir: { type: 'string', default: process.env['LAB_DIR'] ?? defaultDir },
  net: { type: 'string', default: process.env['LAB_NET'] ?? defaultNet },
  db: { type: 'string', default: '8MB' },
  files: { type: 'string', default: '20MB' },
  recovery: { type: 'string', default: 'empty' },
  ttl: { type: 'string', default: '60' },
  every: { type: 'string', default: '200' },
  'no-tickets': { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

type Values = ReturnType<typeof parseCommandLine>['values'];
type Command = (values: Values, args: readonly string[]) => Promise<void>;

const help = `The practice lab: two sites, two backup servers, a bastion, name servers and a ticket system on this machine's loopback.

  lab up [--db 8MB] [--files 20MB] [--recovery empty|stale] [--ttl 60] [--no-tickets]
  lab down                          ends everything and leaves no trace
  lab status                        what runs, which faults are in force, what was skipped
  lab env                           the lab's facts as shell variables
  lab sql limburg|gravelines TEXT   as the superuser, in the database kyc
  lab probe start|stop [--every MS] fetches the page, DIR/timelines/probe.jsonl
  lab writer start|stop [--every MS] inserts rows through the site, DIR/timelines/writer.jsonl
  lab measure                       downtime and lost rows, as JSON
  lab outlet on|off|status HOST     a host's power, as the bastion's command switches it
  lab fault NAME [ARGUMENT…]        or the name that takes it back:

${faults.map((fault) => `    ${`${fault.name} ${fault.usage}`.padEnd(46)} ${fault.what} (back: ${fault.undo})`).join('\n')}

Everywhere: --dir DIR (default ${defaultDir}), --net 127.0.N (default ${defaultNet}); labs side by side need both of their own.
`;

const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};
const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const commands: Readonly<Record<string, Command>> = {
  async up(values) {
    if (values.recovery !== 'empty' && values.recovery !== 'stale')
      throw new Error(`--recovery ${values.recovery}: expected empty or stale`);
    const startedAt = performance.now();
    const { facts } = await startLab({
      dir: values.dir,
      net: values.net,
      databaseBytes: bytesOf(values.db),
      filesBytes: bytesOf(values.files),
      recovery: values.recovery,
      ttlSeconds: wholeNumber(values.ttl),
      tickets: !values['no-tickets'],
      log: say,
      stays: true,
    });
    for (const reason of facts.skipped) say(`SKIPPED: ${reason}`);
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    say(
      `up in ${seconds} s: ${values.dir}/lab.json${facts.skipped.length > 0 ? `; ${String(facts.skipped.length)} part(s) SKIPPED` : ''}`,
    );
  },

  async down(values) {
    const wasThere = existsSync(values.dir);
    await stopLab(labContext({ dir: values.dir, net: values.net }));
    say(wasThere ? `down: nothing is left of ${values.dir}` : `there is no lab in ${values.dir}`);
  },

  status(values) {
    const { facts } = openLab(values.dir);
    const lab = contextOf(values);
    for (const name of recordedProcesses(lab)) print(`${processState(lab, name).padEnd(8)} ${name}`);
    for (const fault of activeFaults(lab)) print(`fault    ${fault}`);
    for (const reason of facts.skipped) print(`SKIPPED  ${reason}`);
    return Promise.resolve();
  },

  env(values) {
    for (const [path, value] of leaves(readFacts(values.dir), 'LAB')) print(`${path}=${quoted(value)}`);
    return Promise.resolve();
  },

  async sql(values, [site, ...text]) {
    if (site !== 'limburg' && site !== 'gravelines')
      throw new Error(`'${site ?? ''}' is no site; there are: limburg, gravelines`);
    process.stdout.write(await openLab(values.dir).sql(site, text.join(' ')));
  },

  probe: (values, args) => client('probe', values, args),
  writer: (values, args) => client('writer', values, args),

  async measure(values) {
    print(JSON.stringify(await measure(contextOf(values)), null, 2));
  },

  async outlet(values, [order = '', name]) {
    const host = hostNames.find((each) => each === name);
    if (host === undefined) throw new Error(`outlet: '${name ?? ''}' is no host; there are: ${hostNames.join(', ')}`);
    print(`${host} ${await outlet(contextOf(values), order, host)}`);
  },

  async fault(values, [name = '', ...args]) {
    await inflict(contextOf(values), name, args);
  },
};

async function client(kind: ClientKind, values: Values, args: readonly string[]): Promise<void> {
  const lab = contextOf(values);
  if (args[0] === 'stop') await stopClient(lab, kind);
  else if (args[0] === 'start') say(`${kind}: ${await startClient(lab, kind, { everyMs: wholeNumber(values.every) })}`);
  else throw new Error(`lab ${kind}: expected start or stop`);
}

function contextOf(values: Values): LabContext {
  const facts = readFacts(values.dir);
  return labContext({ dir: facts.dir, net: facts.net, log: say });
}

/** `250MB` → bytes, binary units. */
function bytesOf(text: string): number {
  const match = /^(\d+)\s*(KB|MB|GB)$/i.exec(text);
  const unit = { kb: 1024, mb: 1024 ** 2, gb: 1024 ** 3 }[(match?.[2] ?? '').toLowerCase()];
  if (match === null || unit === undefined) throw new Error(`'${text}' is no size; write 8MB or 1GB`);
  return Number(match[1]) * unit;
}

function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`'${text}' is no whole number`);
  return Number(text);
}

/** `LAB_HOSTS_LIMBURG_ADDRESS` and so on. */
function leaves(value: unknown, path: string): readonly (readonly [string, string])[] {
  if (typeof value !== 'object' || value === null) return [[path, String(value)]];
  return Object.entries(value).flatMap(([key, inner]) =>
    leaves(
      inner,
      `${path}_${key
        .replace(/([a-z])([A-Z])/g, '$1_$2')
        .replace(/\W/g, '_')
        .toUpperCase()}`,
    ),
  );
}

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

const parseCommandLine = () => parseArgs({ options, allowPositionals: true });

async function main(): Promise<void> {
  const { values, positionals } = parseCommandLine();
  const [name = 'help', ...args] = positionals;
  const command = commands[name];
  if (values.help || name === 'help') print(help);
  else if (command !== undefined) await command(values, args);
  else throw new Error(`no command '${name}'; see: lab help`);
}

main().catch((error: unknown) => {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause)
    say(cause === error ? cause.message : `  because: ${cause.message}`);
  process.exitCode = 1;
});
