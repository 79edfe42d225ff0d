import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';

const helpOption = { help: { type: 'boolean', short: 'h', default: false } } as const;

/**
 * The arguments of a command of this folder; an exit code where there is nothing to do: 0 after `--help`, whose text goes to
 * stdout, 2 after arguments it does not know, which are named before the usage.
 */
export function readCommandLine<T extends ParseArgsOptionsConfig>(options: T, usage: string) {
  try {
    const read = parseArgs({ allowPositionals: true, options: { ...options, ...helpOption } });
    if ((read.values as { readonly help?: boolean }).help !== true) return read;
    process.stdout.write(`${usage}\n`);
    return 0;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return wrongUsage(error.message.split('. ')[0] ?? '', usage);
  }
}

export function wrongUsage(what: string, usage: string): 2 {
  process.stderr.write(`${what}\n\n${usage}\n`);
  return 2;
}
