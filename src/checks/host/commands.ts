import type { Runbook } from '../../runbook/schema/runbook.ts';
import type { StepSpec } from '../../runbook/schema/steps.ts';

type Argv = readonly string[];

/** Commands that the steps would run on a host, as the runbook writes them; each once. Pure. */
export function commandsAt(runbook: Runbook, steps: readonly StepSpec[], host: string): readonly Argv[] {
  const { decrypts, recovery } = runbook.service;
  const commands = [
    ...steps.flatMap((step) => commandsOf(runbook, step)),
    { host: decrypts?.host, argv: decrypts?.run },
    // What holds the isolated folder or port is known on the day of the drill.
    ...[runbook.drill?.serve?.start, runbook.drill?.serve?.check, runbook.drill?.serve?.stop].map((argv) => ({
      host: recovery.host,
      argv: argv?.some((word) => word.includes('{')) === true ? undefined : argv,
    })),
  ];
  const here = commands.flatMap(({ host: at, argv }) => (at === host && argv !== undefined ? [argv] : []));
  return [...new Map(here.map((argv) => [argv.join('\0'), argv])).values()];
}

interface Command {
  readonly host: string | undefined;
  readonly argv: Argv | undefined;
}

function commandsOf({ service }: Runbook, step: StepSpec): readonly Command[] {
  const at = (host: string, ...argvs: readonly (Argv | undefined)[]): readonly Command[] =>
    argvs.map((argv) => ({ host, argv }));
  switch (step.kind) {
    case 'command':
      return at(step.host, step.run, step.verify, step.undo);
    case 'maintenance':
      return at(service[step.side].host, step.on, step.off, step.reload);
    case 'fence': {
      const ways = step.ways.flatMap((one) => {
        if (one.way === 'host') return at(service[step.side].host, one.stop, one.check, one.undo);
        return one.way === 'command' ? at(one.host, one.run, one.check, one.undo) : [];
      });
      return [...ways, ...step.pause.flatMap(({ host, run, undo }) => at(host, run, undo))];
    }
    default:
      return [];
  }
}

/**
 * What `sudo -n -l` is asked for a command that begins with sudo: the command, behind `-u USER` where it is to be run as
 * somebody else than root. Undefined: it does not begin so, or with options that a question cannot repeat. Pure.
 */
export function sudoQuestion(argv: Argv): Argv | undefined {
  const [program = '', ...words] = argv;
  if (program !== 'sudo' && !program.endsWith('/sudo')) return undefined;
  let user: string | undefined;
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    if (/^-[nHSk]+$/.test(word) || /^--(non-interactive|set-home)$/.test(word)) continue;
    if (word === '-u' || word === '--user') user = words[(at += 1)];
    else if (word.startsWith('--user=')) user = word.slice('--user='.length);
    else if (word === '--' || !word.startsWith('-')) {
      const command = words.slice(word === '--' ? at + 1 : at);
      if (command.length === 0 || command.some((one) => /[\n\r\0]/.test(one))) return undefined;
      return user === undefined || user === 'root' ? command : ['-u', user, ...command];
    } else return undefined;
  }
  return undefined;
}

/** The program a command begins with, where it is looked for by its name; a path may come with the files that are restored. */
export function programOf(argv: Argv): string | undefined {
  const words = sudoQuestion(argv) ?? argv;
  const program = words[0] === '-u' ? words[2] : words[0];
  return program === undefined || program.includes('/') ? undefined : program;
}
