import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { hostNames, hostNumbers, type Endpoint, type HostFacts, type HostName } from './facts.ts';
import { hostKeys, practiceKey, writeKey } from './keys.ts';
import { endProcess, isRoot, launch, logFile, waitFor, type LabContext } from './process.ts';

/** The port operators use; the relay's where there is one, else sshd's own. */
export const sshPort = 2222;
/** Behind a relay sshd listens here, on the same address. */
export const hiddenSshPort = 2223;

/** Hosts with a key of their own, which reach the backups and each other. */
const travellingHosts = ['limburg', 'gravelines'] as const;
const roles: Record<HostName, string> = {
  bastion: 'bastion',
  limburg: 'production',
  gravelines: 'recovery',
  'backup-even': 'backup',
  'backup-odd': 'backup',
  pdu: 'power',
};

export const hostFolder = (lab: LabContext, host: HostName): string => join(lab.dir, 'hosts', host);
export const hostAddress = (lab: LabContext, host: HostName): string => `${lab.net}.${String(hostNumbers[host])}`;
export const sshdProcess = (host: HostName): string => `sshd-${host}`;

/** Makes the folders, keys and identity of every host. Nothing runs yet. */
export function makeHosts(lab: LabContext): Record<(typeof hostNames)[number], HostFacts> {
  const made = hostNames.map((host) => [host, makeHost(lab, host)] as const);
  return Object.fromEntries(made) as Record<(typeof hostNames)[number], HostFacts>;
}

/** Starts the sshd of every host; resolves when each has said its banner. */
export async function startSshds(lab: LabContext, hosts: readonly HostName[], port: number): Promise<void> {
  await Promise.all(
    hosts.map(async (host) => {
      writeSshdConfig(lab, host, { address: hostAddress(lab, host), port });
      await startSshd(lab, host);
    }),
  );
}

/** Starts one sshd by the configuration written last. */
export async function startSshd(lab: LabContext, host: HostName): Promise<void> {
  const config = join(hostFolder(lab, host), 'etc', 'sshd_config');
  await launch(lab, { name: sshdProcess(host), argv: ['/usr/sbin/sshd', '-D', '-e', '-f', config] });
  await waitForBanner(listenEndpoint(config), `the sshd of ${host}; see ${logFile(lab, sshdProcess(host))}`);
}

/** Starts a host's sshd again after its configuration or host key changed. Open connections live on. */
export async function restartSshd(lab: LabContext, host: HostName): Promise<void> {
  await endProcess(lab, sshdProcess(host));
  await startSshd(lab, host);
}

/** Puts another host key in place (`seal` names it); takes effect at the next start. */
export function writeHostKey(lab: LabContext, host: HostName, seal = `host ${host}`): string {
  return writeKey(lab.net, seal, join(hostFolder(lab, host), 'etc', 'ssh_host_ed25519_key'));
}

/** Where an sshd listens. Every host has its own; swapping two is done by writing each other's. */
export function writeSshdConfig(lab: LabContext, host: HostName, listen: Endpoint): void {
  const folder = hostFolder(lab, host);
  const home = join(folder, 'home');
  // sshd takes the first SetEnv directive only, so all of it is one line. The working directory stays that of passwd.
  const setEnv = [`HOME=${home}`, `DRP_LAB=${lab.dir}`, `LAB_HOST=${host}`].map((pair) => `"${pair}"`).join(' ');
  writeFileSync(
    join(folder, 'etc', 'sshd_config'),
    [
      `ListenAddress ${listen.address}`,
      `Port ${String(listen.port)}`,
      `HostKey ${join(folder, 'etc', 'ssh_host_ed25519_key')}`,
      `AuthorizedKeysFile ${join(folder, 'etc', 'authorized_keys')}`,
      'PidFile none',
      'AuthenticationMethods publickey',
      'PubkeyAuthentication yes',
      'PasswordAuthentication no',
      'KbdInteractiveAuthentication no',
      'PermitRootLogin prohibit-password',
      'UsePAM no',
      'StrictModes no',
      'PrintMotd no',
      'PrintLastLog no',
      'UseDNS no',
      'AllowTcpForwarding yes',
      'LogLevel VERBOSE',
      'Subsystem sftp internal-sftp',
      `SetEnv ${setEnv}`,
      '',
    ].join('\n'),
  );
}

