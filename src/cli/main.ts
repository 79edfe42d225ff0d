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
    process.stdout.write(`drp ${packageVersion()}\n`);
    return 0;
  }
  const { runVerb } = await import('./run-verb.ts');
  return runVerb(first === 'help' ? [...args.slice(1), '--help'] : args);
}

// A reader that closes early (`drp status | head`) is no failure of drp.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});
process.exitCode = await main(process.argv.slice(2));
