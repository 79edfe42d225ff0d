import { createHash, createHmac } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { HostFacts, LabFacts } from './facts.ts';
import { writeOutlet } from './power.ts';
import { isRoot, launch, logFile, run, runningPid, waitFor, type LabContext } from './process.ts';
import { hostAddress, hostFolder, makeHost, sshPort, sshdProcess, waitForBanner, writeSshdConfig } from './sshd.ts';

/** The bastion's second door: password and one-time code, and the only way to pdu. */
const bastionDoorPort = 2322;
const bastionUser = 'ops';
/** Above the uids Debian gives out. */
const bastionUserId = 64_200;
const keeper = 'pdu-network';

type Part = Required<Pick<LabFacts, 'bastionLogin'>> & { readonly pdu: HostFacts };

/** Why the host behind the bastion cannot be had here; undefined where it can. */
export async function namespaceMissing(): Promise<string | undefined> {
  const what = 'pdu, the host behind the bastion’s password and one-time code';
  if (!isRoot()) return `${what}: needs root (a network namespace and a private /etc)`;
  const modules = await run([
    'sh',
    '-c',
    'ls -d /lib/*/security/pam_oath.so /usr/lib/*/security/pam_oath.so 2>/dev/null || true',
  ]);
  if (modules.stdout === '') return `${what}: apt-get install --no-install-recommends libpam-oath`;
  try {
    await run(['unshare', '--net', '--mount', '--', 'ip', 'link', 'set', 'lo', 'up']);
    return undefined;
  } catch (error) {
    return `${what}: no network namespace can be made here (${error instanceof Error ? error.message : String(error)})`;
  }
}

/**
 * pdu stands in a network of its own, which has nothing but a loopback; the bastion's second sshd stands in it too and is reached from
 * outside through a UNIX socket. That sshd sees a private /etc: its PAM asks for password and code, and its passwd knows the user ops.
 */
export async function startNamespace(lab: LabContext): Promise<Part> {
  const folder = join(lab.dir, 'namespace');
  mkdirSync(folder, { recursive: true });
  const login = await writeLogin(lab, folder);
  const pdu = makeHost(lab, 'pdu');
  await startNetwork(lab, folder);
  const inside = insideOf(lab);
  writeSshdConfig(lab, 'pdu', { address: pdu.address, port: sshPort });
  writeDoorConfig(lab, folder);
  await Promise.all([
    startInside(lab, inside, { name: sshdProcess('pdu'), config: join(hostFolder(lab, 'pdu'), 'etc', 'sshd_config') }),
    startInside(lab, inside, { name: 'sshd-bastion-door', config: join(folder, 'sshd_config') }),
  ]);
  const outer = { host: login.address, port: login.port };
  const socket = { path: join(folder, 'door.sock') };
  await startBridge(lab, { name: 'bridge-inside', enter: inside, ends: [socket, outer] });
  await startBridge(lab, { name: 'bridge-outside', enter: [], ends: [outer, socket] });
  const outside = `/proc/${String(runningPid(lab, 'bridge-outside'))}/ns`; // what is switched on must stand in the lab's own namespaces
  writeOutlet(lab, 'pdu', ['nsenter', `--net=${outside}/net`, `--mount=${outside}/mnt`, '--']);
  await waitForBanner(login, 'the bastion’s second door');
  return { pdu: { ...pdu, via: 'bastion' }, bastionLogin: login };
}

