import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { FastDrive, FastSaying } from './fast-driver.ts';

const program = fileURLToPath(new URL('./fast-driver.ts', import.meta.url));

/** A fast driver under way. */
export interface FastProcess {
  readonly pid: number;
  readonly said: readonly FastSaying[];
  /** Resolves when it has said this, or has ended. */
  heard(fits: (saying: FastSaying) => boolean): Promise<boolean>;
  signal(name: NodeJS.Signals): void;
  /** `killed` where SIGKILL ended it. Rejects, and kills it, when it never ends. */
  readonly ended: Promise<{ readonly killed: boolean; readonly errors: string }>;
}

/** A driver that has not ended by then never will, ms. */
const limitMs = 90_000;

export function startFast(drive: FastDrive): FastProcess {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program, JSON.stringify(drive)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said: FastSaying[] = [];
  const listeners = new Set<() => void>();
  let rest = '';
  let errors = '';
  let over = false;
  const wake = (): void => listeners.forEach((listener) => listener());
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = `${rest}${text}`.split('\n');
    rest = lines.pop() ?? '';
    said.push(...lines.map((line) => JSON.parse(line) as FastSaying));
    wake();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const ended = new Promise<{ killed: boolean; errors: string }>((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`a driver did not end: ${JSON.stringify(said.at(-1))} ${errors}`));
    }, limitMs);
    child.on('error', reject).on('close', (_code, signal) => {
      clearTimeout(timer);
      over = true;
      wake();
      resolve({ killed: signal === 'SIGKILL', errors });
    });
  });
  return {
    pid: child.pid ?? 0,
    said,
    heard: (fits) =>
      new Promise((resolve) => {
        const look = (): void => {
          const found = said.some(fits);
          if (!found && !over) return;
          listeners.delete(look);
          resolve(found);
        };
        listeners.add(look);
        look();
      }),
    signal: (name) => void child.kill(name),
    ended,
  };
}
