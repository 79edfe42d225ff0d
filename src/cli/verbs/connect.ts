import { DrpError } from '../../base/errors.ts';
import { examples } from '../examples.ts';
import type { Io, VerbAnswer } from '../io.ts';
import type { Verb } from '../verb.ts';
import { openHosts, openRunbook } from '../wire.ts';

interface ConnectOptions {
  readonly site: string;
  readonly runbooks?: string;
}

export const verb: Verb = (command, { io, action }) => {
  command
    .argument('<host>', 'host of the runbook; its transport is openssh')
    .requiredOption('--site <name>', 'site whose runbook names the host')
    .option('--runbooks <folder>', 'where runbooks are looked for')
    .addHelpText(
      'after',
      `
Logs in once on this terminal, where ssh may ask for a password, a one-time code or a touch. The
connection stays, and runs go through it without asking again.
${examples([['drp connect bastion --site gravelines', 'before a run that goes through the bastion']])}`,
    )
    .action(action((host: string, options: ConnectOptions) => connect(io, host, options)));
};

async function connect(io: Io, host: string, options: ConnectOptions): Promise<VerbAnswer> {
  const { runbook } = await openRunbook(io, options.site, options.runbooks);
  const known = runbook.hosts[host];
  if (known === undefined) throw unknownHost(host, Object.keys(runbook.hosts));
  if (!io.interactive)
    throw new DrpError('facts-missing', { what: `the login of host '${host}'`, options: 'a terminal' });
  const pool = await openHosts(runbook);
  try {
    await pool.connectInteractively(host);
  } finally {
    await pool.closeAll();
  }
  return { text: `connected: ${host} (${known.address}:${known.port})`, json: { host, connected: true } };
}

/** A host the runbook does not have. */
export function unknownHost(host: string, known: readonly string[]): DrpError {
  return new DrpError('nothing-to-do', {
    what: `the runbook has no host '${host}'`,
    advice: `It has: ${known.join(', ')}.`,
  });
}