/** The code an authenticator shows (RFC 6238: SHA-1, 30 s, 6 digits). The bastion takes each only once. */
export function oneTimeCode(secretFile: string, at: Date): string {
  const secret = Buffer.from(readFileSync(secretFile, 'utf8').trim(), 'hex');
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(at.getTime() / 30_000)));
  const digest = createHmac('sha1', secret).update(counter).digest();
  const offset = digest.readUInt8(digest.length - 1) & 0x0f;
  return String((digest.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

async function writeLogin(lab: LabContext, folder: string): Promise<Part['bastionLogin']> {
  const secret = createHash('sha1').update(`drp practice lab one-time code: ${lab.net}`).digest('hex');
  const password = createHash('sha256').update(`drp practice lab password: ${lab.net}`).digest('hex').slice(0, 16);
  const otpSecretFile = join(folder, 'otp-secret.hex');
  const passwordFile = join(folder, 'password');
  writeFileSync(otpSecretFile, `${secret}\n`, { mode: 0o600 });
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  writeFileSync(join(folder, 'users.oath'), `HOTP/T30/6 ${bastionUser} - ${secret}\n`, { mode: 0o600 });
  const pam = [
    'auth required pam_unix.so',
    `auth required pam_oath.so usersfile=${join(folder, 'users.oath')} window=10 digits=6`,
    'account required pam_permit.so',
    'password required pam_deny.so',
    'session required pam_permit.so',
  ];
  writeFileSync(join(folder, 'pam-sshd'), `${pam.join('\n')}\n`);
  const hash = (await run(['openssl', 'passwd', '-6', '-stdin'], { input: `${password}\n` })).stdout.trim();
  const id = String(bastionUserId);
  const added = {
    passwd: `${bastionUser}:x:${id}:${id}::${join(hostFolder(lab, 'bastion'), 'home')}:/bin/sh\n`,
    group: `${bastionUser}:x:${id}:\n`,
    shadow: `${bastionUser}:${hash}:20000:0:99999:7:::\n`,
  };
  for (const [name, line] of Object.entries(added)) {
    writeFileSync(join(folder, name), readFileSync(join('/etc', name), 'utf8') + line, {
      mode: name === 'shadow' ? 0o600 : 0o644,
    });
  }
  return {
    user: bastionUser,
    address: hostAddress(lab, 'bastion'),
    port: bastionDoorPort,
    passwordFile,
    otpSecretFile,
  };
}

/** A process that holds the namespaces open; all that is in them enters through its pid. */
async function startNetwork(lab: LabContext, folder: string): Promise<void> {
  const bind = (source: string, target: string): string => `mount --bind '${join(folder, source)}' ${target}`;
  const ready = join(folder, 'ready');
  const script = [
    bind('pam-sshd', '/etc/pam.d/sshd'),
    bind('passwd', '/etc/passwd'),
    bind('group', '/etc/group'),
    bind('shadow', '/etc/shadow'),
    'ip link set lo up',
    `: > '${ready}'`,
    'exec sleep infinity',
  ];
  await launch(lab, {
    name: keeper,
    argv: ['unshare', '--net', '--mount', '--', 'sh', '-ec', script.join('\n')],
    cwd: '/',
  });
  await waitFor(`the namespaces; see ${logFile(lab, keeper)}`, () => Promise.resolve(existsSync(ready) || undefined));
}

function insideOf(lab: LabContext): readonly string[] {
  const pid = String(runningPid(lab, keeper));
  return ['nsenter', `--net=/proc/${pid}/ns/net`, `--mount=/proc/${pid}/ns/mnt`, '--'];
}

function writeDoorConfig(lab: LabContext, folder: string): void {
  const settings = [
    `ListenAddress ${hostAddress(lab, 'bastion')}`,
    `Port ${String(bastionDoorPort)}`,
    `HostKey ${join(hostFolder(lab, 'bastion'), 'etc', 'ssh_host_ed25519_key')}`,
    'PidFile none',
    'AuthenticationMethods keyboard-interactive:pam',
    'KbdInteractiveAuthentication yes',
    'PasswordAuthentication no',
    'PubkeyAuthentication no',
    `AllowUsers ${bastionUser}`,
    'UsePAM yes',
    'PrintMotd no',
    'PrintLastLog no',
    'UseDNS no',
    'AllowTcpForwarding yes',
    'LogLevel VERBOSE',
  ];
  writeFileSync(join(folder, 'sshd_config'), `${settings.join('\n')}\n`);
}

async function startInside(
  lab: LabContext,
  inside: readonly string[],
  sshd: { readonly name: string; readonly config: string },
): Promise<void> {
  await launch(lab, { name: sshd.name, argv: [...inside, '/usr/sbin/sshd', '-D', '-e', '-f', sshd.config], cwd: '/' });
  const listens = (): boolean => readFileSync(logFile(lab, sshd.name), 'utf8').includes('Server listening');
  await waitFor(`${sshd.name}; see ${logFile(lab, sshd.name)}`, () => Promise.resolve(listens() || undefined));
}

async function startBridge(
  lab: LabContext,
  bridge: { readonly name: string; readonly enter: readonly string[]; readonly ends: readonly object[] },
): Promise<void> {
  const main = fileURLToPath(new URL('bridge.ts', import.meta.url));
  await launch(lab, {
    name: bridge.name,
    argv: [...bridge.enter, process.execPath, main, JSON.stringify(bridge.ends)],
    cwd: '/',
  });
}
