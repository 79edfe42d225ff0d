import { spawn } from 'node:child_process';

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly ms: number;
}

/** Runs a program to its end and takes its whole time. Throws, with what it said, unless it ends with one of `codes`. */
export function runCommand(
  argv: readonly [string, ...string[]],
  options: {
    readonly env?: NodeJS.ProcessEnv;
    readonly cwd?: string;
    readonly input?: string;
    readonly codes?: readonly number[];
  } = {},
): Promise<Ended> {
  const [program, ...args] = argv;
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      ...(options.env === undefined ? {} : { env: options.env }),
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
    child.on('error', reject).on('close', (code, signal) => {
      const ms = performance.now() - began;
      const ended = { code: code ?? -1, stdout, stderr, ms };
      if ((options.codes ?? [0]).includes(ended.code)) resolve(ended);
      else
        reject(
          new Error(`${argv.join(' ')} ended with ${String(code ?? signal)}:\n${stderr}\n${stdout.slice(-2_000)}`),
        );
    });
  });
}
