import { Command, CommanderError } from 'commander';
import { DrpError } from '../base/errors.ts';
import { nearest } from '../runbook/spelling.ts';
import { reflow } from '../views/layout.ts';
import { processIo, writeAnswer, type Io } from './io.ts';
import { verbLines } from './overview.ts';
import { reportError } from './report-error.ts';
import type { Verb } from './verb.ts';

type Loader = () => Promise<{ readonly verb: Verb }>;
const loaders: Readonly<Record<string, Loader>> = {
  init: () => import('./verbs/init.ts'),
  plan: () => import('./verbs/plan.ts'),
  prove: () => import('./verbs/prove.ts'),
  print: () => import('./verbs/print.ts'),
  check: () => import('./verbs/check.ts'),
  sync: () => import('./verbs/sync.ts'),
  drill: () => import('./verbs/drill.ts'),
  activate: () => import('./verbs/activate.ts'),
  return: () => import('./verbs/return.ts'),
  resume: () => import('./verbs/resume.ts'),
  run: () => import('./verbs/run.ts'),
  handover: () => import('./verbs/handover.ts'),
  status: () => import('./verbs/status.ts'),
  approve: () => import('./verbs/approve.ts'),
  reject: () => import('./verbs/reject.ts'),
  decide: () => import('./verbs/decide.ts'),
  attest: () => import('./verbs/attest.ts'),
  note: () => import('./verbs/note.ts'),
  abort: () => import('./verbs/abort.ts'),
  runs: () => import('./verbs/runs.ts'),
  obligation: () => import('./verbs/obligation.ts'),
  audit: () => import('./verbs/audit.ts'),
  report: () => import('./verbs/report.ts'),
  lesson: () => import('./verbs/lesson.ts'),
  sla: () => import('./verbs/sla.ts'),
  'who-can': () => import('./verbs/who-can.ts'),
  hosts: () => import('./verbs/hosts.ts'),
  connect: () => import('./verbs/connect.ts'),
};

/** Runs one verb to its end. Resolves with the exit code; throws nothing. */
export async function runVerb(args: readonly string[]): Promise<number> {
  try {
    return await runWith(processIo(args), args);
  } catch (error) {
    const { env, stdout, stderr } = process;
    return reportError({ json: args.includes('--json'), env, stdout, stderr, width: 80 }, error);
  }
}

async function runWith(io: Io, args: readonly string[]): Promise<number> {
  const [name = '', ...rest] = args;
  const command = baseCommand(name);
  let exitCode = 0;
  try {
    const load = Object.hasOwn(loaders, name) ? loaders[name] : undefined;
    if (load === undefined) throw unknownVerb(name);
    const { verb } = await load();
    verb(command, {
      io,
      action:
        (act) =>
        async (...given) => {
          exitCode = writeAnswer(io, await act(...given));
        },
    });
    quietAll(command);
    await command.parseAsync(rest, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode === 0) return 0;
      return reportError(io, wrongUsage(error, command, rest));
    }
    return reportError(io, error);
  }
  return exitCode;
}

function baseCommand(name: string): Command {
  const line = verbLines.flatMap(([, verbs]) => verbs).find(([verb]) => verb === name)?.[1] ?? '';
  return new Command(`drp ${name}`).description(`${line.charAt(0).toUpperCase()}${line.slice(1)}.`);
}

/** Every command and subcommand: errors come back as exceptions, common options are known, nothing writes by itself. */
function quietAll(command: Command): void {
  const { stdout } = process;
  // Examples and remarks are written for 100 columns; only a terminal has fewer.
  const helpWidth = stdout.isTTY ? Math.min(stdout.columns, 100) : 100;
  const folded = (text: string) => (stdout.isTTY ? reflow(text, helpWidth) : text);
  command
    .exitOverride()
    .configureOutput({ writeErr: () => undefined, writeOut: (text) => void stdout.write(folded(text)) })
    .configureHelp({ helpWidth })
    .helpOption('--help', 'show this help');
  if (command.commands.length > 0) {
    command.helpCommand(false).option('--json', 'one JSON object last on stdout').option('--no-color', 'no colours');
  } else {
    command
      .option('--journal <url>', 'where runs are recorded, e.g. sqlite:/var/lib/drp/journal.sqlite')
      .option('--json', 'one JSON object last on stdout')
      .option('--no-color', 'no colours');
  }
  command.commands.forEach(quietAll);
}

function wrongUsage(error: CommanderError, command: Command, [second]: readonly string[]): DrpError {
  const what = error.message
    .replace(/^error: /, '')
    .replaceAll('\n', ' ')
    .replace(/[.]$/, '');
  const verb = command.name().replace(/^drp /, '');
  // Commander answers a group without its second word with the help text.
  if (error.code === 'commander.help') {
    return new DrpError('wrong-usage', { what: `${verb} needs a second word`, command: verb }, { cause: error });
  }
  const known = command.commands.some((subcommand) => subcommand.name() === second);
  return new DrpError('wrong-usage', { what, command: known ? `${verb} ${second}` : verb }, { cause: error });
}

function unknownVerb(name: string): DrpError {
  const verbs = Object.keys(loaders);
  const begun = name.length >= 3 ? verbs.find((verb) => verb.startsWith(name)) : undefined;
  const near = begun ?? nearest(name, verbs);
  return new DrpError('verb-unknown', { verb: name, meant: near === undefined ? '' : `; did you mean '${near}'?` });
}
