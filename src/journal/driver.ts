import { readFileSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import type { Driver } from '../events/event.ts';

/** alive and dead are proven; unknown means another machine, or one that does not say. */
export type Liveness = 'alive' | 'dead' | 'unknown';

/** Who this process is, sure enough that a reused pid or a reboot is not taken for life. */
export function currentDriver(version: string): Driver {
  return {
    osUser: currentOsUser(),
    machine: hostname(),
    pid: process.pid,
    bootId: bootId(),
    startTime: startTimeOf(process.pid) ?? '',
    version,
  };
}

/** Login name of this process; `uid:N` where the system has no name for it. */
export function currentOsUser(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run a uid without an entry; the number still says who.
    return `uid:${process.getuid?.() ?? '?'}`;
  }
}

/** Whether the process of `driver` still lives, as far as this machine can prove. */
export function driverLiveness(driver: Driver): Liveness {
  if (driver.machine !== hostname()) return 'unknown';
  if (driver.bootId !== bootId()) return 'dead';
  if (driver.bootId === '') return 'unknown';
  const startTime = startTimeOf(driver.pid);
  return startTime === undefined || startTime !== driver.startTime ? 'dead' : 'alive';
}

/** One process on one boot of one machine; a pid alone comes again. */
export function isSameDriver(one: Driver, other: Driver): boolean {
  return (
    one.machine === other.machine &&
    one.bootId === other.bootId &&
    one.pid === other.pid &&
    one.startTime === other.startTime
  );
}

/** Words for people: how sure it is that a driver is there. */
export function livenessText(liveness: Liveness): string {
  return { alive: 'running', dead: 'gone', unknown: 'not known whether it still runs' }[liveness];
}

function bootId(): string {
  return readOrNothing('/proc/sys/kernel/random/boot_id')?.trim() ?? '';
}

/**
 * Field 22 of /proc/PID/stat; undefined where there is no such process, or only its zombie. A zombie with threads left (field 20) is
 * there: a thread that still ends may hold the journal's file open and finish a write to it.
 */
function startTimeOf(pid: number): string | undefined {
  const stat = readOrNothing(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  // The name in field 2 may hold spaces and brackets: count from the last bracket, which ends it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, startTime, threads] = [fields[0], fields[19], Number(fields[17])];
  return state === 'X' || (state === 'Z' && threads <= 1) ? undefined : startTime;
}

function readOrNothing(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // No /proc, or the process is gone: both mean there is nothing to read.
    return undefined;
  }
}
