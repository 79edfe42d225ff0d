import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { datacentres, type HostName } from './facts.ts';
import { activeFaults, inflict } from './faults.ts';
import type { LabContext } from './process.ts';
import { hostFolder } from './sshd.ts';

/** Where a host that holds the outlets has the command `outlet on|off|status HOST`. */
const outletCommand = (lab: LabContext, holder: HostName): string =>
  join(hostFolder(lab, holder), 'srv', 'bin', 'outlet');

/** Puts the outlet command on a host; `enter` is what leads from that host's namespace to the lab's own. */
export function writeOutlet(lab: LabContext, holder: HostName, enter: readonly string[] = []): string {
  const file = outletCommand(lab, holder);
  const main = fileURLToPath(new URL('main.ts', import.meta.url));
  const argv = [...enter, process.execPath, main, 'outlet', '--dir', lab.dir].map(shellWord).join(' ');
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, `#!/bin/sh\n# outlet on|off|status HOST: the power of a host\nexec ${argv} "$@"\n`, {
    mode: 0o755,
  });
  return file;
}

/** Switches a host, or says `on` or `off`. Switching off what is off is no error. */
export async function outlet(lab: LabContext, order: string, host: HostName): Promise<'on' | 'off'> {
  const isOff = powerIsOff(lab, host);
  if (order === 'off') await inflict(lab, 'host-down', [host]);
  else if (order === 'on') await inflict(lab, 'host-up', [host]);
  else if (order === 'status') return isOff ? 'off' : 'on';
  else throw new Error(`outlet ${order}: expected on, off or status`);
  return order;
}

function powerIsOff(lab: LabContext, host: HostName): boolean {
  const dark = Object.entries(datacentres).filter(([, hosts]) => (hosts as readonly HostName[]).includes(host));
  const reasons = [`host-down ${host}`, ...dark.map(([name]) => `site-down ${name}`)];
  return activeFaults(lab).some((fault) => reasons.includes(fault));
}

const shellWord = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
