import { afterEach, describe, expect, test } from '@jest/globals';
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { currentDriver, driverLiveness } from '../../src/journal/driver.ts';
import { statOf } from '../lab/process-table.ts';

/** Its first thread ends at once (system call 60 on x86-64, 93 on arm64: exit of one thread); the other goes on until its input ends. */
const headless = `
import ctypes, platform, sys, threading
def rest():
    print('ready', flush=True)
    sys.stdin.read()
    import os; os._exit(0)
threading.Thread(target=rest).start()
ctypes.CDLL(None).syscall(93 if platform.machine() == 'aarch64' else 60, 0)
`;

describe('whether a driver is there', () => {
  let child: ChildProcess | undefined;
  afterEach(() => {
    child?.kill('SIGKILL');
  });

  test('one whose first thread has ended is there until its last thread has', async () => {
    child = spawn('python3', ['-c', headless], { stdio: ['pipe', 'pipe', 'inherit'] });
    const pid = child.pid ?? 0;
    if (child.stdout !== null) await once(child.stdout, 'data');
    const startTime = statOf(pid)?.startTime ?? '';
    const driver = { ...currentDriver('0.0.0'), pid, startTime };
    for (let tries = 0; statOf(pid)?.state !== 'Z' && tries < 500; tries += 1) await sleep(10);
    expect(statOf(pid)?.state).toBe('Z');
    expect(driverLiveness(driver)).toBe('alive');
    const ended = once(child, 'exit');
    child.stdin?.end();
    await ended;
    expect(driverLiveness(driver)).toBe('dead');
  });
});
