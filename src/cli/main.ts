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
  const { runVerb } = await import('./run-verb.ts');
  return runVerb(first === 'help' ? [...args.slice(1), '--help'] : args);
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
