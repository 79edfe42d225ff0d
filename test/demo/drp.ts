import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../../bin/drp', import.meta.url));

export interface Ended {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command as people type it, quoted where a shell would need it. */
export function typed(args: readonly string[]): string {
  return ['drp', ...args]
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`))
    .join(' ');
}

/** Runs drp without a terminal and waits for its end; `onStderr` sees what it says meanwhile. */
export function drp(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  onStderr: (text: string) => void = () => undefined,
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
      onStderr(text);
    });
    child.on('error', reject);
    child.on('close', (code) => {
      resolve({ exitCode: code ?? 1, stdout, stderr });
    });
  });
}

/** Runs drp on this process's own terminal; until it ends Ctrl-C is drp's to answer. */
export function drpOnTerminal(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env, stdio: 'inherit' });
    const leaveToDrp = (): void => undefined;
    process.on('SIGINT', leaveToDrp);
    child.on('error', reject);
    child.on('close', (code) => {
      process.off('SIGINT', leaveToDrp);
      resolve(code ?? 1);
    });
  });
}

/** The last JSON object on stdout. */
export function lastJson(ended: Ended): unknown {
  const line = ended.stdout.trim().split('\n').at(-1) ?? '';
  try {
    return JSON.parse(line);
  } catch {
    throw new Error(
      `no JSON at the end of drp's output (exit ${String(ended.exitCode)}): ${ended.stderr || ended.stdout}`,
    );
  }
}
