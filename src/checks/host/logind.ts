import type { Finding } from '../check.ts';
import { findingFor } from '../finding-for.ts';
import { linesOf, type HostFacts } from './facts.ts';
import type { HostNeeds } from './needs.ts';

/** Settings of systemd-logind that decide whether a job outlives its login. */
export interface LogindSettings {
  readonly killUserProcesses: boolean;
  readonly killOnlyUsers: readonly string[];
  readonly killExcludeUsers: readonly string[];
  /** The file that said KillUserProcesses last. */
  readonly saidBy?: string;
}

const strength = ['/usr/lib', '/usr/local/lib', '/run', '/etc'];

/**
 * The settings in force (logind.conf(5)): drop-ins come after the main file, in the order of their names whatever their
 * folder; of two with one name that of the stronger folder counts (/etc over /run over /usr). Pure.
 */
function logindSettings(lines: readonly string[]): LogindSettings {
  const files = new Map<string, { readonly path: string; readonly lines: string[] }>();
  let current: string[] = [];
  // The script lists folders from the weakest to the strongest: a later file of the same name replaces the earlier.
  for (const line of lines) {
    const [, folder = '', name = ''] = /^file (\S+) (\S+)$/.exec(line) ?? [];
    if (!strength.includes(folder)) {
      current.push(line);
      continue;
    }
    current = [];
    files.set(name, { path: `${folder}/systemd/${name}`, lines: current });
  }
  const names = [...files.keys()].filter((name) => name !== 'logind.conf').toSorted();
  let settings: LogindSettings = { killUserProcesses: false, killOnlyUsers: [], killExcludeUsers: ['root'] };
  for (const name of ['logind.conf', ...names]) {
    const file = files.get(name);
    for (const line of file?.lines ?? []) {
      const [key = '', value = ''] = line.split('=').map((part) => part.trim());
      const list = value.split(/\s+/).filter((one) => one !== '');
      if (key === 'KillOnlyUsers') settings = { ...settings, killOnlyUsers: list };
      if (key === 'KillExcludeUsers') settings = { ...settings, killExcludeUsers: list };
      if (key === 'KillUserProcesses') {
        settings = { ...settings, killUserProcesses: /^(1|yes|y|true|t|on)$/i.test(value), saidBy: file?.path ?? name };
      }
    }
  }
  return settings;
}

/** Jobs of drp outlive their connection: where logind ends them with the login, a restoration dies with the line. */
export function logindFindings(facts: HostFacts, { host, user }: HostNeeds): readonly Finding[] {
  const say = findingFor('host.kill-user-processes', host);
  const fact = facts.fact('logind');
  const threshold = `jobs of ${user} live on after logout`;
  if ('absent' in fact) {
    return [say.unknown(fact.absent, { threshold, advice: `On ${host}: grep -r KillUserProcesses /etc/systemd.` })];
  }
  const settings = logindSettings(linesOf(fact));
  if (!settings.killUserProcesses) return [say.ok('logind lets jobs live on', { threshold })];
  const { killOnlyUsers, killExcludeUsers, saidBy = '' } = settings;
  const spared = killExcludeUsers.includes(user) || (killOnlyUsers.length > 0 && !killOnlyUsers.includes(user));
  if (spared) return [say.ok(`logind ends jobs of others, not of ${user}`, { threshold })];
  const found = `KillUserProcesses=yes in ${saidBy}: a job ends when its login does`;
  const advice = `On ${host}, in ${saidBy}: KillUserProcesses=no, or KillExcludeUsers=root ${user}; then systemctl restart systemd-logind.`;
  return [say.fail(found, { threshold, advice })];
}
