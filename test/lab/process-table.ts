import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

// What the kernel says about processes, as it is now: each may end between two looks.

/** Field by field what a test may want of /proc/PID/stat. */
export interface ProcessStat {
  readonly state: string;
  readonly parent: number;
  readonly session: number;
  readonly threads: number;
  /** Ticks since the machine started: with the pid it names one process for as long as the machine is up. */
  readonly startTime: string;
}

/** Undefined: there is no such process. */
export function statOf(pid: number): ProcessStat | undefined {
  const text = processFile(pid, 'stat');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' '); // the command before it may hold spaces and brackets
  const [state, parent, , session] = fields;
  const startTime = fields[19];
  if (state === undefined || startTime === undefined) return undefined;
  return { state, parent: Number(parent), session: Number(session), threads: Number(fields[17]), startTime };
}

/** A zombie whose other threads still end holds its files and sockets open: connections to it are still taken. */
const hasEnded = (stat: ProcessStat): boolean => stat.state === 'X' || (stat.state === 'Z' && stat.threads <= 1);

/** It exists and has not ended (a zombie counts as ended). */
export function isRunning(pid: number): boolean {
  const stat = statOf(pid);
  return stat !== undefined && !hasEnded(stat);
}

/** All there are, zombies too. */
export const processIds = (): readonly number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);

/** Those that have not ended, but for the one that asks. */
export const othersRunning = (): readonly number[] =>
  processIds().filter((pid) => pid !== process.pid && isRunning(pid));

/**
 * Processes of the session that this one leads, or led, that have not ended. With its start time: none where the number has been
 * given to another process since, which the kernel does only when the session is empty.
 */
export function sessionProcesses(leader: number, startTime?: string): readonly number[] {
  const leads = statOf(leader);
  if (startTime !== undefined && leads !== undefined && leads.startTime !== startTime) return [];
  return processIds().filter((pid) => {
    const stat = statOf(pid);
    if (stat === undefined || hasEnded(stat) || stat.session !== leader) return false;
    return !(Number(stat.startTime) < Number(startTime ?? 0)); // left by an earlier start of the machine
  });
}

/** Child processes of a pid, all generations. */
export function descendants(pid: number): readonly number[] {
  const parents = new Map<number, number[]>();
  for (const candidate of processIds()) {
    const parent = statOf(candidate)?.parent ?? 0;
    parents.set(parent, [...(parents.get(parent) ?? []), candidate]);
  }
  const found: number[] = [];
  const queue = [...(parents.get(pid) ?? [])];
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    found.push(next);
    queue.push(...(parents.get(next) ?? []));
  }
  return found;
}

/** The name the kernel knows a process by: `sshd`, `rsync`. */
export const commandName = (pid: number): string => processFile(pid, 'comm').trim();

/** The words it was started with, or that it shows instead. */
export const commandWords = (pid: number): readonly string[] => processFile(pid, 'cmdline').split('\0');

/** What it was started with in its environment, `NAME=VALUE` each. */
export const environmentOf = (pid: number): readonly string[] => processFile(pid, 'environ').split('\0');

/** The path behind one of its file descriptors; '' where there is none. */
export function openFile(pid: number, descriptor: number): string {
  try {
    return readlinkSync(`/proc/${String(pid)}/fd/${String(descriptor)}`);
  } catch {
    return '';
  }
}

/** Signals a process found just now; one that is gone meanwhile is passed over. */
export function signalIfThere(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** What the kernel shows of it under this name; '' where it has ended meanwhile, or is another user's. */
export function processFile(pid: number, name: 'stat' | 'comm' | 'cmdline' | 'environ'): string {
  try {
    return readFileSync(`/proc/${String(pid)}/${name}`, 'utf8');
  } catch {
    return '';
  }
}
