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
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error;
  });
}
process.exitCode = await main(process.argv.slice(2));