/** Resolves when something at this address speaks SSH. */
export function waitForBanner(endpoint: Endpoint, what: string): Promise<string> {
  return waitFor(what, () => readBanner(endpoint), 10_000);
}

function readBanner(endpoint: Endpoint): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect(endpoint.port, endpoint.address);
    const finish = (banner: string | undefined): void => {
      socket.destroy();
      resolve(banner);
    };
    socket.setTimeout(1_000, () => {
      finish(undefined);
    });
    socket.on('error', () => {
      finish(undefined);
    });
    socket.on('close', () => {
      finish(undefined);
    });
    socket.on('data', (data) => {
      finish(data.toString('latin1').startsWith('SSH-2.0') ? data.toString('latin1') : undefined);
    });
  });
}

function listenEndpoint(config: string): Endpoint {
  const text = readFileSync(config, 'utf8');
  const value = (name: string): string => new RegExp(`^${name} (.*)$`, 'm').exec(text)?.[1] ?? '';
  return { address: value('ListenAddress'), port: Number(value('Port')) };
}

/** Folders, keys and identity of one host. */
export function makeHost(lab: LabContext, host: HostName): HostFacts {
  const folder = hostFolder(lab, host);
  const base = join(folder, 'srv');
  const home = join(folder, 'home');
  for (const part of [base, home, join(folder, 'etc'), join(home, '.ssh')]) mkdirSync(part, { recursive: true });
  if (isRoot() && !existsSync('/run/sshd')) mkdirSync('/run/sshd', { mode: 0o755 }); // the privilege separation folder sshd insists on; a boot clears it
  writeHostKey(lab, host);
  const identityFile = join(folder, 'identity');
  const identity = `${host} ${roles[host]} ${createHash('sha256').update(`drp practice lab identity: ${lab.net} ${host}`).digest('hex').slice(0, 32)}`;
  writeFileSync(identityFile, `${identity}\n`);
  writeFileSync(join(folder, 'etc', 'authorized_keys'), authorizedKeys(lab));
  const facts = {
    address: hostAddress(lab, host),
    port: sshPort,
    base,
    home,
    hostKey: hostKeys(lab.net)[host],
    identityFile,
    identity,
  };
  const travels = travellingHosts.some((name) => name === host);
  return travels ? { ...facts, sshConfig: writeTravelConfig(lab, host) } : facts;
}

function authorizedKeys(lab: LabContext): string {
  const names = ['operator', ...travellingHosts.map((host) => `user of ${host}`)];
  return names.map((name) => `${practiceKey(lab.net, name).publicKey} ${name}\n`).join('');
}

/** The key, known hosts and ssh configuration by which a site reaches the backups and the other site. */
function writeTravelConfig(lab: LabContext, host: HostName): string {
  const folder = hostFolder(lab, host);
  const key = join(folder, 'home', '.ssh', 'id_ed25519');
  const knownHosts = join(folder, 'home', '.ssh', 'known_hosts');
  writeKey(lab.net, `user of ${host}`, key);
  const keys = hostKeys(lab.net);
  writeFileSync(
    knownHosts,
    hostNames.map((name) => `[${hostAddress(lab, name)}]:${String(sshPort)} ${keys[name]}\n`).join(''),
  );
  const named = hostNames.map((name) => `Host ${name}\n  HostName ${hostAddress(lab, name)}\n`);
  const always = [
    'Host *',
    `  Port ${String(sshPort)}`,
    `  IdentityFile ${key}`,
    '  IdentitiesOnly yes',
    '  IdentityAgent none',
    `  UserKnownHostsFile ${knownHosts}`,
    '  GlobalKnownHostsFile /dev/null',
    '  StrictHostKeyChecking yes',
    '  BatchMode yes',
    '  ConnectTimeout 10',
    '  ServerAliveInterval 15',
    '  ServerAliveCountMax 3',
    '  LogLevel ERROR',
  ];
  const config = join(folder, 'ssh_config');
  writeFileSync(config, `${named.join('')}${always.join('\n')}\n`);
  return config;
}
