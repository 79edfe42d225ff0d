import { overview, packageVersion } from './overview.ts';

/**
 * Arguments in, exit code out. Kept small: `drp --help` must answer before anything heavy is loaded, and every verb
 * loads only what it needs.
 */
async function main(args: readonly string[]): Promise<number> {
  const [first] = args;
  if (first === undefined || first === '--help' || first === '-h' || (first === 'help' && args.length === 1)) {
    process.stdout.write(overview());
    return 0;
  }
  if (first === '--version' || first === '-V') {
    const version = packageVersion();
    process.stdout.write(args.includes('--json') ? `${JSON.stringify({ version })}\n` : `drp ${version}\n`);
    return 0;
  }
  findOwnModulesQuickly();
  dropEmptyVariables();
  const { runVerb } = await import('./run-verb.ts');
  return runVerb(first === 'help' ? [...args.slice(1), '--help'] : args);
}

/**
 * Node asks the disk several questions about each name that a module imports. Our own say in full where they lie, relative to whoever
 * imports them, and none of them is a link: their answer is known. A third of the time that loading takes.
 */
function findOwnModulesQuickly(): void {
  // Not by an import: that would make all the names of the built-in module, before `--help` is answered.
  const { registerHooks } = process.getBuiltinModule('node:module');
  registerHooks({
    resolve: (name, context, next) => {
      const { parentURL } = context;
      if (!name.startsWith('.') || !name.endsWith('.ts') || parentURL === undefined) return next(name, context);
      return { url: new URL(name, parentURL).href, format: 'module-typescript', shortCircuit: true };
    },
  });
}

/** `export DRP_JOURNAL=` names no journal, and an empty HOME would put one into whatever folder this is typed in. */
function dropEmptyVariables(): void {
  for (const name of ['DRP_JOURNAL', 'DRP_RUNBOOKS', 'HOME', 'XDG_STATE_HOME', 'XDG_CONFIG_HOME', 'XDG_RUNTIME_DIR']) {
    if (process.env[name] === '') Reflect.deleteProperty(process.env, name);
  }
}

// A reader that closes early (`drp status | head`) or a terminal that goes away is no failure of drp: a run that is
// driven must still note that it was left.
let unwritable: Error | undefined;
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    // A full disk under a log stops no run either; that not all was said is told at the end.
    if (error.code !== 'EPIPE' && error.code !== 'EIO') unwritable ??= error;
  });
}
const exitCode = await main(process.argv.slice(2));
process.exitCode = exitCode;
// Writes to a pipe may fail after the last verb has ended: looked at when nothing is left to do.
process.once('beforeExit', () => void (unwritable === undefined || saySo(unwritable)));

async function saySo(error: Error): Promise<void> {
  const { DrpError } = await import('../base/errors.ts');
  const { message, hint, exitCode: failed } = new DrpError('output-unwritable', { reason: error.message });
  process.stderr.write(`drp: ${message}\nHINT: ${hint}\n`);
  if (exitCode === 0) process.exitCode = failed;
}
