import { createHash } from 'node:crypto';
import type { ConnectionLimits } from './connection-limits.ts';
import { quote } from './quote.ts';
import type { Argv, HostTarget } from './transport.ts';

/** Files of one OpenSSH connection. */
export interface OpensshFiles {
  /** Socket of the master that commands go through. */
  readonly controlPath: string;
  /** The pinned keys, written as a known_hosts file. */
  readonly knownHosts: string;
  /** Where the master says why it failed. */
  readonly log: string;
  /** Public half of the agent's key to offer. */
  readonly identity?: string;
  /** Socket of the master of the host to jump through. */
  readonly viaControlPath?: string;
}

/** Name of the control socket of a host, the same in every process of this user, and short: a socket's path holds 104 bytes. */
export function controlName(target: HostTarget): string {
  const text = `${target.user}@${target.address}:${target.port} ${target.hostKeys.join(',')}`;
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

/** The pins as a known_hosts file under the alias that the master asks for. */
export function knownHostsText(target: HostTarget): string {
  return target.hostKeys.map((key) => `${hostAlias(target)} ${key.trim()}\n`).join('');
}

/**
 * Opens the one connection that everything else goes through, then goes to the background. The operator's own
 * configuration is read (certificates, hardware keys, agents stand there), but what the plan says wins over it.
 */
export function masterCommand(
  target: HostTarget,
  files: OpensshFiles,
  use: { readonly limits: ConnectionLimits; readonly interactive: boolean; readonly keepIdleS: number },
): Argv {
  const identity = target.keyFile ?? files.identity;
  const settings = [
    `BatchMode=${use.interactive ? 'no' : 'yes'}`,
    'ControlMaster=yes',
    `ControlPath=${files.controlPath}`,
    `ControlPersist=${use.keepIdleS}`,
    `ServerAliveInterval=${Math.max(1, Math.round(use.limits.keepaliveMs / 1000))}`,
    `ServerAliveCountMax=${use.limits.keepaliveCount}`,
    `ConnectTimeout=${Math.max(1, Math.round(use.limits.tcpTimeoutMs / 1000))}`,
    'ConnectionAttempts=1',
    `HostKeyAlias=${hostAlias(target)}`,
    `HostKeyAlgorithms=${hostKeyTypes(target)}`,
    `UserKnownHostsFile=${files.knownHosts}`,
    'GlobalKnownHostsFile=/dev/null',
    'StrictHostKeyChecking=yes',
    'UpdateHostKeys=no',
    'VerifyHostKeyDNS=no',
    'CheckHostIP=no',
    'ForwardAgent=no',
    'ForwardX11=no',
    'ClearAllForwardings=yes',
    'PermitLocalCommand=no',
    'RemoteCommand=none',
    'RequestTTY=no',
    `ProxyCommand=${proxyCommand(files)}`,
    `Port=${target.port}`,
    ...(identity === undefined ? [] : ['IdentitiesOnly=yes', `IdentityFile=${escapePercent(identity)}`]),
  ];
  const log = use.interactive ? [] : ['-E', files.log];
  return ['ssh', '-M', '-N', '-f', ...log, ...options(settings), '-l', target.user, '--', target.address];
}

/** Asks the master, or ends it. */
export function controlCommand(files: OpensshFiles, verb: 'check' | 'exit'): Argv {
  return ['ssh', ...throughMaster(files.controlPath), '-O', verb, '--', 'drp'];
}

/**
 * One command through the master, never by a connection of its own. ssh ends with 255 for a lost connection, a signal
 * and a remote `exit 255` alike, so the true code follows the command's stderr, marked by the nonce.
 */
export function execCommand(files: OpensshFiles, command: Argv, nonce: string): Argv {
  const script = `"$@"; code=$?; printf '${exitMark(nonce)}%s\\n' "$code" >&2; exit "$code"`;
  const line = quote(['sh', '-c', script, 'drp', ...command]);
  return ['ssh', ...throughMaster(files.controlPath), '-T', '--', 'drp', line];
}

/** The exit code behind the nonce at the end of stderr; undefined: the command's end was not seen. */
export function markedExitCode(stderrTail: Buffer, nonce: string): number | undefined {
  const text = stderrTail.toString('latin1');
  const start = text.lastIndexOf(exitMark(nonce));
  const code = start < 0 ? undefined : /^(\d+)\n$/.exec(text.slice(start + exitMark(nonce).length))?.[1];
  return code === undefined ? undefined : Number(code);
}

/** Stderr without the mark. */
export function withoutMark(stderr: string, nonce: string): string {
  const start = stderr.lastIndexOf(exitMark(nonce));
  return start < 0 ? stderr : stderr.slice(0, start);
}

/** Connects stdin and stdout with an address as the host sees it. */
export function tunnelCommand(files: OpensshFiles, address: string, port: number): Argv {
  return ['ssh', ...throughMaster(files.controlPath), '-W', `[${address}]:${port}`, '--', 'drp'];
}

// No configuration, and a way out that fails: without its master a command must not log in by itself.
function throughMaster(controlPath: string): readonly string[] {
  return [
    '-F',
    '/dev/null',
    '-S',
    controlPath,
    ...options(['ControlMaster=no', 'ProxyCommand=false', 'BatchMode=yes']),
  ];
}

function proxyCommand(files: OpensshFiles): string {
  if (files.viaControlPath === undefined) return 'none';
  const way = quote(['ssh', ...throughMaster(files.viaControlPath)]);
  return `${escapePercent(way)} -W [%h]:%p -- drp`;
}

function hostAlias(target: HostTarget): string {
  return `drp-${controlName(target)}`;
}

function hostKeyTypes(target: HostTarget): string {
  const types = target.hostKeys.map((key) => key.trim().split(/\s+/)[0] ?? '');
  return [...new Set(types.flatMap((type) => (type === 'ssh-rsa' ? ['rsa-sha2-512', 'rsa-sha2-256'] : [type])))].join(
    ',',
  );
}

function exitMark(nonce: string): string {
  return `drp1 ${nonce} exit `;
}

function escapePercent(text: string): string {
  return text.replaceAll('%', '%%');
}

function options(settings: readonly string[]): readonly string[] {
  return settings.flatMap((setting) => ['-o', setting]);
}
