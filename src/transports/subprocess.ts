import { execa, type Options } from 'execa';
import type { Duplex } from 'node:stream';
import { cappedOutput } from './capped-output.ts';
import type { Argv, ExecOptions, ExecResult } from './transport.ts';

/** How a program of this machine is run. */
export interface SubprocessOptions extends ExecOptions {
  readonly cwd?: string;
}

/** A result, and the last bytes of stderr even where it was cut. */
export interface SubprocessResult {
  readonly result: ExecResult;
  readonly stderrTail: Buffer;
}

/**
 * Runs a program in a process group of its own: Ctrl-C on the terminal reaches drp alone, which decides, and a deadline
 * ends the whole group. A program that cannot be started counts as exit code 127, as a shell has it.
 */
export async function runSubprocess(command: Argv, options: SubprocessOptions): Promise<SubprocessResult> {
  const [program, ...args] = command;
  const stdout = cappedOutput(options.maxOutputBytes);
  const stderr = cappedOutput(options.maxOutputBytes);
  const startedMs = performance.now();
  const afterMs = (): number => Math.round(performance.now() - startedMs);
  const answer = (result: ExecResult): SubprocessResult => ({ result, stderrTail: stderr.tail() });
  if (options.signal?.aborted === true) return answer({ kind: 'lost', cause: abortCause(options.signal) });

  const settings: Options = {
    reject: false,
    detached: true,
    cleanup: false,
    buffer: false,
    stripFinalNewline: false,
    input: options.stdin ?? '',
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  };
  const subprocess = execa(program, args, settings);
  subprocess.stdout?.on('data', (chunk: Uint8Array) => stdout.add(chunk));
  subprocess.stderr?.on('data', (chunk: Uint8Array) => stderr.add(chunk));
  let stop: 'deadline' | 'signal' | undefined;
  const end = (why: 'deadline' | 'signal'): void => {
    stop ??= why;
    if (subprocess.pid !== undefined) killGroup(subprocess.pid);
  };
  const onAbort = (): void => end('signal');
  const timer = setTimeout(() => end('deadline'), options.timeoutMs);
  options.signal?.addEventListener('abort', onAbort, { once: true });
  const ended = await subprocess;
  clearTimeout(timer);
  options.signal?.removeEventListener('abort', onAbort);

  const texts = { stdout: stdout.text(options.stdoutAs ?? 'utf8'), stderr: stderr.text('utf8') };
  if (stop === 'deadline') return answer({ kind: 'timed-out', afterMs: afterMs() });
  if (stop === 'signal') return answer({ kind: 'lost', cause: abortCause(options.signal) });
  if (ended.signal !== undefined) return answer({ kind: 'signalled', signalName: ended.signal, ...texts });
  const truncated = stdout.truncated || stderr.truncated;
  if (ended.exitCode === undefined) {
    const reason = `${program}: ${ended.cause instanceof Error ? ended.cause.message : 'could not be started'}\n`;
    return answer({ kind: 'exited', exitCode: 127, ...texts, stderr: reason, truncated, durationMs: afterMs() });
  }
  return answer({ kind: 'exited', exitCode: ended.exitCode, ...texts, truncated, durationMs: afterMs() });
}

/** Runs a program on the operator's terminal, which it may use for questions; resolves with its exit code. */
export async function runOnTerminal(command: Argv): Promise<number> {
  const [program, ...args] = command;
  const ended = await execa(program, args, { reject: false, stdio: 'inherit' });
  return ended.exitCode ?? 127;
}

function abortCause(signal: AbortSignal | undefined): Error {
  const reason: unknown = signal?.reason;
  return reason instanceof Error ? reason : new Error('aborted');
}

function killGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {
    // Gone already: that is what was wanted.
  }
}

/** A program's stdin and stdout as one stream; the program ends when the stream is destroyed. */
export function openProcessPipe(command: Argv): Duplex {
  const [program, ...args] = command;
  const subprocess = execa(program, args, { reject: false, detached: true, buffer: false, stderr: 'ignore' });
  const pipe = subprocess.duplex();
  pipe.on('close', () => subprocess.kill('SIGKILL'));
  return pipe;
}
