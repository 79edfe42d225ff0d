import { randomBytes } from 'node:crypto';
import { chmod, lstat, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { DrpError, toError } from '../base/errors.ts';
import type { ConnectionLimits } from './connection-limits.ts';
import { fingerprint } from './host-keys.ts';
import {
  controlCommand,
  controlName,
  execCommand,
  knownHostsText,
  markedExitCode,
  masterCommand,
  tunnelCommand,
  withoutMark,
  type OpensshFiles,
} from './openssh-command.ts';
import { createSlots, type Slots } from './slots.ts';
import { openProcessPipe, runOnTerminal, runSubprocess } from './subprocess.ts';
import type { Argv, ExecOptions, ExecResult, HostTarget } from './transport.ts';
import type { TunnelTransport } from './tunnel.ts';

/** What the OpenSSH transport needs to know of its surroundings. */
export interface OpensshSettings {
  readonly limits: ConnectionLimits;
  /** Folder of this user where connections opened by `drp connect` lie, the same for every process. */
  readonly sharedFolder: string;
  /** Folder of this process for its own connections. */
  readonly ownFolder: string;
  /** Gives up a connection in the making. */
  readonly signal: AbortSignal;
}

// An own master nobody uses goes away; one that cost the operator a one-time code stays for a whole night's work.
const ownIdleS = 300;
const sharedIdleS = 12 * 3600;
const controlTimeoutMs = 5_000;
/** A session that is refused though no other one runs is asked for again so often: sshd counts one a moment longer than it lives. */
const sessionTriesMax = 5;
const sessionPauseMs = 50;
// Well under the idle time above and the time a silent host is given.
const trustedMs = 10_000;

/** A fresh folder for this process's sockets; in /tmp where the usual place has too long a name for a socket. */
export async function createControlFolder(): Promise<string> {
  const base = tmpdir().length > 60 ? '/tmp' : tmpdir();
  return mkdtemp(join(base, 'drp-'));
}

/**
 * The host through a multiplexed connection of the system's ssh: one opened by `drp connect` if it is there, else an own
 * one without any question. Throws host-key-not-pinned, host-key-mismatch, login-refused, host-unreachable.
 */
export async function openOpenssh(
  target: HostTarget,
  settings: OpensshSettings,
  via?: { readonly controlPath: string },
): Promise<OpensshTransport> {
  if (target.hostKeys.length === 0) throw new DrpError('host-key-not-pinned', { host: target.name });
  const shared = await filesFor(target, settings.sharedFolder, via);
  if (await isAlive(shared)) return createTransport(target, shared, { whose: 'shared', limits: settings.limits });
  const files = await filesFor(target, settings.ownFolder, via);
  if (!(await isAlive(files))) await openMaster(target, files, settings);
  return createTransport(target, files, { whose: 'own', limits: settings.limits });
}

/**
 * Opens a connection on the operator's terminal, where ssh may ask for a password, a one-time code or a touch. It stays
 * after this process has ended and later runs go through it. Throws host-key-not-pinned, login-refused.
 */
export async function connectInteractively(
  target: HostTarget,
  settings: OpensshSettings,
  via?: { readonly controlPath: string },
): Promise<void> {
  if (target.hostKeys.length === 0) throw new DrpError('host-key-not-pinned', { host: target.name });
  const files = await filesFor(target, settings.sharedFolder, via);
  if (await isAlive(files)) return;
  await rm(files.controlPath, { force: true });
  const { limits } = settings;
  const code = await runOnTerminal(masterCommand(target, files, { limits, interactive: true, keepIdleS: sharedIdleS }));
  if (code === 0 && (await isAlive(files))) return;
  throw loginRefused(target, `ssh ended with ${code}; what it said stands above`);
}

/** A transport that tells where its master listens. */
export interface OpensshTransport extends TunnelTransport {
  readonly controlPath: string;
}

function createTransport(
  target: HostTarget,
  files: OpensshFiles,
  use: { readonly whose: 'own' | 'shared'; readonly limits: ConnectionLimits },
): OpensshTransport {
  const slots = createSlots(use.limits.channelsMax);
  const ended = new AbortController();
  let seenMs = performance.now();
  // An idle master goes away by itself, and a command sent after it would look lost though it never began.
  const stillThere = async (): Promise<boolean> => {
    if (ended.signal.aborted) return false;
    if (!(await isAlive(files))) ended.abort(new Error('the multiplexed connection has ended'));
    else seenMs = performance.now();
    return !ended.signal.aborted;
  };
  return {
    target,
    controlPath: files.controlPath,
    ended: ended.signal,
    stillThere: async () => performance.now() - seenMs < trustedMs || stillThere(),
    exec: async (command, options) => {
      const result = await execThroughMaster({ files, slots }, command, options);
      if (result.kind === 'lost' || result.kind === 'timed-out') await stillThere();
      else seenMs = performance.now();
      return result;
    },
    openTunnel: async (address, port) => {
      if (!(await stillThere())) {
        throw new DrpError('connection-lost', { host: target.name, reason: 'the multiplexed connection has ended' });
      }
      return openProcessPipe(tunnelCommand(files, address, port));
    },
    close: async () => {
      if (ended.signal.aborted) return;
      ended.abort(new Error('the connection was closed'));
      // A connection the operator opened by hand is not ours to end.
      if (use.whose === 'own') await runSubprocess(controlCommand(files, 'exit'), { timeoutMs: controlTimeoutMs });
    },
  };
}

interface Master {
  readonly files: OpensshFiles;
  readonly slots: Slots;
}

/** On a host that lets fewer sessions run at once than the limit, a command waits for one to end, as it does at the limit. */
async function execThroughMaster(master: Master, command: Argv, options: ExecOptions): Promise<ExecResult> {
  const { slots } = master;
  for (let refusals = 0; ;) {
    const result = await tryThroughMaster(master, command, options);
    if (result !== 'refused') return result;
    const others = slots.inside();
    if (others > 0) slots.narrow(others);
    else if ((refusals += 1) > sessionTriesMax) {
      return { kind: 'lost', cause: new Error('the host opens no session on this connection') };
    } else await setTimeout(sessionPauseMs * refusals);
  }
}

async function tryThroughMaster(master: Master, command: Argv, options: ExecOptions): Promise<ExecResult | 'refused'> {
  // Those who are in have deadlines of their own: the wait for them is not the host's silence.
  const leave = await master.slots.enter(options.signal).catch(toError);
  if (leave instanceof Error) return { kind: 'lost', cause: leave };
  const nonce = randomBytes(8).toString('hex');
  const line = execCommand(master.files, command, nonce);
  const { result, stderrTail } = await runSubprocess(line, options).finally(leave);
  if (result.kind === 'signalled') return { kind: 'lost', cause: new Error(`ssh was ended by ${result.signalName}`) };
  if (result.kind !== 'exited') return result;
  const exitCode = markedExitCode(stderrTail, nonce);
  const stderr = withoutMark(result.stderr, nonce);
  if (exitCode !== undefined) return { ...result, exitCode, stderr };
  if (wasRefused(result)) return 'refused';
  return { kind: 'lost', cause: new Error(stderr.trim().split('\n').at(-1) || 'the end of the command was not seen') };
}

// ssh says it before all else, and ends: the command was not begun.
function wasRefused({ exitCode, stderr }: { readonly exitCode: number; readonly stderr: string }): boolean {
  return exitCode === 255 && stderr.startsWith('mux_client_request_session: session request failed: ');
}

async function openMaster(target: HostTarget, files: OpensshFiles, settings: OpensshSettings): Promise<void> {
  const { limits, signal } = settings;
  await rm(files.controlPath, { force: true });
  await rm(files.log, { force: true });
  const timeoutMs = limits.tcpTimeoutMs + limits.loginTimeoutMs;
  const command = masterCommand(target, files, { limits, interactive: false, keepIdleS: ownIdleS });
  const { result } = await runSubprocess(command, { timeoutMs, signal });
  if (result.kind === 'exited' && result.exitCode === 0 && (await isAlive(files))) return;
  const said = (await readFile(files.log, 'utf8').catch(() => '')).trim();
  throw masterError(target, said, result);
}

// ssh has one exit code for everything, so its words are read, here and nowhere else.
function masterError(target: HostTarget, said: string, result: ExecResult): DrpError {
  const { name: host, address, port } = target;
  const pinned = target.hostKeys.map(fingerprint).join(' or ');
  const last = said.split('\n').at(-1) ?? '';
  if (/Host key verification failed|no matching host key type/.test(said)) {
    const found = /SHA256:[A-Za-z0-9+/]+/.exec(said)?.[0] ?? 'of other types';
    return new DrpError('host-key-mismatch', { host, address, port, found, pinned });
  }
  if (/Permission denied|Too many authentication failures|No more authentication methods/.test(said)) {
    return loginRefused(target, 'it does not accept the key');
  }
  const why = result.kind === 'timed-out' ? `no login within ${result.afterMs} ms` : last;
  const dropped = /closed by|Connection reset|kex_exchange_identification/.test(said);
  return new DrpError('host-unreachable', { host, address, port, reason: why || 'ssh gave no reason', dropped });
}

async function isAlive(files: OpensshFiles): Promise<boolean> {
  const { result } = await runSubprocess(controlCommand(files, 'check'), { timeoutMs: controlTimeoutMs });
  return result.kind === 'exited' && result.exitCode === 0;
}

async function filesFor(
  target: HostTarget,
  folder: string,
  via: { readonly controlPath: string } | undefined,
): Promise<OpensshFiles> {
  await ownPrivately(folder);
  const base = join(folder, controlName(target));
  const knownHosts = `${base}.hosts`;
  await writeFile(knownHosts, knownHostsText(target), { mode: 0o600 });
  const files = { controlPath: base, knownHosts, log: `${base}.log` };
  const identity = await agentIdentity(target, `${base}.pub`);
  return {
    ...files,
    ...(identity === undefined ? {} : { identity }),
    ...(via === undefined ? {} : { viaControlPath: via.controlPath }),
  };
}

// Whoever can write there could answer in the host's name.
async function ownPrivately(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const found = await lstat(folder);
  if (!found.isDirectory() || found.uid !== process.getuid?.()) {
    throw new DrpError('internal', { what: `the folder ${folder} for SSH connections belongs to somebody else` });
  }
  await chmod(folder, 0o700);
}

// ssh offers one key of the agent only if it is given its public half as a file.
async function agentIdentity(target: HostTarget, file: string): Promise<string | undefined> {
  if (target.keyFile !== undefined || target.keyFingerprint === undefined) return undefined;
  const { result } = await runSubprocess(['ssh-add', '-L'], { timeoutMs: controlTimeoutMs });
  const lines = result.kind === 'exited' ? result.stdout.split('\n').filter((line) => line.includes(' ')) : [];
  const line = lines.find((key) => fingerprint(key) === target.keyFingerprint);
  if (line === undefined) throw loginRefused(target, `the agent holds no key ${target.keyFingerprint}`);
  await writeFile(file, `${line}\n`, { mode: 0o600 });
  return file;
}

function loginRefused(target: HostTarget, reason: string): DrpError {
  const { name: host, user, address, port } = target;
  return new DrpError('login-refused', { host, user, address, port, reason });
}
