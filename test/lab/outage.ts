import { datacentres, type DatacentreName, type HostName, type SiteName } from './facts.ts';
import { postgresPort, postgresProcess, startPostgres } from './postgres.ts';
import { commandName, descendants, signalIfThere } from './process-table.ts';
import { endProcess, processesOfHost, processState, runningPid, type LabContext } from './process.ts';
import { addRelay, listRelays, setRelay } from './relay.ts';
import { hostAddress, sshdProcess, startSshd } from './sshd.ts';
import { appPort, appProcess, nginxProcess, startWeb, webPort, webTlsPort } from './web.ts';

export const sshRelay = (host: HostName): string => `ssh-${host}`;

/** The sshd of a host, listener and connections, dies at once and without a word. Commands it ran are left to notice; the port is refused. */
export async function killSshd(lab: LabContext, host: HostName): Promise<void> {
  await endSshd(lab, host);
  await setRelay(lab, sshRelay(host), { kind: 'refuse' });
}

/** A killed sshd runs again, by the configuration it has now. */
export async function reviveSshd(lab: LabContext, host: HostName): Promise<void> {
  await startSshd(lab, host);
  await setRelay(lab, sshRelay(host), { kind: 'pass' });
}

async function endSshd(lab: LabContext, host: HostName): Promise<void> {
  const connections = sshdFamily(lab, host);
  await endProcess(lab, sshdProcess(host), { signal: 'SIGKILL' });
  for (const one of connections) signalIfThere(one, 'SIGKILL');
}

/** Stops the sshd of a host, its connections and what they run in the foreground; `SIGCONT` lets them go on. */
export function freezeSshd(lab: LabContext, host: HostName, signal: 'SIGSTOP' | 'SIGCONT'): void {
  const pid = runningPid(lab, sshdProcess(host));
  if (pid === undefined) throw new Error(`the sshd of ${host} does not run`);
  for (const one of [pid, ...descendants(pid)]) signalIfThere(one, signal);
}

/** A datacentre loses power: every process of its hosts dies, and its addresses swallow what is sent to them. */
export async function powerOff(lab: LabContext, datacentre: DatacentreName): Promise<void> {
  await Promise.all(datacentres[datacentre].map((host) => hostOff(lab, host)));
}

/** Power is back: services start by themselves, as on a host that boots; jobs that ran are gone. */
export async function powerOn(lab: LabContext, datacentre: DatacentreName): Promise<void> {
  await Promise.all(datacentres[datacentre].map((host) => hostOn(lab, host)));
}

const isSite = (host: HostName): host is SiteName => host === 'limburg' || host === 'gravelines';

/** One host loses power: its processes die, its addresses swallow what is sent to them. */
export async function hostOff(lab: LabContext, host: HostName): Promise<void> {
  await setRelay(lab, sshRelay(host), { kind: 'blackhole' });
  await endSshd(lab, host);
  for (const one of processesOfHost(lab, host)) signalIfThere(one, 'SIGKILL');
  if (!isSite(host)) return;
  await Promise.all(
    [postgresProcess(host), nginxProcess(host), appProcess(host)].map((name) =>
      endProcess(lab, name, { signal: 'SIGKILL', graceMs: 0 }),
    ),
  );
  for (const relay of deadDoors(lab, host)) {
    await addRelay(lab, relay);
    await setRelay(lab, relay.name, { kind: 'blackhole' });
  }
}

/** Its power is back: its services start by themselves; jobs that ran are gone. */
export async function hostOn(lab: LabContext, host: HostName): Promise<void> {
  if (processState(lab, sshdProcess(host)) !== 'running') await startSshd(lab, host);
  if (isSite(host)) {
    const known = (await listRelays(lab)).map((state) => state.relay.name);
    for (const { name } of deadDoors(lab, host))
      if (known.includes(name)) await setRelay(lab, name, { kind: 'refuse' }); // a refused door is a free port
    if (processState(lab, postgresProcess(host)) !== 'running') await startPostgres(lab, host);
    if (processState(lab, nginxProcess(host)) !== 'running') await startWeb(lab, host);
  }
  await setRelay(lab, sshRelay(host), { kind: 'pass' });
}

/** Doors that stand in for a dead site's own ports, so that they swallow instead of refusing. */
function deadDoors(
  lab: LabContext,
  site: SiteName,
): readonly { name: string; listen: { address: string; port: number }; target: { address: string; port: number } }[] {
  const address = hostAddress(lab, site);
  return [webTlsPort, webPort, appPort, postgresPort].map((port) => ({
    name: `dead-${site}-${String(port)}`,
    listen: { address, port },
    target: { address, port },
  }));
}

function sshdFamily(lab: LabContext, host: HostName): readonly number[] {
  const pid = runningPid(lab, sshdProcess(host));
  return pid === undefined ? [] : descendants(pid).filter((child) => commandName(child) === 'sshd');
}
