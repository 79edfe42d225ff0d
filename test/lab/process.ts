import { execFile, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  environmentOf,
  isRunning,
  openFile,
  othersRunning,
  sessionProcesses,
  signalIfThere,
  statOf,
} from './process-table.ts';

/** What every part of one lab needs to know: where it lives, which loopback /24 it owns, where its progress lines go. */
export interface LabContext {
  /** Absolute folder; everything of the lab lies under it. */
  readonly dir: string;
  /** The first three numbers of the lab's addresses, `127.0.77`. */
  readonly net: string;
  readonly log: (line: string) => void;
}

export interface LaunchOptions {
  /** One name per process of a lab; `launch` refuses a name that still runs. */
  readonly name: string;
  readonly argv: readonly string[];
  readonly env?: Record<string, string>;
  readonly cwd?: string;
  /** As root: run as this user. Ignored for an ordinary user, who can only be himself. */
  readonly user?: string;
  /** What ends it politely; SIGTERM where absent (PostgreSQL wants SIGINT). */
  readonly stopSignal?: NodeJS.Signals;
}

interface ProcessRecord {
  readonly name: string;
  readonly pid: number;
  /** See ProcessStat. */
  readonly startTime: string;
  readonly argv: readonly string[];
  readonly stopSignal: NodeJS.Signals;
}

export interface RunResult {
  readonly stdout: string;
  readonly stderr: string;
}

/** True when the lab is run by root. */
export const isRoot = (): boolean => process.getuid?.() === 0;

/** The argv that runs a command as another user; unchanged where that is not possible or not needed. */
function asUser(user: string | undefined, argv: readonly string[]): readonly string[] {
  if (user === undefined || !isRoot()) return argv;
  return ['setpriv', `--reuid=${user}`, `--regid=${user}`, '--init-groups', '--', ...argv];
}

/**
 * Runs a command to its end and gives what it printed.
 * Throws an Error that names the command, its exit code and its last words.
 */
export function run(
  argv: readonly string[],
  options: {
    readonly env?: Record<string, string>;
    readonly cwd?: string;
    readonly user?: string;
    readonly input?: string;
  } = {},
): Promise<RunResult> {
  const [file = '', ...args] = asUser(options.user, argv);
  return new Promise((resolve, reject) => {
    const child = execFile(
      file,
      args,
      { cwd: options.cwd ?? '/', env: { ...baseEnvironment(), ...options.env }, maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) => {
        if (error === null) resolve({ stdout, stderr });
        else
          reject(new Error(`${argv.join(' ').slice(0, 300)} failed (${String(error.code)}): ${stderr.slice(-1500)}`));
      },
    );
    child.stdin?.on('error', () => undefined); // a command that does not read its input says so by its exit code
    child.stdin?.end(options.input ?? '');
  });
}

/** Starts a process that outlives this one: own session, output to DIR/log/NAME.log, recorded under DIR/processes. */
export async function launch(lab: LabContext, options: LaunchOptions): Promise<{ pid: number }> {
  if (processState(lab, options.name) === 'running') throw new Error(`${options.name} runs already in ${lab.dir}`);
  mkdirSync(join(lab.dir, 'log'), { recursive: true });
  mkdirSync(join(lab.dir, 'processes'), { recursive: true });
  const [file = '', ...args] = asUser(options.user, options.argv);
  const output = openSync(logFile(lab, options.name), 'a');
  const child = spawn(file, args, {
    detached: true,
    stdio: ['ignore', output, output],
    cwd: options.cwd ?? lab.dir,
    env: { ...baseEnvironment(), ...options.env, DRP_LAB: lab.dir },
  });
  closeSync(output);
  const pid = await new Promise<number>((resolve, reject) => {
    child.once('error', (cause) => {
      reject(new Error(`${options.name} could not be started: ${cause.message}`, { cause }));
    });
    child.once('spawn', () => {
      resolve(child.pid ?? 0);
    });
  });
  child.unref();
  const startTime = statOf(pid)?.startTime ?? 'gone';
  const record: ProcessRecord = {
    name: options.name,
    pid,
    startTime,
    argv: options.argv,
    stopSignal: options.stopSignal ?? 'SIGTERM',
  };
  const file_ = recordFile(lab, options.name);
  writeFileSync(`${file_}.new`, JSON.stringify(record));
  renameSync(`${file_}.new`, file_);
  return { pid };
}

/** Ends a process: its polite signal, then KILL for it and all of its session. Gone when this resolves (a zombie counts as gone). */
export async function endProcess(
  lab: LabContext,
  name: string,
  options: { readonly signal?: NodeJS.Signals; readonly graceMs?: number } = {},
): Promise<void> {
  const record = readRecord(lab, name);
  if (record === undefined) return;
  const gone = (): boolean => !isAlive(record);
  if (!gone()) {
    signalIfThere(record.pid, options.signal ?? record.stopSignal);
    signalIfThere(-record.pid, 'SIGCONT'); // a frozen one could not act on the polite signal
    await until(gone, options.graceMs ?? 3_000);
  }
  for (const pid of sessionProcesses(record.pid, record.startTime)) signalIfThere(pid, 'SIGKILL');
  if (!(await until(() => gone() && sessionProcesses(record.pid, record.startTime).length === 0, 5_000)))
    throw new Error(`${name} (${String(record.pid)}) does not end`);
  rmSync(recordFile(lab, name), { force: true });
}

