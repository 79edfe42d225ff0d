import { runSubprocess } from './subprocess.ts';

/** What the operator's own SSH configuration says about a name; only what it says. */
export interface SshConfigEntry {
  readonly hostName?: string;
  readonly port?: number;
  readonly user?: string;
  readonly identityFiles: readonly string[];
  readonly identityAgent?: string;
  readonly proxyJump?: string;
  readonly proxyCommand?: string;
  readonly hostKeyAlias?: string;
  readonly userKnownHostsFiles: readonly string[];
}

// A name that ssh could take for an option or a shell for a command is not asked about.
const hostNames = /^[A-Za-z0-9_][A-Za-z0-9._:@-]*$/;

/**
 * Asks the system's ssh how it would reach a name (`ssh -G`: Include, Match and all; nothing is sent anywhere).
 * Undefined: there is no ssh, or it cannot read the configuration.
 */
export async function readSshConfig(name: string, configFile?: string): Promise<SshConfigEntry | undefined> {
  if (!hostNames.test(name)) return undefined;
  const file = configFile === undefined ? [] : ['-F', configFile];
  const { result } = await runSubprocess(['ssh', ...file, '-G', '--', name], { timeoutMs: 5_000 });
  return result.kind === 'exited' && result.exitCode === 0 ? parseSshConfig(result.stdout) : undefined;
}

/** The output of `ssh -G` as an entry. */
export function parseSshConfig(text: string): SshConfigEntry {
  const values = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const space = line.indexOf(' ');
    if (space < 0) continue;
    const key = line.slice(0, space);
    values.set(key, [...(values.get(key) ?? []), line.slice(space + 1).trim()]);
  }
  const one = <K extends string>(name: K, key: string): { readonly [P in K]?: string } => {
    const value = values.get(key)?.[0];
    return (value === undefined || value === 'none' ? {} : { [name]: value }) as { readonly [P in K]?: string };
  };
  const port = Number(values.get('port')?.[0]);
  return {
    ...one('hostName', 'hostname'),
    ...(Number.isInteger(port) ? { port } : {}),
    ...one('user', 'user'),
    identityFiles: values.get('identityfile') ?? [],
    ...one('identityAgent', 'identityagent'),
    ...one('proxyJump', 'proxyjump'),
    ...one('proxyCommand', 'proxycommand'),
    ...one('hostKeyAlias', 'hostkeyalias'),
    userKnownHostsFiles: (values.get('userknownhostsfile')?.[0] ?? '').split(' ').filter((file) => file !== ''),
  };
}