/** Sends a signal to a recorded process and its process group; false when it is not running. */
export function signalProcess(lab: LabContext, name: string, signal: NodeJS.Signals): boolean {
  const record = readRecord(lab, name);
  if (record === undefined || !isAlive(record)) return false;
  signalIfThere(record.pid, signal);
  signalIfThere(-record.pid, signal);
  return true;
}

/** `gone`: recorded but no longer running (a zombie counts as gone); `absent`: never started, or ended by `endProcess`. */
export function processState(lab: LabContext, name: string): 'running' | 'gone' | 'absent' {
  const record = readRecord(lab, name);
  if (record === undefined) return 'absent';
  return isAlive(record) ? 'running' : 'gone';
}

/** The names of all recorded processes, oldest first. */
export function recordedProcesses(lab: LabContext): readonly string[] {
  return readRecords(lab)
    .sort((a, b) => Number(a.startTime) - Number(b.startTime))
    .map((record) => record.name);
}

/** The pid of a recorded process that runs. */
export function runningPid(lab: LabContext, name: string): number | undefined {
  const record = readRecord(lab, name);
  return record !== undefined && isAlive(record) ? record.pid : undefined;
}

/**
 * Ends what the lab's processes left behind in sessions of their own: remote jobs, sshd's connection processes, backends.
 * They are known by the lab's mark in their environment, or by writing to its logs or to a file on one of its hosts.
 */
export async function endStragglers(lab: LabContext): Promise<readonly number[]> {
  const ended: number[] = [];
  await until(() => {
    const found = stragglers(lab);
    for (const pid of found) signalIfThere(pid, 'SIGKILL');
    ended.push(...found);
    return found.length === 0;
  }, 5_000);
  return ended;
}

/**
 * Processes that carry the lab's mark, or whose output goes to its logs or to a file of one of its hosts (nginx, which a
 * drill starts there, writes over its own environment); recorded ones included.
 */
export function stragglers(lab: LabContext): readonly number[] {
  const places = ['log', 'hosts'].map((name) => `${join(lab.dir, name)}/`);
  const writesThere = (pid: number): boolean =>
    [1, 2].some((descriptor) => {
      const file = openFile(pid, descriptor);
      return places.some((place) => file.startsWith(place));
    });
  return othersRunning().filter((pid) => isMarked(pid, `DRP_LAB=${lab.dir}`) || writesThere(pid));
}

/** What was started by logging in to a host of the lab, jobs that outlived their connection too. */
export function processesOfHost(lab: LabContext, host: string): readonly number[] {
  return othersRunning().filter((pid) => isMarked(pid, `DRP_LAB=${lab.dir}`) && isMarked(pid, `LAB_HOST=${host}`));
}

const isMarked = (pid: number, pair: string): boolean => environmentOf(pid).includes(pair);

/** Asks until the probe gives something. A probe that throws counts as "not yet"; its last error is the cause when time is up. */
export async function waitFor<T>(what: string, probe: () => Promise<T | undefined>, timeoutMs = 15_000): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  let cause: unknown;
  for (;;) {
    try {
      const value = await probe();
      if (value !== undefined) return value;
    } catch (error) {
      cause = error;
    }
    if (performance.now() > deadline) throw new Error(`waited ${String(timeoutMs)} ms for ${what}`, { cause });
    await delay(40);
  }
}

/** Where a process's output goes. */
export const logFile = (lab: LabContext, name: string): string => join(lab.dir, 'log', `${name}.log`);

const recordFile = (lab: LabContext, name: string): string => join(lab.dir, 'processes', `${name}.json`);

function readRecord(lab: LabContext, name: string): ProcessRecord | undefined {
  try {
    return JSON.parse(readFileSync(recordFile(lab, name), 'utf8')) as ProcessRecord;
  } catch {
    return undefined; // never recorded, or its lab is gone
  }
}

function readRecords(lab: LabContext): ProcessRecord[] {
  let names: string[];
  try {
    names = readdirSync(join(lab.dir, 'processes'));
  } catch {
    return [];
  }
  return names
    .filter((name) => name.endsWith('.json'))
    .map((name) => readRecord(lab, name.slice(0, -'.json'.length)))
    .filter((record) => record !== undefined);
}

function baseEnvironment(): Record<string, string> {
  return { PATH: `/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`, LANG: 'C.UTF-8', TZ: 'UTC' };
}

const isAlive = ({ pid, startTime }: ProcessRecord): boolean => isRunning(pid) && statOf(pid)?.startTime === startTime;

async function until(condition: () => boolean, timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  while (!condition()) {
    if (performance.now() > deadline) return false;
    await delay(20);
  }
  return true;
}
